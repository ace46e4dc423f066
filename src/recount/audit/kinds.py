"""The kinds of answers that are kept."""

from __future__ import annotations

from recount.audit.range import End, Range
from recount.reconstruct import KINDS as OF_RECONSTRUCTION

KINDS: tuple[type, ...] = (*OF_RECONSTRUCTION, Range, End)
