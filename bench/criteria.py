"""How long it takes to classify a million patients with thirty visits each, beside the same rules written for polars.

Run by `make bench`, or by `.venv/bin/python bench/criteria.py`, after
`.venv/bin/python -m pip install --require-hashes --no-deps --target .build/peers -r bench/peers.lock`.
Each size has a process of its own, so that its memory is seen: the readings, and three sets of criteria asked of each
in both lineages and over all. The peer is asked for the paper's set alone, and has to give the same answers.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cytopenia.criteria import LINEAGES, NE, RESPONSES, Visits, combined, responses_of, rule_set
from recount.rules import Column, Numbers, Words

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".build" / "peers"
SIZES = (10_000, 100_000, 1_000_000)
VISITS = 30
SETS = ("paper", "iwg2009", "iwg2009+haemolysis=jaeger2020")
SECONDS, MIB = 60, 8192
GROWTH = 13
"""The most that ten times the patients may take, in times as long, for the cost to be called linear."""
WORDS = {"DAT": ("NEGATIVE", "DECREASED", "UNCHANGED"), "BLEED": ("N", "Y"), "SYMPTOMS": ("N", "Y")}
MIB_A_UNIT = 1 / 1024 if sys.platform != "darwin" else 1 / 1024**2


def rows() -> list[dict[str, Any]]:
    """The measurements: name, figure, unit, target (None: none), peer (seconds of polars), ratio (peer/figure)."""
    found = {size: _in_a_process(size) for size in SIZES}
    large = found[SIZES[-1]]
    lines = [
        _row(f"{size:,} patients, {VISITS} visits, {len(SETS)} sets", one["seconds"], "s", SECONDS)
        for size, one in found.items()
    ]
    growth = {
        f"{many:,} beside {few:,} patients": found[many]["seconds"] / found[few]["seconds"]
        for few, many in pairwise(SIZES)
    }
    lines += [_row(name, times, "times", GROWTH) for name, times in growth.items()]
    lines.append(_row(f"memory, {SIZES[-1]:,} patients", large["mib"], "MiB", MIB))
    peer = large.get("peer_seconds", "not installed")
    lines.append(_row(f"the paper's set alone, {SIZES[-1]:,} patients", large["one_set"], "s", None, peer))
    if "peer_seconds" in large:
        lines.append(_row("ours beside polars, the paper's set", large["one_set"] / peer, "times", None))
        lines.append(_row("answers that polars gives otherwise", large["differ"], "readings", 0))
    return lines


def _row(name: str, figure: float, unit: str, target: float | None, peer: float | str | None = None) -> dict[str, Any]:
    ratio = peer / figure if isinstance(peer, float) and figure else None
    return {"name": name, "figure": round(figure, 3), "unit": unit, "target": target, "peer": peer, "ratio": ratio}


def _in_a_process(size: int) -> dict[str, Any]:
    words = [sys.executable, __file__, "--size", str(size)]
    told: dict[str, Any] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return told


# One size ----------------------------------------------------------------------------------------


def measured(size: int) -> dict[str, Any]:
    """Seconds for all sets and for the paper's alone, and the most memory; the peer's too where it is installed."""
    visits, counting = drawn(size)
    seconds = {crit: _timed(lambda crit=crit: classified(visits, counting, crit)) for crit in SETS}
    found: dict[str, Any] = {"seconds": sum(s for _, s in seconds.values()), "one_set": seconds["paper"][1]}
    found["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MIB_A_UNIT
    peer = _peer()
    if peer is not None:
        frame = _frame(peer, visits, counting)
        theirs, found["peer_seconds"] = _timed(lambda: _by_polars(peer, frame))
        ours = seconds["paper"][0]
        found["differ"] = int(sum((mine != other).sum() for mine, other in zip(ours, theirs, strict=True)))
    return found


def _timed(work: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def classified(visits: Visits, counting: list[NDArray[np.bool_]], crit: str) -> list[NDArray[np.int8]]:
    """The responses of every reading by a set: of both lineages and over all."""
    codes = [responses_of(visits, rule_set(crit), lineage) for lineage in LINEAGES]
    return [*codes, combined(codes, counting)]


def drawn(size: int) -> tuple[Visits, list[NDArray[np.bool_]]]:
    """Readings of so many patients, a tenth of the values missing, and which lineages count for each reading."""
    draw = np.random.default_rng(1)
    n = size * VISITS
    patient = np.repeat(np.arange(size, dtype=np.int32), VISITS)
    day = np.tile(np.arange(2, 2 + 7 * VISITS, 7, dtype=np.int16), size)

    def numbers(low: int, high: int, places: int = 0, missing: bool = True) -> Numbers:
        known = draw.random(n, dtype=np.float32) > 0.1 if missing else None
        return Numbers(draw.integers(low, high, n, dtype=np.int16), places, known)

    def of_patient(low: int, high: int) -> Numbers:
        return Numbers(np.repeat(draw.integers(low, high, size, dtype=np.int16), VISITS))

    columns: dict[str, Column] = {
        "PLT": numbers(1, 250),
        "PLT_BL": of_patient(1, 60),
        "HB": numbers(40, 160),
        "HB_BL": of_patient(35, 80),
        "RETI": numbers(2, 80, 1),
        "BILI": numbers(30, 600, 1),
        "HB_LLN": Numbers(np.repeat(draw.choice(np.array([115, 130], dtype=np.int16), size), VISITS)),
        "RETI_ULN": Numbers(np.full(n, 15, dtype=np.int16), 1),
        "BILI_ULN": Numbers(np.full(n, 171, dtype=np.int16), 1),
        **{name: Words(draw.integers(-1, len(of), n, dtype=np.int8), of) for name, of in WORDS.items()},
    }
    since = draw.integers(0, 60, n, dtype=np.int16)
    both = np.repeat(draw.random(size) < 0.1, VISITS)
    platelets = np.repeat(draw.random(size) < 0.7, VISITS)
    return Visits(patient, day, columns, since), [platelets | both, ~platelets | both]


# The peer ----------------------------------------------------------------------------------------


def _peer() -> ModuleType | None:
    """The package polars from .build/peers or wherever it is; None where it isn't installed."""
    sys.path.append(str(PEERS))
    try:
        return importlib.import_module("polars")
    except ImportError:
        return None


