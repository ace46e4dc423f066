"""One cohort of patients who satisfy a printed record jointly, and how far the record determines them.

The order: the frame (the categories that sort the patients), what must be set aside, the other categories, then
plausible numbers moved as little as needed, block by block; the verifier has the last word.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from recount.blocks import Block, blocks_of, frame_of, mentioned, with_wheres
from recount.constraints import CONSTRAINTS, impose
from recount.draw import targets, usual_levels
from recount.expressions import evaluate
from recount.expressions import names as names_in
from recount.model import Unknowns, step_of, value_of
from recount.moments import draw_moments, is_moments
from recount.ranks import draw_ranks, is_ranks
from recount.solve import (
    FOUND,
    LIMIT,
    NONE,
    Aim,
    Answer,
    Cell,
    Statement,
    Undecided,
    another,
    closest,
    decided,
    fewest_set_aside,
    most_that_hold,
)
from recount.study import Claim, Rule, Study
from recount.verify import verify

REACHES = (
    0.06,
    0.2,
    0.5,
    None,
)  # how far off its target a number may be, as a share of the spread: tried in turn
SPREAD_WEIGHT = 1000  # for a number that is off by its targets' whole spread
ALIKE = 0.05  # medians this near, as a share, mean two variables that move together
ID = "USUBJID"


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


@dataclass
class _Solved:
    """A block's unknowns, the statements imposed, and the codes found; `rows` are the patients it is about."""

    block: Block
    u: Unknowns
    active: set[Statement]
    values: dict[Cell, int]
    conflicts: list[list[Statement]] = field(default_factory=list)
    kept_by: dict[str, int] = field(default_factory=dict)


def size_of(study: Study) -> int:
    """How many patients there are: the first printed `n` of everybody. Raises ValueError where none is printed."""
    for claim in study.claims:
        everybody = study.populations[claim.population].where is None
        if claim.statistic == "n" and everybody and claim.printed.value.denominator == 1:
            return int(claim.printed.value)
    raise ValueError("claims.csv prints no n of everybody: the number of patients is not known")


def why_not_modelled(study: Study) -> dict[str, str]:
    """The claims that no unknown carries, by id, with the reason."""
    in_moments = {c.id for b in blocks_of(study, frame_of(study)) if is_moments(b) for c in b.claims}
    reasons = {}
    for claim in study.claims:
        if claim.statistic == "stated":
            reasons[claim.id] = f"no patient variable carries it: {claim.description}"
        elif claim.statistic not in CONSTRAINTS and claim.id not in in_moments:
            reasons[claim.id] = f"{claim.statistic} is not a constraint outside of a block of means and SDs"
    return reasons


def reconstruct(study: Study, seed: int = 1, say: Callable[[str], None] = lambda _: None) -> Reconstruction:
    """One cohort drawn by a seed, verified without the solver. The same seed gives the same cohort.

    Raises Undecided where the solver finds no answer in its limit, and AssertionError where the verifier doesn't
    agree with the solver (a fault of the programme, never of the record).
    """
    size, names = size_of(study), frame_of(study)
    blocks = blocks_of(study, names)
    say("sorting the patients")
    first = _sorted_frame(study, blocks[0], size, names, seed) if names else None
    fixed = [{n: first.values[i, n] for n in names} for i in range(size)] if first else []
    solved = [first] if first else []
    for block in blocks[1:] if first else blocks:
        if block.where is None:
            say(f"deciding {', '.join(block.variables[:4])}")
            solved.append(_decide(study, block, size, fixed, seed))
    frame = _table(study, size, solved)
    say("moving the numbers towards plausible ones")
    _near(study, solved, frame, seed)
    frame = _table(study, size, solved)
    for block in (b for b in blocks if b.where is not None):
        say(f"drawing {', '.join(block.variables[:4])}")
        _fill(study, block, frame, seed)
    frame.insert(0, ID, [f"R{i + 1:0{max(2, len(str(size)))}d}" for i in range(size)])
    set_aside = _set_aside(study, solved, frame)
    _confirm(study, frame, set_aside)
    return Reconstruction(frame, _origin(study, solved, frame, seed), set_aside, why_not_modelled(study))


# the frame and the categories ---------------------------------------------------------------------------------------


def _sorted_frame(study: Study, block: Block, size: int, names: tuple[str, ...], seed: int) -> _Solved:
    """The frame's categories, patients in the order of their levels."""
    u = _unknowns(study, block, size, [])
    _sort(study, u, names)
    return _decided_block(block, u, seed)


