"""How long cohorts of the paper's record take: the first one, and a thousand on all processors.

`python bench/cohorts.py` measures so many that the rate shows and scales it, and says so; `--full` draws all 1,000.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from recount.reconstruct import write_cohorts
from recount.running import Teller

RECORD = Path(__file__).parents[1] / "data/raw/paper"
SAMPLE, ALL = 60, 1000
FIRST = """
import sys
from pathlib import Path
from recount.reconstruct import write_cohorts
write_cohorts(Path(sys.argv[1]), 1, 1, Path(sys.argv[2]))
"""


def rows(full: bool = False) -> list[dict[str, Any]]:
    """Each figure with its unit and its target: name, figure, unit, target."""
    first = seconds_of_first()
    one, many = seconds_of(1), seconds_of(ALL if full else SAMPLE)
    name, figure = f"{ALL:,} verified cohorts", many
    if not full:  # what a run takes besides its cohorts is counted once
        name += f", scaled from {SAMPLE}"
        figure = one + (many - one) * (ALL - 1) / (SAMPLE - 1)
    return [
        {"name": "first cohort, from the command to its files", "figure": round(first, 2), "unit": "s", "target": 3},
        {"name": name, "figure": round(figure, 1), "unit": "s", "target": 600},
    ]


def seconds_of_first() -> float:
    """How long a process takes that starts, reads the record, and writes one cohort."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", FIRST, RECORD, Path(folder, "out")], check=True)
        return time.perf_counter() - start


def seconds_of(n: int) -> float:
    """How long it takes to write so many cohorts on all processors."""
    with tempfile.TemporaryDirectory() as folder, Teller() as say:
        start = time.perf_counter()
        write_cohorts(RECORD, n, 1, Path(folder, "out"), say=say)
        return time.perf_counter() - start


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="draw all of the thousand")
    for row in rows(parser.parse_args().full):
        print(f"{row['name']}: {row['figure']} {row['unit']} (at most {row['target']})")