def _frame(pl: ModuleType, visits: Visits, counting: list[NDArray[np.bool_]]) -> Any:
    """The readings as polars takes them: numbers in their units, null where missing."""
    made = {}
    for name, column in visits.columns.items():
        if isinstance(column, Words):
            made[name] = pl.Series(name, column.codes)
        else:
            made[name] = pl.Series(name, column.units)
    frame = pl.DataFrame(made).with_columns(PLT_COUNTS=pl.Series(counting[0]), HB_COUNTS=pl.Series(counting[1]))
    masks = {n: c.known for n, c in visits.columns.items() if isinstance(c, Numbers) and c.known is not None}
    missing = [pl.when(pl.Series(mask)).then(pl.col(name)).otherwise(None).alias(name) for name, mask in masks.items()]
    words = [pl.when(pl.col(name) >= 0).then(pl.col(name)).otherwise(None).alias(name) for name in WORDS]
    return frame.with_columns(*missing, *words)


def _by_polars(pl: ModuleType, frame: Any) -> list[NDArray[np.int8]]:
    """The paper's rules in one query: polars' own three-valued logic, a rule counting where those before are false."""
    c = pl.col
    no_bleed, bleed = c("BLEED") == 0, c("BLEED") == 1
    plt = [
        (c("PLT") >= 100) & no_bleed,
        (c("PLT") >= 30) & (c("PLT") < 100) & (c("PLT") >= 2 * c("PLT_BL")) & no_bleed,
        (c("PLT") < 30) | (c("PLT") < 2 * c("PLT_BL")) | bleed,
    ]
    normal = (c("HB") >= c("HB_LLN")) & (c("RETI") <= c("RETI_ULN")) & (c("BILI") <= c("BILI_ULN"))
    hb = [
        (c("SYMPTOMS") == 0) & normal & (c("DAT") == 0),
        (c("HB") > 80) & (c("RETI") < 40) & (c("BILI") < 342) & (c("DAT") <= 1),
        (c("HB") <= 80) | (c("RETI") >= 40) | (c("BILI") >= 342) | (c("DAT") == 2),
    ]
    by_lineage = frame.lazy().select(
        _first(pl, plt).alias("PLT"), _first(pl, hb).alias("HB"), "PLT_COUNTS", "HB_COUNTS"
    )
    two = pl.max_horizontal(
        *(c(one).replace_strict([0, 1, 3, 2], [0, 1, 2, 3], return_dtype=pl.Int8) for one in LINEAGES)
    )
    both = two.replace_strict([0, 1, 2, 3], [0, 1, 3, 2], return_dtype=pl.Int8)
    alone = pl.when(c("PLT_COUNTS")).then(c("PLT")).otherwise(c("HB"))
    told = by_lineage.with_columns(
        ALL=pl.when(c("PLT_COUNTS") & c("HB_COUNTS")).then(both).otherwise(alone).cast(pl.Int8)
    )
    done = told.select("PLT", "HB", "ALL").collect()
    return [done[name].to_numpy() for name in ("PLT", "HB", "ALL")]


def _first(pl: ModuleType, rules: list[Any]) -> Any:
    """The code of the first rule that is true where all before it are false, else that of NE."""
    code = pl.lit(NE, dtype=pl.Int8)
    for place in reversed(range(len(rules))):
        true = pl.lit(RESPONSES.index(RESPONSES[place]), dtype=pl.Int8)
        rule = rules[place]
        code = pl.when(rule.is_null()).then(pl.lit(NE, dtype=pl.Int8)).when(rule).then(true).otherwise(code)
    return code


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, help="measure one size and print JSON")
    asked = parser.parse_args()
    if asked.size:
        print(json.dumps(measured(asked.size)))
    else:
        for row in rows():
            target = "" if row["target"] is None else f" (at most {row['target']})"
            ratio = "" if row["ratio"] is None else f", polars {row['peer']:.3g} ({row['ratio']:.3g} times ours)"
            print(f"{row['name']}: {row['figure']:.4g} {row['unit']}{target}{ratio}")
