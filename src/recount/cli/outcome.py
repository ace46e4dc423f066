"""How a command ends: its exit code, and what is said where it can't be carried out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from recount.record import Faults
from recount.running import Teller, Undecided, WorkersDied

CONTRADICTED, UNUSABLE, UNDECIDED, OUTSIDE, STOPPED = 1, 2, 3, 4, 130
Say = Callable[[str], None]
Command = Callable[[argparse.Namespace, Say], int]


def outcome(command: Command, args: argparse.Namespace) -> int:
    """The exit code of a command."""
    try:
        with Teller() as say:
            return int(command(args, say))
    except Faults as faults:
        return _code_after(str(faults), UNUSABLE)
    except (Undecided, WorkersDied) as undecided:
        return _code_after(f"undecided: {undecided}", UNDECIDED)
    except KeyboardInterrupt as stop:
        return _code_after(str(stop) or "stopped", STOPPED)


def _code_after(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code
