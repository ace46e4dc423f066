"""Samples drawn with given means, SDs and correlations, and mended to the sums of squares that are left.

Sums are chosen from what is left of each axis (`propagation`), then spreads. A sample of a shape that the limits leave
room for is drawn with nearly these moments, whichever correlations they need, and put on the grid; small moves mend
its sums of squares (`local_search`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, floor, sqrt

import numpy as np

from recount.moments.local_search import Form, swapped
from recount.moments.propagation import Axis, Box, Name, Problem

FREE = 2**40  # a sum of squares that nothing bounds
SMALL = 0.1  # of the greatest spread, where nothing is printed of it
LEAST = 0.15  # of the mean: no plausible value is smaller where none is negative
LIKELY = (-0.2, 0.95)  # plausible correlations before and after, where what is printed leaves it open


@dataclass(frozen=True)
class Sampling:
    """How a sample is drawn: sums and spreads by chance or from the middle of what is left, and plausible or not.

    Plausible are values that aren't nearly nought beside their mean, and pairs that go together. Neither is imposed.
    """

    rng: np.random.Generator
    by_chance: bool = True
    is_plausible: bool = False


def ndtri(shares: np.ndarray) -> np.ndarray:
    """The normal distribution's values at these shares."""
    from scipy import special  # takes a while: only where it is used

    return np.asarray(special.ndtri(shares))


SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "normal": ndtri,
    "skewed up": lambda p: np.exp(0.6 * ndtri(p)),
    "skewed down": lambda p: -np.exp(-0.6 * ndtri(p)),
    "flat": lambda p: p,
    "very skewed up": lambda p: np.exp(1.2 * ndtri(p)),
    "very skewed down": lambda p: -np.exp(-1.2 * ndtri(p)),
    "few high": lambda p: p**3,
    "few low": lambda p: -((1 - p) ** 3),
    "at both ends": lambda p: -np.cos(np.pi * p),
}
"""How samples are drawn, of shares from nought to one: the first that the limits leave room for."""


def settled_sums(problem: Problem, first: Name | None, sampling: Sampling) -> dict[Name, Box] | None:
    """A box of one sum for each axis, whose sums go together; None where the choices leave nothing."""
    for name in _order(problem, first):
        boxes = problem.boxes()
        if boxes is None:
            return None
        box = _roomiest(problem, name, boxes[name], sampling)
        if box is None:
            return None
        axis = problem.axes[name]
        problem = problem.with_axis(name, axis.within(sums=(box.s0, box.s0)))
    left = problem.boxes()
    return None if left is None else {name: found[0] for name, found in left.items()}


def _order(problem: Problem, first: Name | None) -> list[Name]:
    """The axes as they are settled: what is asked for, differences, variables with large steps before others."""

    def place(name: Name) -> tuple[bool, bool, int, bool]:
        axis = problem.axes[name]
        return name != first, isinstance(name, str), -axis.step, axis.is_free

    return sorted(problem.axes, key=place)