def _sort(study: Study, u: Unknowns, names: tuple[str, ...]) -> None:
    """Puts the patients in the order of the frame's levels."""
    widths = np.cumprod([1, *(len(study.variables[n].levels) for n in reversed(names))])[-2::-1]
    keys = [sum(int(w) * u.x[i, n] for w, n in zip(widths, names, strict=True)) for i in range(u.size)]
    for one, next_one in itertools.pairwise(keys):
        u.cp.add(one <= next_one)


def _unknowns(study: Study, block: Block, size: int, fixed: list[dict[str, int]]) -> Unknowns:
    u = Unknowns(study, size, block.variables, [block.where] if block.where else [], fixed)
    impose(u, [c for c in block.claims if c.statistic in CONSTRAINTS], block.rules)
    return u


def _decided_block(block: Block, u: Unknowns, seed: int) -> _Solved:
    order = [*(("rule", r.id) for r in block.rules), *(s for s in u.on if s[0] == "claim")]
    answer, conflicts = fewest_set_aside(u, order, seed)
    return _Solved(block, u, set(answer.imposed & set(order)), answer.values, conflicts)


def _decide(study: Study, block: Block, size: int, fixed: list[dict[str, int]], seed: int) -> _Solved:
    """The block's statements that hold together, its rules set aside broken by as few patients as possible."""
    u = _unknowns(study, block, size, fixed)
    solved = _decided_block(block, u, seed)
    for rule in block.rules:
        if ("rule", rule.id) not in solved.active:
            truths = [u.truth(i, rule.rule) for i in range(size)]
            best = most_that_hold(u, solved.active, truths, seed)
            solved.kept_by[rule.id], solved.values = best.objective, best.values
    _keep_broken_few(u, block, solved)
    usual = _usual_cells(study, block, _table(study, size, [solved]))
    if usual:
        better = closest(u, solved.active, usual, seed, limit=1.0, start=solved.values)
        if better.status != FOUND:
            better = closest(u, solved.active, usual, seed, limit=LIMIT, start=solved.values)
        solved.values = decided(better, "the usual categories").values
    return solved


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


def _near(study: Study, solved: list[_Solved], frame: pd.DataFrame, seed: int) -> None:
    """Moves the numbers towards plausible ones, all categories kept: then still fewer variables hang together."""
    names = tuple(n for n in frame.columns if study.variables[n].kind == "category")
    fixed = [{n: s.values[i, n] for s in solved for n in names if n in s.u.variables} for i in range(len(frame))]
    home = {n: s for s in solved for n in s.block.variables}
    for block in blocks_of(study, names)[1:]:
        aims = _aims(study, block, frame, seed) if set(block.variables) <= set(frame.columns) else {}
        if aims:
            solved_there = home[block.variables[0]]
            u = _unknowns(study, block, len(frame), fixed)
            _keep_broken_few(u, block, solved_there)
            active = {s for s in u.on if s in solved_there.active}
            solved_there.values |= _first_found(partial(closest, u, active, aims, seed)).values


def _keep_broken_few(u: Unknowns, block: Block, solved: _Solved) -> None:
    """Lets no more patients break a rule that is set aside than need to."""
    for rule in block.rules:
        if rule.id in solved.kept_by:
            u.cp.add(sum(u.truth(i, rule.rule) for i in range(u.size)) >= solved.kept_by[rule.id])


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
    u = _unknowns(study, block, size, [])
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


def _table(study: Study, size: int, solved: list[_Solved]) -> pd.DataFrame:
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


def _set_aside(study: Study, solved: list[_Solved], frame: pd.DataFrame) -> tuple[SetAside, ...]:
    found = []
    for s in solved:
        statements: list[Rule | Claim] = [*s.block.rules, *s.block.claims]
        for statement in statements:
            kind = "rule" if isinstance(statement, Rule) else "claim"
            key = kind, statement.id
            if key in s.u.on and key not in s.active:
                conflict = next(c for c in s.conflicts if key in c)
                found.append(_as_set_aside(kind, statement, frame, tuple(conflict)))
    return tuple(found)


def _as_set_aside(kind: str, statement: Rule | Claim, frame: pd.DataFrame, conflict: tuple[Statement, ...]) -> SetAside:
    if isinstance(statement, Claim):
        text = f"{statement.statistic} of {statement.variable} in {statement.population} printed {statement.printed}"
        return SetAside(kind, statement.id, statement.place, text, (), conflict)
    patients = tuple(frame[ID][~evaluate(statement.rule, frame)])
    return SetAside(kind, statement.id, statement.place, statement.text, patients, conflict)


