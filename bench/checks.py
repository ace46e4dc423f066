"""How fast the checks on means and SDs are and how often they err, beside scrutipy where it is installed.

Run by `make bench`, or by `.venv/bin/python bench/checks.py`, after
`.venv/bin/python -m pip install --require-hashes --no-deps --target .build/peers -r bench/peers.lock`.
The truth is tests/oracles/brute_moments.py, which adds up every sum with every sum of squares. Times are of the first
call in a process, with nothing remembered. Sources of the cases: those of closure-core's examples/benchmark_count.rs
that list no more than 100,000 samples, and the examples of scrutipy's and unsum's READMEs.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from recount.checks import count_samples, grimmer_frame

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".build" / "peers"
ABSENT = "not installed"
MOST_SD = 3

GRIMMER = {  # what is checked: the numbers of values, decimals of mean and SD, limits, every so many units of the SD
    "mean 1, SD 2 decimals, n 24": ((24,), (1, 2), (None, None), 1),
    "mean 2, SD 2 decimals": ((10, 24, 28, 33, 50), (2, 2), (None, None), 6),
    "mean 2, SD 2 decimals, scale 1-5": ((10, 17, 24, 28, 33), (2, 2), (1, 5), 24),
}
CLOSURE = [  # mean, SD, n, scale
    ("4.0", "1.5", 10, 1, 7),
    ("3.0", "1.0", 12, 1, 5),
    ("4.0", "2.0", 15, 1, 7),
    ("3.0", "1.2", 20, 1, 5),
    ("4.0", "1.5", 20, 1, 7),
    ("3.0", "1.0", 25, 1, 5),
    ("4.0", "1.8", 25, 1, 7),
    ("3.5", "1.0", 30, 1, 5),
    ("4.0", "1.5", 30, 1, 7),
    ("3.0", "1.0", 40, 1, 5),
    ("4.0", "1.5", 40, 1, 7),
    ("3.0", "1.0", 60, 1, 5),
    ("3.5", "1.20", 50, 0, 7),
    ("4.0", "1.5", 50, 1, 7),
]
COUNTED = [("2.7", "1.9", 130, 1, 5), ("4.0", "1.5", 100, 1, 7)]  # too many or too slow to list


def rows() -> list[dict[str, Any]]:
    """The measurements: name, figure, unit, target (None: none), peer (the same of scrutipy), ratio (peer/figure)."""
    peer, found = _peer(), []
    for name, setting in GRIMMER.items():
        found += _grimmer_rows(name, peer, *setting)
    return found + _closure_rows(peer) + [_counted_row(case) for case in COUNTED]


def _row(name: str, figure: float, unit: str, target: float | None, peer: float | str | None) -> dict[str, Any]:
    ratio = peer / figure if isinstance(peer, float) and figure else None
    return {"name": name, "figure": figure, "unit": unit, "target": target, "peer": peer, "ratio": ratio}


def _grimmer_rows(
    name: str,
    peer: ModuleType | None,
    sizes: tuple[int, ...],
    decimals: tuple[int, int],
    limits: tuple[int | None, int | None],
    every: int,
) -> list[dict[str, Any]]:
    """Time, false flags and false passes over a grid of means and SDs; scrutipy knows no limits."""
    frame, truth = _cases(sizes, decimals, limits, every)
    ours, seconds = _timed(lambda: grimmer_frame(frame)["holds"].tolist())
    errors, peers = _errors(ours, truth), _peer_grimmer(peer if limits == (None, None) else None, frame, truth)
    if limits != (None, None):
        peers = ("knows no limits",) * 3
    title = f"GRIMMER, {name}, {len(frame):,} cases ({sum(truth):,} possible)"
    return [
        _row(f"{title}: time", seconds, "s", 1.0, peers[0]),
        _row(f"{title}: possible ones flagged", errors[0], "cases", 0, peers[1]),
        _row(f"{title}: impossible ones passed", errors[1], "cases", 0, peers[2]),
    ]


def _cases(
    sizes: tuple[int, ...], decimals: tuple[int, int], limits: tuple[int | None, int | None], every: int
) -> tuple[pd.DataFrame, list[bool]]:
    """A grid of means and SDs with the truth of each: means of 3 and above, or over the whole scale."""
    unit, low, high = 10 ** decimals[0], *limits
    means = range(3 * unit, 4 * unit) if low is None or high is None else range(low * unit, high * unit + 1)
    rows, truth = [], []
    for n in sizes:
        possible = _possible(n, decimals, low, high)
        for mean in means:
            for sd in range(0, MOST_SD * 10 ** decimals[1] + 1, every):
                rows.append((_text(mean, decimals[0]), _text(sd, decimals[1]), n))
                truth.append((mean % unit if low is None else mean, sd) in possible)
    frame = pd.DataFrame(rows, columns=["mean", "sd", "n"])
    return (frame if low is None else frame.assign(low=low, high=high)), truth


def _possible(n: int, decimals: tuple[int, int], low: int | None, high: int | None) -> set[tuple[int, int]]:
    brute = _brute()
    if low is None or high is None:
        return set(brute.printed_anywhere(n, MOST_SD, decimals))
    return set(brute.printed_between(n, low, high, decimals))


def _errors(judged: list[bool], truth: list[bool]) -> tuple[int, int]:
    """How many possible ones are flagged, and how many impossible ones are passed."""
    pairs = list(zip(judged, truth, strict=True))
    return sum(not said and true for said, true in pairs), sum(said and not true for said, true in pairs)


def _peer_grimmer(
    peer: ModuleType | None, frame: pd.DataFrame, truth: list[bool]
) -> tuple[float | str, int | str, int | str]:
    if peer is None:
        return ABSENT, ABSENT, ABSENT
    columns = [frame[name].tolist() for name in ("mean", "sd", "n")]
    judged, seconds = _timed(lambda: peer.grimmer(*columns, items=[1] * len(frame)))
    return seconds, *_errors(judged, truth)


def _closure_rows(peer: ModuleType | None) -> list[dict[str, Any]]:
    """Counting all of closure's cases: the time, and in how many the counts differ."""
    ours, seconds = _timed(lambda: [count_samples(*case) for case in CLOSURE])
    name = f"counting samples, {len(CLOSURE)} cases of closure ({sum(ours):,} samples)"
    if peer is None:
        return [_row(f"{name}: time", seconds, "s", None, ABSENT)]
    theirs, peer_seconds = _timed(lambda: [len(peer.closure(*_floats(*case))) for case in CLOSURE])
    differ = sum(one != other for one, other in zip(ours, theirs, strict=True))
    return [
        _row(f"{name}: time", seconds, "s", peer_seconds, peer_seconds),
        _row(f"{name}: other counts than closure's", differ, "cases", 0, None),
    ]