def _roomiest(problem: Problem, name: Name, boxes: list[Box], sampling: Sampling) -> Box | None:
    """A box of one sum that leaves the spread much room, and isn't wide beside the limits, where there is one."""
    axis = problem.axes[name]
    singles = []
    for box in boxes:
        middle = (box.s0 + box.s1) // 2 // axis.step * axis.step
        one = axis.narrowed(Box(max(middle, box.s0), max(middle, box.s0), box.v0, box.v1), axis.sums, axis.spreads)
        singles += [one] if one is not None else []
    small = SMALL * (axis.n * (axis.high - axis.low) / 2) ** 2
    singles = [b for b in singles if b.v0 <= small] or singles
    least = max((b.v1 - b.v0 for b in singles), default=0) * (
        sampling.rng.uniform(0, 0.5) if sampling.by_chance else 0.5
    )
    roomy = [b for b in singles if b.v1 - b.v0 >= least and axis.exists(b)] or singles
    if not roomy:
        return None
    return roomy[int(sampling.rng.integers(len(roomy))) if sampling.by_chance else len(roomy) // 2]


def drawn_sample(
    problem: Problem, room: dict[Name, Box], part: tuple[str, ...], sampling: Sampling
) -> dict[str, np.ndarray]:
    """An array of whole units for each variable, multiples of its step, its moments nearly within the boxes.

    Of the shapes the first is taken that keeps all values within their limits, else the one that nearly does.
    """
    spreads, defined = _spreads(problem, room, sampling), _defined(problem, part)
    tried: list[tuple[float, dict[str, np.ndarray]]] = []
    for shape in SHAPES:
        drawn: dict[str, np.ndarray] = {}
        for name in (n for n in part if n not in defined):
            drawn[name] = _drawn(problem, room[name].s0, spreads, name, drawn, shape, sampling.rng)
        pairs = [name for name in problem.axes if not isinstance(name, str) and set(name) <= set(drawn)]
        seen: dict[Name, np.ndarray] = {}
        seen.update(drawn)
        seen |= {pair: drawn[pair[0]] - drawn[pair[1]] for pair in pairs}
        tried.append((max((_outside(problem, n, values, sampling) for n, values in seen.items()), default=0.0), drawn))
        if tried[-1][0] == 0:
            break
    found = {n: _on_grid(problem, n, values) for n, values in min(tried, key=lambda pair: pair[0])[1].items()}
    for name in reversed(defined):
        relation = problem.relations[defined[name]]
        own = next(c for c, n in relation.factors if n == name)
        rest = [c * found[n] for c, n in relation.factors if isinstance(n, str) and n != name]
        found[name] = _on_grid(problem, name, (relation.constant - np.sum(rest, axis=0)) / own)
    return found


def _outside(problem: Problem, name: Name, values: np.ndarray, sampling: Sampling) -> float:
    """How far values pass the limits, and what is plausible where that is wanted, as a share of what lies between."""
    axis = problem.axes[name]
    never_negative = isinstance(name, str) and axis.low >= 0
    least = LEAST * float(values.mean()) if sampling.is_plausible and never_negative else axis.low
    passed = max(max(least, axis.low) - float(values.min()), float(values.max()) - axis.high, 0.0)
    return passed / max(axis.high - axis.low, 1)


def _on_grid(problem: Problem, name: str, values: np.ndarray) -> np.ndarray:
    axis = problem.axes[name]
    return np.clip(np.round(values / axis.step).astype(np.int64) * axis.step, axis.low, axis.high)


def _defined(problem: Problem, part: tuple[str, ...]) -> dict[str, int]:
    """The variables that a rule defines by others, in an order in which each comes after those it defines others by."""
    found: dict[str, int] = {}
    for place, relation in enumerate(problem.relations):
        own = [n for _, n in relation.factors]
        if all(isinstance(n, str) and n in part for n in own):
            name = next((n for n in own if isinstance(n, str) and n not in found), None)
            if name is not None:
                found[name] = place
    return found


def _spreads(problem: Problem, room: dict[Name, Box], sampling: Sampling) -> dict[Name, int]:
    """One spread for each axis that go together as far as is known: in the middle of what is left, or by chance.

    Where nothing is printed of it, it is small beside the limits.
    """
    for name, box in room.items():
        axis = problem.axes[name]
        problem = problem.with_axis(name, axis.within(sums=(box.s0, box.s0)))
    chosen: dict[Name, int] = {name: (box.v0 + box.v1) // 2 for name, box in room.items()}
    for name in sorted(room, key=lambda name: (problem.axes[name].is_free, room[name].v1 - room[name].v0)):
        boxes = problem.boxes()
        if boxes is None:
            return chosen
        box, axis = boxes[name][0], problem.axes[name]
        unit, share = 2 * axis.n * axis.step**2, sampling.rng.uniform(0.05, 0.95) if sampling.by_chance else 0.5
        if sampling.is_plausible and not isinstance(name, str):
            box = _likely(box, boxes[name[0]][0], boxes[name[1]][0], unit)
        share = share * SMALL if axis.is_free else share
        chosen[name] = box.v0 + int((box.v1 - box.v0) * share) // unit * unit
        problem = problem.with_axis(name, axis.within(spreads=(chosen[name], chosen[name])))
    return chosen


def _likely(difference: Box, one: Box, other: Box, unit: int) -> Box:
    """The box of a difference with the spreads that likely correlations of two known spreads give, if there are any.

    V of a difference is V1 + V2 - 2 r sqrt(V1 V2), counted in units from the least.
    """
    if one.v0 != one.v1 or other.v0 != other.v1:
        return difference
    product = 2 * sqrt(one.v0) * sqrt(other.v0)
    least, most = (one.v0 + other.v0 - r * product for r in reversed(LIKELY))
    low = difference.v0 + max(0, ceil((least - difference.v0) / unit)) * unit
    high = min(difference.v1, floor(most))
    return replace(difference, v0=low, v1=high) if low <= high else difference


def _drawn(
    problem: Problem,
    total: int,
    spreads: dict[Name, int],
    name: str,
    before: dict[str, np.ndarray],
    shape: str,
    rng: np.random.Generator,
) -> np.ndarray:
    """A variable's values with its mean and SD, and the correlations that its spread and theirs need with others."""
    n = problem.n
    linked = [
        (_standard(before[other]), r)
        for other in before
        if (r := _correlation(problem, spreads, name, other)) is not None
    ]
    u = _with_correlations(linked, rng) if linked and n > 1 else _scores(n, shape, rng)
    return np.asarray(total / n + sqrt(spreads[name] / (n * max(n - 1, 1))) * u)


def _correlation(problem: Problem, spreads: dict[Name, int], one: str, other: str) -> float | None:
    """The correlation of two variables that the spread of a third, their sum or difference, needs."""
    for relation in problem.relations:
        factors = {name: c for c, name in relation.factors}
        if len(factors) == 3 and {one, other} < set(factors):
            third = next(name for name in factors if name not in (one, other))
            a, b, c = factors[one], factors[other], factors[third]
            product = c * c * spreads[third] - a * a * spreads[one] - b * b * spreads[other]
            size = 2 * a * b * sqrt(spreads[one]) * sqrt(spreads[other])
            return max(-1.0, min(1.0, product / size)) if size else 0.0
    return None


def _with_correlations(linked: list[tuple[np.ndarray, float]], rng: np.random.Generator) -> np.ndarray:
    """Standardised values with these correlations with others, as far as there are any such."""
    others, wanted = np.array([u for u, _ in linked]), np.array([r for _, r in linked])
    n = others.shape[1]
    known = others @ others.T / (n - 1)
    weights = np.linalg.lstsq(known, wanted, rcond=None)[0]
    explained = float(weights @ known @ weights)
    weights, explained = weights / max(1.0, sqrt(explained)), min(explained, 1.0)
    drawn = np.asarray(rng.standard_normal(n))
    noise = drawn - drawn.mean() - others.T @ np.linalg.lstsq(known * (n - 1), others @ drawn, rcond=None)[0]
    return np.asarray(weights @ others + sqrt(1 - explained) * _standard(noise))


def _scores(n: int, shape: str, rng: np.random.Generator) -> np.ndarray:
    """Standardised values of a shape, spread evenly and jittered."""
    return _standard(SHAPES[shape]((np.arange(n) + rng.uniform(0.2, 0.8, n)) / n))


def _standard(values: np.ndarray) -> np.ndarray:
    """The values with mean nought and SD one; noughts where they don't vary."""
    centred = np.asarray(values - values.mean())
    sd = float(centred.std(ddof=1)) if len(values) > 1 else 0.0
    return np.asarray(centred / sd if sd > 1e-9 else np.zeros(len(values)))


def swapped_sample(
    problem: Problem,
    room: dict[Name, Box],
    part: tuple[str, ...],
    sample: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> dict[str, np.ndarray] | None:
    """The sample with the sums and spreads of the boxes; None where it isn't found."""
    bases = [name for name in part if name not in _defined(problem, part)]
    linear = _linear(problem, part, bases)
    if linear is None or problem.n < 2:
        return None
    start = np.array([_with_sum(sample[name], problem.axes[name], room[name].s0, rng) for name in bases])
    forms = []
    for name in (name for name in problem.axes if is_of(name, part)):
        axis, (factors, constant) = problem.axes[name], linear[name]
        least, most = (0, FREE) if axis.is_free else squares_of(room[name], axis.n)
        forms.append(Form(factors, constant, axis.low, axis.high, least, most))
    steps = np.array([problem.axes[name].step for name in bases])
    found = swapped(start, steps, forms, rng)
    if found is None:
        return None
    return {name: linear[name][0] @ found + linear[name][1] for name in part}


def _linear(problem: Problem, part: tuple[str, ...], bases: list[str]) -> dict[Name, tuple[np.ndarray, int]] | None:
    """Each axis of a part as whole factors of the variables that aren't defined, and a constant; None: it isn't so."""
    found: dict[Name, tuple[np.ndarray, int]] = {}
    for k, base in enumerate(bases):
        found[base] = np.where(np.arange(len(bases)) == k, 1, 0), 0
    for defined, place in reversed(_defined(problem, part).items()):
        relation = problem.relations[place]
        own = next(c for c, n in relation.factors if n == defined)
        rest = [(c, n) for c, n in relation.factors if n != defined]
        if any(n not in found for _, n in rest):
            return None
        factors = -sum(c * found[n][0] for c, n in rest)
        constant = relation.constant - sum(c * found[n][1] for c, n in rest)
        steps = factors * np.array([problem.axes[b].step for b in bases])
        if any(int(x) % (own * problem.axes[defined].step) for x in (*steps.tolist(), constant)):
            return None
        found[defined] = np.asarray(factors // own), constant // own
    for name in problem.axes:
        if not isinstance(name, str) and is_of(name, part):
            one, other = (found[v] for v in name)
            found[name] = one[0] - other[0], one[1] - other[1]
    return found


def _with_sum(values: np.ndarray, axis: Axis, total: int, rng: np.random.Generator) -> np.ndarray:
    """The values with this sum, some moved by a step, each within its limits as long as there are such."""
    values = values.copy()
    missing = (total - int(values.sum())) // axis.step
    side = axis.step if missing > 0 else -axis.step
    for _ in range(abs(missing)):
        free = np.flatnonzero((values + side >= axis.low) & (values + side <= axis.high))
        values[rng.choice(free) if len(free) else 0] += side
    return values


def is_of(name: Name, part: tuple[str, ...]) -> bool:
    return name in part if isinstance(name, str) else set(name) <= set(part)


def squares_of(box: Box, n: int) -> tuple[int, int]:
    """The sums of squares of a box of one sum, in units."""
    return -(-(box.v0 + box.s0**2) // n), (box.v1 + box.s0**2) // n
