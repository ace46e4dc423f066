"""How many patients there are of each kind: a second view of what is only counted.

Where a subproblem's counts and rules are about a few variables of few values, a patient is one of few kinds, and every
count is a sum over kinds. This follows from the patients, so nothing is lost by stating it; but that numbers don't
add up is plain in it at once, however many patients there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import compress, product
from math import prod

import pandas as pd

from recount.record import Claim, Rule, decoded, step_range
from recount.rules import Expression, breaks, evaluate, names
from recount.solver.quantities import counted, members_of
from recount.solver.unknowns import Number, Unknowns

COUNTED = frozenset({"n", "count", "percent", "ratio"})
MOST_KINDS = 2000


def tally(u: Unknowns, claims: Iterable[Claim], rules: Iterable[Rule]) -> None:
    """States each count as a sum over the kinds of patients, where there are few kinds and nothing is known apart."""
    counts = [count for claim in claims if claim.statistic in COUNTED for count in _counts(u, claim)]
    about = set().union(*(names(c) for _, conditions in counts for c in conditions), set())
    free = [n for n in u.variables if n in about and u.variables[n].where is None and n not in u.fixed[0]]
    sizes = [step_range(u.variables[n])[1] - step_range(u.variables[n])[0] + 1 for n in free]
    if set(free) != about or not free or prod(sizes) > MOST_KINDS:
        return
    kinds = _kinds(u, free)
    number = [u.cp.new_int_var(0, u.size, "") for _ in range(len(kinds))]
    u.cp.add(sum(number) == u.size)
    for counted_there, conditions in counts:
        held = [evaluate(c, kinds).tolist() for c in conditions]
        u.cp.add(counted_there == sum(n for n, *truths in zip(number, *held, strict=True) if all(truths)))
    for rule in (r for r in rules if names(r.rule) <= set(free)):
        broken = breaks(rule.rule, kinds)
        u.cp.add(sum(u.keeps(i, rule.rule) for i in range(u.size)) == sum(compress(number, ~broken)))
        for n in compress(number, broken):
            u.cp.add(n == 0).only_enforce_if(u.on["rule", rule.id])


def _counts(u: Unknowns, claim: Claim) -> list[tuple[Number, list[Expression]]]:
    """The unknown numbers a claim rests on, each with the conditions that those counted meet."""
    populations = u.study.populations
    found = [
        (members_of(u, p), [where] if (where := populations[p].where) is not None else [])
        for p in (claim.population, claim.versus)
        if p in populations
    ]
    if claim.condition is not None:
        found.append((counted(u, claim), [*found[0][1], claim.condition]))
    return found


def _kinds(u: Unknowns, free: list[str]) -> pd.DataFrame:
    """One row a kind: every combination of the variables' values."""
    values: list[list[str | Fraction]] = []
    for name in free:
        low, high = step_range(u.variables[name])
        values.append([decoded(u.variables[name], code) for code in range(low, high + 1)])
    return pd.DataFrame(list(product(*values)), columns=free, dtype=object)
