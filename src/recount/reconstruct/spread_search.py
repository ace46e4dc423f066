"""Patients whose SDs are as printed beside means, quantiles and ends, by local search.

Sums of squares are what the solver is slow at, while patients with all but the SDs it finds at once. From these on two
patients at a time move by as much up and down, until each spread is as printed. No move is made that breaks anything
else that is printed of the variable. What is found is held against every statement by the verifier; what isn't found
says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pandas as pd

from recount.checks import position, whole_squares
from recount.reconstruct.patients_of_codes import table_of
from recount.reconstruct.posing import all_names, with_owners
from recount.record import Claim, Study, step_of, step_range
from recount.rules import evaluate, is_missing, names
from recount.solver import QUANTILES, Cell, Statement
from recount.subproblems import Subproblem
from recount.verify import About, verify

SPREADS = ("sd", "se")
MOVES, TRIES, CANDIDATES, TRIED = 400, 3, 300, 30  # moves at most, times, moves looked at, and tried, for each
NEARLY = Fraction(1, 250)  # of a square, within which a spread is nearly a value
SOME = 1e-9  # by which a move has to better what is left


def spread_statements(subproblem: Subproblem, imposed: Collection[Statement]) -> frozenset[Statement]:
    """The imposed claims of SDs and standard errors."""
    claims = {("claim", c.id) for c in subproblem.claims if c.statistic in SPREADS}
    return frozenset(claims & set(imposed))


def without_spreads(subproblem: Subproblem) -> Subproblem:
    """The subproblem without its claims of SDs and standard errors."""
    return replace(subproblem, claims=tuple(c for c in subproblem.claims if c.statistic not in SPREADS))


def mended_spreads(
    study: Study,
    subproblem: Subproblem,
    imposed: Collection[Statement],
    size: int,
    codes: Mapping[Cell, int],
    kept: tuple[About, Fraction] | None = None,
) -> dict[Cell, int] | None:
    """Codes of patients who satisfy all that is imposed, from those who satisfy all but SDs; None where none are found.

    `codes` have every variable that the statements mention. A statistic that is `kept` has the value given with it
    afterwards too. The same for the same patients.
    """
    claims = [c for c in subproblem.claims if ("claim", c.id) in imposed]
    rules = [r for r in subproblem.rules if ("rule", r.id) in imposed]
    told = set().union(*(names(r.rule) for r in rules), *(_names_of_whom(study, c) for c in claims))
    coded = {name for _, name in codes}
    if subproblem.where is not None or not with_owners(study, told | coded) <= coded:
        return None  # who is of a population isn't told by these codes
    frame, mended = table_of(study, size, codes), dict(codes)
    asked = [kept[0].variable] if kept is not None and kept[0].statistic in SPREADS else []
    for name in dict.fromkeys([*(c.variable for c in claims if c.statistic in SPREADS), *asked]):
        about = [c for c in claims if name in all_names(study, c)]
        if name in told or any(c.statistic not in STATISTICS for c in about):
            return None
        also = kept if kept is not None and kept[0].variable == name else None
        if also is not None and (also[0].statistic not in STATISTICS or also[0].versus):
            return None
        values = _spread_out(study, frame, name, about, also)
        if values is None:
            return None
        mended |= {(i, name): value for i, value in values.items()}
    return mended if _all_hold(study, table_of(study, size, mended), claims, rules) else None


def _names_of_whom(study: Study, claim: Claim) -> set[str]:
    """The variables that say whom a claim is about."""
    return all_names(study, claim) - {claim.variable}


def _all_hold(study: Study, frame: pd.DataFrame, claims: list, rules: list) -> bool:
    known = {name: variable for name, variable in study.variables.items() if name in frame}
    return verify(replace(study, variables=known, claims=tuple(claims), rules=tuple(rules)), frame).broken.empty


@dataclass(frozen=True)
class _Spread:
    """Of some values, whose n Q - S^2 is to lie from `low` to `high`, Q being the sum of squares and S the sum."""

    who: np.ndarray
    low: int
    high: int

    def left(self, values: np.ndarray, sums: np.ndarray | int = 0, squares: np.ndarray | int = 0) -> np.ndarray:
        """How far it is from that, as a share, with these added to the sum and to the sum of squares."""
        own = values[self.who]
        spread = len(own) * (int((own * own).sum()) + squares) - (int(own.sum()) + sums) ** 2
        beyond = np.maximum(0, np.maximum(self.low - spread, spread - self.high))
        return np.asarray(beyond / max(1, self.high))


def _spread_out(
    study: Study, frame: pd.DataFrame, name: str, claims: list[Claim], kept: tuple[About, Fraction] | None
) -> dict[int, int] | None:
    """The codes of a variable by patient, its spreads as printed and all else that is printed of it kept."""
    variable, step = study.variables[name], step_of(study.variables[name])
    column = frame[name].tolist()
    rows = [i for i, cell in enumerate(column) if not is_missing(cell)]
    start = np.array([int(column[i] / step) for i in rows], dtype=np.int64)
    who = {c.id: _members(study, frame, c.population)[rows] for c in claims}
    spreads = [_spread(c, who[c.id], step, step_range(variable)) for c in claims if c.statistic in SPREADS]
    if kept is not None and kept[0].statistic in SPREADS:
        spreads.append(_about(kept, _members(study, frame, kept[0].population)[rows], step))
        kept = None
    others = [(c, who[c.id]) for c in claims if c.statistic not in SPREADS]
    asked = np.ones(len(rows), bool) if kept is None else _members(study, frame, kept[0].population)[rows]
    kinds = [(asked[k], *(who[c.id][k] for c in claims)) for k in range(len(rows))]
    groups = [np.flatnonzero([kind == other for other in kinds]) for kind in dict.fromkeys(kinds)]

    def fits(values: np.ndarray) -> bool:
        if kept is not None and STATISTICS[kept[0].statistic](study, kept[0], np.sort(values[asked])) * step != kept[1]:
            return False
        found = (STATISTICS[c.statistic](study, c, np.sort(values[who])) for c, who in others)
        return all(c.printed.contains(v * step) for (c, _), v in zip(others, found, strict=True))

    for seed in range(TRIES):
        values = _moved(start, spreads, groups, step_range(variable), fits, np.random.default_rng(seed))
        if values is not None:
            return dict(zip(rows, values.tolist(), strict=True))
    return None


def _members(study: Study, frame: pd.DataFrame, population: str) -> np.ndarray:
    where = study.populations[population].where
    return np.ones(len(frame), bool) if where is None else np.asarray(evaluate(where, frame), bool)


def _spread(claim: Claim, who: np.ndarray, step: Fraction, ends: tuple[int, int]) -> _Spread:
    n, (low, high) = int(who.sum()), ends
    scale = Fraction(n * (n - 1)) / step**2 * (n if claim.statistic == "se" else 1)
    return _Spread(np.flatnonzero(who), *whole_squares(claim.printed, scale, (0, n * n * (high - low) ** 2)))


def _about(kept: tuple[About, Fraction], who: np.ndarray, step: Fraction) -> _Spread:
    """A spread that is nearly a value."""
    n, (about, value) = int(who.sum()), kept
    whole = value**2 * n * (n - 1) / step**2 * (n if about.statistic == "se" else 1)
    return _Spread(np.flatnonzero(who), floor(whole * (1 - NEARLY)), ceil(whole * (1 + NEARLY)))


def _moved(
    start: np.ndarray,
    spreads: list[_Spread],
    groups: list[np.ndarray],
    ends: tuple[int, int],
    fits: Callable[[np.ndarray], bool],
    chance: np.random.Generator,
) -> np.ndarray | None:
    """The values moved until every spread is as printed; None where no move betters them any more."""
    values = start.copy()
    if any(len(spread.who) < 2 for spread in spreads):
        return None
    for _ in range(MOVES):
        left = sum(float(spread.left(values)) for spread in spreads)
        if left == 0:
            return values
        better = _better(values, left, spreads, groups, ends, fits, chance)
        if better is None:
            return None
        values = better
    return None


def _better(
    values: np.ndarray,
    left: float,
    spreads: list[_Spread],
    groups: list[np.ndarray],
    ends: tuple[int, int],
    fits: Callable[[np.ndarray], bool],
    chance: np.random.Generator,
) -> np.ndarray | None:
    """The values after the best of some moves that leave all else as printed; None where none betters them."""
    one, other, by = _candidates(groups, ends, chance)
    up, down = values[one] + by, values[other] - by * (one != other)
    low, high = ends
    inside = (up >= low) & (up <= high) & (down >= low) & (down <= high)
    one, other, by = one[inside], other[inside], by[inside]
    alone = one == other
    rises, falls = by * (2 * values[one] + by), by * (by - 2 * values[other])
    total = np.zeros(len(one))
    for spread in spreads:
        up, down = np.isin(one, spread.who), np.isin(other, spread.who) & ~alone
        total += spread.left(values, by * up - by * down, rises * up + falls * down)
    for k in np.argsort(total, kind="stable")[:TRIED]:
        if total[k] > left - SOME:
            return None
        moved = values.copy()
        moved[one[k]] += by[k]
        if not alone[k]:
            moved[other[k]] -= by[k]
        if fits(moved):
            return moved
    return None


def _candidates(
    groups: list[np.ndarray], ends: tuple[int, int], chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Moves by chance: who goes up, who goes down by as much, and by how much.

    Half of them are of two patients of the same populations, which changes no sum. Where it is the same patient, who
    alone is moved, it is only by a little.
    """
    sizes = np.array([len(group) for group in groups])
    which = chance.choice(len(groups), CANDIDATES, p=sizes / sizes.sum())
    one, other = (np.array([groups[g][chance.integers(sizes[g])] for g in which]) for _ in range(2))
    other = np.where(chance.random(CANDIDATES) < 0.5, chance.permutation(other), other)
    widths = 2.0 ** chance.uniform(0, np.log2(max(2, ends[1] - ends[0])), CANDIDATES)
    by = np.where(one == other, chance.integers(1, 4, CANDIDATES), widths.astype(np.int64))
    return one, other, by * chance.choice([-1, 1], CANDIDATES)


def _mean(study: Study, claim: About, values: np.ndarray) -> Fraction:
    return Fraction(int(values.sum()), len(values))


def _sum(study: Study, claim: About, values: np.ndarray) -> Fraction:
    return Fraction(int(values.sum()))


def _quantile(study: Study, claim: About, values: np.ndarray) -> Fraction:
    below, above, share = position(len(values), QUANTILES[claim.statistic], study.settings["quantile"])
    low, high = int(values[below - 1]), int(values[above - 1])
    return low + share * (high - low)


def _least(study: Study, claim: About, values: np.ndarray) -> Fraction:
    return Fraction(int(values[0]))


def _greatest(study: Study, claim: About, values: np.ndarray) -> Fraction:
    return Fraction(int(values[-1]))


STATISTICS: dict[str, Callable[[Study, About, np.ndarray], Fraction]] = {
    "mean": _mean,
    "sum": _sum,
    "min": _least,
    "max": _greatest,
    **dict.fromkeys(QUANTILES, _quantile),
    **dict.fromkeys(SPREADS, _mean),  # they are mended, not kept
}
"""What is kept beside the spreads, of sorted values in steps."""
