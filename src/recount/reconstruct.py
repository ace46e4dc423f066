"""One cohort of patients who satisfy a printed record jointly, and how far the record determines them.

The order: the frame (the categories that sort the patients), what must be set aside, the other categories, then
plausible numbers moved as little as needed, block by block; the verifier has the last word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from recount.blocks import Block, blocks_of, frame_of, twins_of
from recount.consistent import Consistent, Held, consistent, keep_broken_few, unknowns_of
from recount.constraints import CONSTRAINTS
from recount.draw import targets, usual_levels
from recount.expressions import evaluate
from recount.model import step_of, value_of
from recount.moments import draw_moments, is_moments
from recount.origins import origins_of
from recount.ranks import draw_ranks, is_ranks
from recount.solve import FOUND, LIMIT, Aim, Answer, Cell, Statement, Undecided, closest, decided
from recount.study import Claim, Rule, Study
from recount.verify import PATIENT, verify

REACHES = (
    0.06,
    0.2,
    0.5,
    None,
)  # how far off its target a number may be, as a share of the spread: tried in turn
SPREAD_WEIGHT = 1000  # for a number that is off by its targets' whole spread
ALIKE = 0.05  # medians this near, as a share, mean two variables that move together


@dataclass(frozen=True)
class SetAside:
    """A statement that is not imposed, the patients who break it, and the conflict that it was taken from."""

    kind: str
    id: str
    place: str
    text: str
    patients: tuple[str, ...]
    conflict: tuple[Statement, ...]


@dataclass(frozen=True)
class Reconstruction:
    """`frame`: one row a patient, USUBJID and every variable; `origin`: the same shape, how each value is known."""

    frame: pd.DataFrame
    origin: pd.DataFrame
    set_aside: tuple[SetAside, ...]
    not_modelled: dict[str, str]


def why_not_modelled(study: Study) -> dict[str, str]:
    """The claims that no unknown carries, by id, with the reason."""
    in_moments = {c.id for b in blocks_of(study, frame_of(study)) if is_moments(b) for c in b.claims}
    reasons = {}
    for claim in (twin for twins in twins_of(study.claims).values() for twin in twins):
        if claim.statistic == "stated":
            reasons[claim.id] = f"no patient variable carries it: {claim.description}"
        elif claim.statistic not in CONSTRAINTS and claim.id not in in_moments:
            reasons[claim.id] = f"{claim.statistic} is not a constraint outside of a block of means and SDs"
    return reasons


def reconstruct(study: Study, seed: int = 1, say: Callable[[str], None] = lambda _: None) -> Reconstruction:
    """One cohort drawn by a seed, verified without the solver, and how each value is known.

    Raises Undecided where the solver finds no answer in its limit, and AssertionError where the verifier doesn't
    agree with the solver (a fault of the programme, never of the record).
    """
    known = consistent(study, say)
    frame = cohort(known, seed, say)
    say("telling what is determined")
    return Reconstruction(frame, origins_of(known, frame), set_aside_of(known, frame), why_not_modelled(study))


def cohort(known: Consistent, seed: int, say: Callable[[str], None] = lambda _: None) -> pd.DataFrame:
    """One row a patient, USUBJID and every variable; the same seed gives the same patients. Raises Undecided."""
    study, size = known.study, known.size
    solved = [replace(held, values=dict(held.values)) for held in known.held]
    for held in solved:
        _usual(study, held, size, seed)
    frame = _table(study, size, solved)
    say("moving the numbers towards plausible ones")
    _near(study, solved, frame, seed)
    frame = _table(study, size, solved)
    for block in known.cut_off:
        say(f"drawing {', '.join(block.variables[:4])}")
        _fill(study, block, frame, seed)
    frame.insert(0, PATIENT, [f"R{i + 1:0{max(2, len(str(size)))}d}" for i in range(size)])
    _confirm(study, frame, {statement[1] for _, statement in known.set_aside})
    return frame


# the categories -----------------------------------------------------------------------------------------------------


def _usual(study: Study, held: Held, size: int, seed: int) -> None:
    """Moves a block's categories to the usual levels, as far as the record lets them."""
    usual = _usual_cells(study, held.block, _table(study, size, [held]))
    if usual:
        better = closest(held.u, held.active, usual, seed, limit=1.0, start=held.values)
        if better.status != FOUND:
            better = closest(held.u, held.active, usual, seed, limit=LIMIT, start=held.values)
        held.values = decided(better, "the usual categories").values