def _confirm(study: Study, frame: pd.DataFrame, set_aside: tuple[SetAside, ...]) -> None:
    """The verifier, which knows nothing of the solver, finds every statement kept that isn't set aside."""
    findings = verify(study, frame).findings
    excused = {s.id for s in set_aside} | set(why_not_modelled(study))
    broken = findings[~findings.holds.astype(bool) & ~findings.id.isin(excused)]
    assert broken.empty, f"the verifier contradicts the solver:\n{broken.to_string()}"


def _origin(study: Study, solved: list[_Solved], frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """How each value is known: determined, constrained or assumed; missing where there is no value."""
    origin = pd.DataFrame({ID: frame[ID]})
    determined = {cell for s in solved for cell in _determined(study, s, frame, frame_of(study), seed)}
    for name in study.variables:
        claimed = _claimed(study, name, frame)
        labels = ["constrained" if c else "assumed" for c in claimed]
        labels = ["determined" if (i, name) in determined else label for i, label in enumerate(labels)]
        origin[name] = pd.Series(labels, dtype=object).mask(frame[name].isna())
    return origin


def _claimed(study: Study, name: str, frame: pd.DataFrame) -> pd.Series:
    """Whether a claim about a patient's population mentions the variable."""
    claimed = pd.Series(False, index=frame.index)
    for claim in study.claims:
        about = {claim.variable, claim.versus} | (set() if claim.condition is None else set(names_in(claim.condition)))
        where = study.populations[claim.population].where
        if name in about or (claim.statistic in ("n", "ratio") and where is not None and name in names_in(where)):
            claimed |= True if where is None else evaluate(where, frame)
            if claim.statistic in ("n", "ratio"):
                claimed |= True
    return claimed


def _determined(study: Study, solved: _Solved, frame: pd.DataFrame, names: tuple[str, ...], seed: int) -> set[Cell]:
    """The cells that are the same in every consistent cohort of the sorted patients, by exhaustion of others.

    Each variable is asked about with the statements on it alone (and on who has it), which is quick and safe: what
    they fix is fixed. A value that only several variables together pin down is not found, and called constrained.
    """
    determined: set[Cell] = set()
    for name in (n for n in solved.block.variables if n in frame):
        determined |= _alone(study, solved, frame, name, names, seed)
    return determined


def _alone(
    study: Study, solved: _Solved, frame: pd.DataFrame, name: str, names: tuple[str, ...], seed: int
) -> set[Cell]:
    """The cells of one variable that the statements on it alone determine.

    Patients alike in the frame are interchangeable, so only what all of them share can be determined.
    """
    shared = _shared(frame, name, names)
    if not shared:
        return set()
    u, active = _narrowed(study, solved, name, names)
    known = {cell: solved.values[cell] for cell in shared}
    while shared:
        other = another(u, active, {cell: known[cell] for cell in shared}, seed)
        if other.status != FOUND:
            proven = other.status == NONE
            return {(i, name) for group in shared.values() for i in group} if proven else set()
        shared = {c: g for c, g in shared.items() if all(other.values[i, name] == known[c] for i in g)}
    return set()


def _shared(frame: pd.DataFrame, name: str, names: tuple[str, ...]) -> dict[Cell, list[int]]:
    """The groups of patients alike in the frame who all have one value, each by its first patient's cell."""
    if not names:
        groups = [list(range(len(frame)))]
    else:
        groups = [[int(i) for i in group] for group in frame.groupby(list(names)).groups.values()]
    here = [(group, frame.loc[group, name]) for group in groups]
    return {(g[0], name): g for g, values in here if values.notna().all() and values.nunique() == 1}


def _narrowed(study: Study, solved: _Solved, name: str, names: tuple[str, ...]) -> tuple[Unknowns, set[Statement]]:
    """Unknowns of one variable and those that say who has it, with the block's statements on no others."""
    within = {name} if name in names else with_wheres(study, {name}) - set(names)
    fixed = [] if name in names else solved.u.fixed
    block = Block(
        tuple(n for n in study.variables if n in within or (name in names and n in names)),
        tuple(c for c in solved.block.claims if mentioned(study, c) <= within | set(names)),
        tuple(r for r in solved.block.rules if mentioned(study, r) <= within | set(names)),
    )
    u = _unknowns(study, block, solved.u.size, [dict(f) for f in fixed] if fixed and fixed[0] else [])
    if name in names:
        _sort(study, u, names)
    return u, {s for s in u.on if s in solved.active}