def _counted_row(case: tuple[str, str, int, int, int]) -> dict[str, Any]:
    count, seconds = _timed(lambda: count_samples(*case))
    mean, sd, n, low, high = case
    return _row(
        f"counting samples, mean {mean}, SD {sd}, n {n}, scale {low}-{high}: {count:,}", seconds, "s", None, None
    )


def _floats(mean: str, sd: str, n: int, low: int, high: int) -> tuple[float, float, int, int, int, float, float]:
    """What closure takes: floats, and half a unit of their last places."""
    halves = (0.5 * 10.0 ** -len(text.partition(".")[2]) for text in (mean, sd))
    return float(mean), float(sd), n, low, high, *halves  # type: ignore[return-value]


def _text(units: int, places: int) -> str:
    return f"{Decimal(units).scaleb(-places):.{places}f}"


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def _brute() -> ModuleType:
    """tests/oracles/brute_moments.py, imported once."""
    name = "brute_moments"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "oracles" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def _peer() -> ModuleType | None:
    """The package scrutipy from .build/peers or wherever it is; None where it isn't installed."""
    sys.path.append(str(PEERS))
    try:
        return importlib.import_module("scrutipy")
    except ImportError:
        return None
    finally:
        sys.path.remove(str(PEERS))


def table(found: list[dict[str, Any]]) -> str:
    """The rows in columns, for a terminal."""
    width = max(len(row["name"]) for row in found)
    return "\n".join(f"{row['name']:<{width}}  {_line(row)}" for row in found)


def _line(row: dict[str, Any]) -> str:
    figures = [f"{row['figure']:10.4g} {row['unit']:<5}"]
    figures.append("" if row["target"] is None else f"at most {row['target']:.4g}")
    peer = row["peer"]
    figures.append("" if peer is None else f"scrutipy: {peer if isinstance(peer, str) else format(peer, '.4g')}")
    figures.append("" if row["ratio"] is None else f"({row['ratio']:.3g} times ours)")
    return "  ".join(filter(None, figures))


if __name__ == "__main__":
    print(table(rows()))