def _usual_cells(study: Study, block: Block, frame: pd.DataFrame) -> dict[Cell, Aim]:
    """The usual levels of a block's categories as targets, judged on the categories found so far."""
    cells: dict[Cell, Aim] = {}
    for name in block.variables:
        variable = study.variables[name]
        if variable.kind == "category":
            usual = usual_levels(study, variable, frame)
            cells |= {(int(i), name): Aim(variable.levels.index(v), 1, 1) for i, v in zip(*_known(usual), strict=True)}
    return cells


# the numbers --------------------------------------------------------------------------------------------------------


def _near(study: Study, solved: list[Held], frame: pd.DataFrame, seed: int) -> None:
    """Moves the numbers towards plausible ones, all categories kept: then still fewer variables hang together."""
    names = tuple(n for n in frame.columns if study.variables[n].kind == "category")
    fixed = [{n: s.values[i, n] for s in solved for n in names if n in s.u.variables} for i in range(len(frame))]
    home = {n: s for s in solved for n in s.block.variables}
    for block in blocks_of(study, names)[1:]:
        aims = _aims(study, block, frame, seed) if set(block.variables) <= set(frame.columns) else {}
        if aims:
            solved_there = home[block.variables[0]]
            u = unknowns_of(study, block, len(frame), fixed)
            keep_broken_few(u, block, solved_there.kept_by)
            active = {s for s in u.on if s in solved_there.active}
            solved_there.values |= _first_found(partial(closest, u, active, aims, seed)).values


def _known(values: pd.Series) -> tuple[list[int], list]:
    """The rows that have a value, and the values."""
    known = values.dropna()
    return known.index.tolist(), known.tolist()


def _first_found(search: Callable[..., Answer]) -> Answer:
    for reach in REACHES:
        answer = search(reach=reach)
        if answer.status == FOUND:
            return answer
    raise Undecided("numbers near the plausible ones")


