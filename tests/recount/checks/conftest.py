"""The slow and obvious program that the checks of moments and samples are held against."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

BRUTE = Path(__file__).parents[2] / "oracles" / "brute_moments.py"


@pytest.fixture(scope="session")
def brute() -> ModuleType:
    """tests/oracles/brute_moments.py, imported."""
    spec = importlib.util.spec_from_file_location("brute_moments", BRUTE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
