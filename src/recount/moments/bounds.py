"""Proofs that means, SDs and paired t can't all hold, and outer bounds of what they leave of each other, exactly.

`moment_axes` narrows boxes of the sums and the sums of squares that are possible; only what can't be is left out. So
no box left is a proof, and the ends of what is left bound a statistic on both sides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import heapify, heappop, heappush

from recount.checks import CLOSE, p_of
from recount.moments.axes import Axis, Box, Name, Problem
from recount.moments.statements import PAIRED, Statement, problem_of
from recount.record import Study, root
from recount.subproblems import Subproblem
from recount.verify import About, Value

CONFLICTS = 20  # looked for, at most
TRIED = 60  # spreads at an end that are tried one by one


def impossible(study: Study, subproblem: Subproblem, active: Collection[Statement], size: int) -> bool:
    """Whether it is proven that the active statements of a subproblem can't all hold of so many patients.

    True is a proof; False says nothing.
    """
    return _impossible(problem_of(study, subproblem, active, size))


def moment_conflicts(
    study: Study, subproblem: Subproblem, size: int, most: int = CONFLICTS
) -> list[frozenset[Statement]]:
    """Sets of a subproblem's statements that are proven not to hold together, each with no member it can do without.

    `impossible` is what proves; members are taken off one by one. Of many conflicts only some are found.
    """
    everything: frozenset[Statement] = frozenset(
        [*(("claim", c.id) for c in subproblem.claims), *(("rule", r.id) for r in subproblem.rules)]
    )
    found: list[frozenset[Statement]] = []
    stack, seen = [everything], {everything}
    while stack and len(found) < most and len(seen) < 10 * most:
        active = stack.pop()
        conflict = next((c for c in found if c <= active), None)
        if conflict is None:
            if not impossible(study, subproblem, active, size):
                continue
            conflict = smallest_conflict(study, subproblem, active, size)
            found.append(conflict)
        fewer = [active - {statement} for statement in sorted(conflict)]
        stack += [rest for rest in fewer if rest not in seen]
        seen.update(fewer)
    return found


def smallest_conflict(
    study: Study, subproblem: Subproblem, active: frozenset[Statement], size: int
) -> frozenset[Statement]:
    """What is left of an impossible set when no more can be taken off and it is still proven impossible."""
    for statement in sorted(active):
        if impossible(study, subproblem, active - {statement}, size):
            active -= {statement}
    return active


def _impossible(problem: Problem) -> bool:
    boxes = problem.boxes()
    if boxes is None:
        return True
    few = (name for name, found in boxes.items() if all(b.s0 == b.s1 for b in found))
    return any(not any(problem.axes[name].exists(b) for b in boxes[name]) for name in few)


def bounds(
    study: Study, subproblem: Subproblem, active: Collection[Statement], size: int, question: About
) -> tuple[Value, Value] | None:
    """Outer bounds of a mean, sum, SD, paired |t| or its P over all patients who satisfy the active statements.

    A statistic that is irrational is given as the verifier gives it, a number on the same side of every decimal. None
    is a proof that no patients have such a value.
    """
    return AskedMoment.of(problem_of(study, subproblem, active, size), question).bounds()


@dataclass
class AskedMoment:
    """A problem with the axis that a question is about."""

    problem: Problem
    name: Name
    statistic: str

    @classmethod
    def of(cls, problem: Problem, question: About) -> AskedMoment:
        """The question put to a problem: for a t its differences aren't all the same."""
        name: Name = question.variable
        if question.statistic in PAIRED:
            name, _ = problem.difference(question.variable, question.versus)
            axis = problem.axes[name]
            problem.axes[name] = axis.within(spreads=(1, axis.spreads[1]))
        problem.broken |= problem.n < (1 if question.statistic in ("mean", "sum") else 2)
        return cls(problem, name, question.statistic)

    @property
    def axis(self) -> Axis:
        """The axis that is asked about."""
        return self.problem.axes[self.name]

    def bounds(self) -> tuple[Value, Value] | None:
        """The outer bounds; None where nothing is left."""
        ends = self.ends()
        return None if ends is None else self.values(*ends)

    def values(self, low: Fraction, high: Fraction) -> tuple[Value, Value]:
        """The statistic's bounds from its measure's; a P falls as t rises, and is widened by what floats blur."""
        if self.statistic != "paired_p":
            return self.value(low), self.value(high)
        ends = self.value(high), self.value(low)
        return max(0.0, float(ends[0]) * (1 - CLOSE)), min(1.0, float(ends[1]) * (1 + CLOSE))

    def value(self, measure: Fraction) -> Value:
        """The statistic, as the verifier has it, of a sum, a spread, or a squared sum over its spread."""
        n, unit = self.problem.n, self.problem.unit
        match self.statistic:
            case "mean" | "sum":
                return measure * unit / (n if self.statistic == "mean" else 1)
            case "sd":
                return root(measure * unit**2 / (n * (n - 1)))
            case "paired_t":
                return root((n - 1) * measure)
            case _:
                return p_of(root((n - 1) * measure), n)

    def measure(self, total: int, spread: int) -> Fraction:
        """What is bounded, of one sum and one spread."""
        if self.statistic in ("mean", "sum"):
            return Fraction(total)
        return Fraction(spread) if self.statistic == "sd" else Fraction(total**2, spread)

    def ends(self) -> tuple[Fraction, Fraction] | None:
        """The least and the greatest measure that is left; None where nothing is left."""
        if _impossible(self.problem):
            return None
        boxes = (self.problem.boxes() or {}).get(self.name, [])
        low, high = self._first(boxes, False), self._first(boxes, True)
        return None if low is None or high is None else (low, high)

    def _first(self, boxes: Iterable[Box], greatest: bool) -> Fraction | None:
        """The measure of the best box; boxes are cut in two, and looked into, as long as they are ahead."""
        sign = -1 if greatest else 1
        heap = [(sign * self._of_box(box, greatest), k, box) for k, box in enumerate(boxes)]
        heapify(heap)
        made = len(heap)
        while heap:
            best, _, box = heappop(heap)
            if box.s0 == box.s1:
                trimmed = self._trimmed(box, greatest)
                if trimmed == box:
                    return sign * best
                parts = [] if trimmed is None else [trimmed]
            else:
                parts = self.axis.halves(box)
            for part in parts:
                made += 1
                heappush(heap, (sign * self._of_box(part, greatest), made, part))
        return None

    def _of_box(self, box: Box, greatest: bool) -> Fraction:
        if self.statistic in ("mean", "sum"):
            return Fraction(box.s1 if greatest else box.s0)
        if self.statistic == "sd":
            return Fraction(box.v1 if greatest else box.v0)
        return Fraction(box.squares[1], box.v0) if greatest else Fraction(box.squares[0], box.v1)

    def _trimmed(self, box: Box, greatest: bool) -> Box | None:
        """A box of one sum without the spreads at its end that no values have; None where none has any."""
        axis = self.axis
        if not axis.exists(box):
            return None
        if self.statistic in ("mean", "sum"):
            return box
        unit, from_top = 2 * axis.n * axis.step**2, greatest == (self.statistic == "sd")
        for k in range(min(TRIED, (box.v1 - box.v0) // unit + 1)):
            end = box.v1 - k * unit if from_top else box.v0 + k * unit
            if axis.exists(Box(box.s0, box.s0, end, end)):
                return replace(box, v1=end) if from_top else replace(box, v0=end)
        return box