def _aims(study: Study, block: Block, frame: pd.DataFrame, seed: int) -> dict[Cell, Aim]:
    """The drawn targets of a block's numbers as codes with weights."""
    rng = np.random.default_rng([seed, *map(ord, block.variables[0])] if block.variables else seed)
    aims: dict[Cell, Aim] = {}
    drawn = targets(study, frame, rng, [n for n in block.variables if study.variables[n].kind != "category"])
    for name, values in drawn.items():
        steps = (values.dropna() / float(step_of(study.variables[name]))).round().astype(int)
        spread = max(1, int(steps.max() - steps.min())) if len(steps) else 1
        aims |= {
            (int(i), name): Aim(int(v), max(1, SPREAD_WEIGHT // spread), spread)
            for i, v in zip(*_known(steps), strict=True)
        }
    return aims


def _fill(study: Study, block: Block, frame: pd.DataFrame, seed: int) -> None:
    """Solves a block of the patients whom its `where` holds for, and writes their values into the frame."""
    assert block.where is not None
    rows = np.flatnonzero(evaluate(block.where, frame))
    values = _block_values(study, block, frame.iloc[rows].reset_index(drop=True), seed)
    ranks = _matching(study, block, frame, rows, values, seed)
    for name in block.variables:
        variable = study.variables[name]
        column: list[str | Fraction | None] = [None] * len(frame)
        for place, row in enumerate(rows.tolist()):
            column[row] = value_of(variable, values[int(ranks[place]), name])
        frame[name] = pd.Series(column, index=frame.index, dtype=object)


def _block_values(study: Study, block: Block, members: pd.DataFrame, seed: int) -> dict[Cell, int]:
    name, size = ", ".join(block.variables), len(members)
    if is_moments(block):
        return decided(draw_moments(study, block, size, seed), name).values
    if is_ranks(block):
        return decided(draw_ranks(study, block, members, seed), name).values
    u = unknowns_of(study, block, size, [])
    return decided(closest(u, set(u.on), _usual_cells(study, block, members), seed), name).values


def _matching(
    study: Study, block: Block, frame: pd.DataFrame, rows: np.ndarray, values: dict[Cell, int], seed: int
) -> np.ndarray:
    """Which of a block's patients goes to which row: by chance, or beside a look-alike already there.

    Two variables that print nearly the same median in the same unit are taken to move together.
    """
    alike = [(n, other) for n in block.variables if (other := _look_alike(study, n, block, frame))]
    if not alike:
        return np.random.default_rng([seed, len(frame.columns)]).permutation(len(rows))
    cost = np.zeros((len(rows), len(rows)))
    for name, other in alike:
        mine = np.array([float(value_of(study.variables[name], values[i, name])) for i in range(len(rows))])
        cost += np.abs(frame[other].iloc[rows].astype(float).to_numpy()[:, None] - mine[None, :])
    return np.asarray(linear_sum_assignment(cost)[1])


def _look_alike(study: Study, name: str, block: Block, frame: pd.DataFrame) -> str | None:
    medians = {c.variable: c.printed.value for c in study.claims if c.statistic == "median"}
    variable = study.variables[name]
    for other, v in study.variables.items():
        same = v.unit == variable.unit and v.where == variable.where and other in frame and other not in block.variables
        if same and name in medians and other in medians and abs(medians[name] / medians[other] - 1) < ALIKE:
            return other
    return None


# the table, and what is known of it ---------------------------------------------------------------------------------


def _table(study: Study, size: int, solved: list[Held]) -> pd.DataFrame:
    """One row a patient with the variables solved so far in the study's order; missing outside of their `where`."""
    codes = {name: s for s in solved for name in s.u.variables}
    frame = pd.DataFrame(index=range(size))
    for name, variable in study.variables.items():
        if name in codes:
            column = [value_of(variable, codes[name].values[i, name]) for i in range(size)]
            frame[name] = pd.Series(column, dtype=object)
    for name in frame.columns:
        where = study.variables[name].where
        if where is not None:
            frame.loc[~evaluate(where, frame), name] = None
    return frame


def set_aside_of(known: Consistent, frame: pd.DataFrame) -> tuple[SetAside, ...]:
    """The statements that are not imposed, each with the patients of this cohort who break it, and its conflict."""
    twins, found = twins_of(known.study.claims), []
    for held, key in known.set_aside:
        conflict = next(c for c in held.conflicts if key in c)
        statement = held.statement_of(key)
        same: tuple[Rule | Claim, ...] = twins[statement.id] if isinstance(statement, Claim) else (statement,)
        found += [_as_set_aside(key[0], s, frame, conflict) for s in same]
    return tuple(found)


def _as_set_aside(kind: str, statement: Rule | Claim, frame: pd.DataFrame, conflict: tuple[Statement, ...]) -> SetAside:
    if isinstance(statement, Claim):
        text = f"{statement.statistic} of {statement.variable} in {statement.population} printed {statement.printed}"
        return SetAside(kind, statement.id, statement.place, text, (), conflict)
    patients = tuple(frame[PATIENT][~evaluate(statement.rule, frame)])
    return SetAside(kind, statement.id, statement.place, statement.text, patients, conflict)


def _confirm(study: Study, frame: pd.DataFrame, set_aside: set[str]) -> None:
    """The verifier, which knows nothing of the solver, finds every statement kept that isn't set aside."""
    twins = twins_of(study.claims)
    excused = {twin.id for id in set_aside for twin in twins.get(id, ())} | set_aside | set(why_not_modelled(study))
    findings = verify(study, frame).findings
    broken = findings[~findings.holds.astype(bool) & ~findings.id.isin(excused)]
    assert broken.empty, f"the verifier contradicts the solver:\n{broken.to_string()}"
