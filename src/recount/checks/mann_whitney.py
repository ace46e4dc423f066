"""The Mann-Whitney U that print a Z, a P or a U, by each convention of ties, continuity and P.

U is the number of pairs in which the first sample's value is the higher, a tie counting half: the first sample's rank
sum less n1(n1 + 1)/2. Its mean is n1 n2/2 and its variance n1 n2/12 (N + 1 - sum(t^3 - t)/(N(N - 1))), N = n1 + n2.

Sources: Mann & Whitney, Ann Math Stat 1947;18:50 (null distribution); Hollander & Wolfe, Nonparametric Statistical
Methods, section 4.1 (ties). Twice the smaller tail, at most 1, is the exact two-sided P of R's wilcox.test and of SPSS.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import comb

from recount.checks.rank_prints import RankQuestion, Ties, bits_within, tie_groups, tie_sum
from recount.checks.reading import whole_size

MOST_ANY = 30  # values whose every pattern of ties is looked at
MOST_VALUES = 400
EXACT_RULE = "an exact P is one without ties"
MANY_RULE = f"at most {MOST_VALUES} values, and {MOST_ANY} with any ties"
State = dict[tuple[int, int], int]


@dataclass(frozen=True)
class RankSums:
    """The first sample's U that print what is given, the smaller of each and its opposite, and the ties' terms.

    `terms` are the sums of t^3 - t over the ties with which one of them does; just 0 without ties.
    """

    holds: bool
    first: tuple[Fraction, ...]
    smaller: tuple[Fraction, ...]
    terms: tuple[int, ...]


def mann_whitney(
    n1: int,
    n2: int,
    z: str | int | None = None,
    p: str | int | None = None,
    u: str | int | None = None,
    ties: Ties = "none",
    continuity: bool = False,
    method: str = "asymptotic",
    alternative: str = "two-sided",
    sign: str = "either",
) -> RankSums:
    """The U of the first of two samples that print this Z, P and U together.

    `u` is either sample's U as printed. `ties` is "none", "any", or the sizes of the groups of equal values from the
    lowest up, "1 2 1". `alternative` "greater" is that the first sample is; `sign` "as printed" takes a Z as the first
    sample's. With `method` "exact" the P is that of all orders being equally likely, without ties. Raises ValueError
    for what makes no sense.

    >>> mann_whitney(10, 5, p="0.1272", method="exact", alternative="greater").first
    (Fraction(35, 1),)
    >>> mann_whitney(4, 5, "2.20").smaller, mann_whitney(4, 5, "2.20", continuity=True).holds
    ((Fraction(1, 1),), False)
    """
    question = RankQuestion.of(z, p, u, continuity, method, alternative, sign)
    sizes = whole_size(n1), whole_size(n2)
    pattern = tie_groups(ties, sum(sizes))
    if sum(sizes) > MOST_VALUES or (pattern is None and sum(sizes) > MOST_ANY):
        raise ValueError(MANY_RULE)
    if method == "exact" and p is not None and (pattern is None or tie_sum(pattern)):
        raise ValueError(EXACT_RULE)
    found = _printing(question, *sizes, pattern)
    first = sorted({doubled for doubled, _ in found})
    smaller = sorted({min(doubled, 2 * sizes[0] * sizes[1] - doubled) for doubled in first})
    terms = tuple(sorted({ties_term for _, ties_term in found}))
    return RankSums(bool(found), _halves_of(first), _halves_of(smaller), terms)


def _halves_of(doubled: list[int]) -> tuple[Fraction, ...]:
    return tuple(Fraction(each, 2) for each in doubled)


def _printing(question: RankQuestion, n1: int, n2: int, pattern: tuple[int, ...] | None) -> list[tuple[int, int]]:
    """Every (twice the first sample's U, ties' term) that prints what is asked."""
    n = n1 + n2
    tails = _null_tails(n1, n2) if question.p is not None and question.method == "exact" else None
    sums = any_sums(n1, n2) if pattern is None else given_sums(n1, n2, pattern)
    found = []
    for ties_term, packed in sums.items():
        variance = Fraction(n1 * n2, 3) * (n + 1 - Fraction(ties_term, n * (n - 1)))
        windows = question.distances(variance, 1, n1 * n2)
        for doubled in bits_within(packed, [(d + n1 * n2, e + n1 * n2) for d, e in windows]):
            asked = question.prints_statistic(Fraction(doubled, 2), n1 * n2 - Fraction(doubled, 2))
            if asked and (tails is None or question.exact_p_prints(*tails[doubled // 2])):
                found.append((doubled, ties_term))
    return found


def given_sums(n1: int, n2: int, pattern: tuple[int, ...]) -> dict[int, int]:
    """Twice each U of the first sample that values with these groups of equal ones can have, as bits, by ties' term.

    >>> {ties: bin(packed) for ties, packed in given_sums(1, 2, (1, 2)).items()}
    {6: '0b1001'}
    """
    states: dict[int, int] = {0: 1}
    used = 0
    for size in pattern:
        joined: dict[int, int] = defaultdict(int)
        for taken, packed in states.items():
            for first in range(max(0, size - (n2 - used + taken)), min(size, n1 - taken) + 1):
                joined[taken + first] |= _with_group(packed, used - taken, first, size)
        states, used = joined, used + size
    return {tie_sum(pattern): states[n1]}


@lru_cache(maxsize=64)
def any_sums(n1: int, n2: int) -> dict[int, int]:
    """The same by the ties' term, over every pattern of ties.

    >>> {ties: [k for k in range(packed.bit_length()) if packed >> k & 1] for ties, packed in any_sums(1, 2).items()}
    {0: [0, 2, 4], 6: [0, 1, 3, 4], 24: [2]}
    """
    n = n1 + n2
    states: list[State] = [defaultdict(int) for _ in range(n + 1)]
    states[0][0, 0] = 1
    for used in range(n):
        for (taken, ties_term), packed in states[used].items():
            for size in range(1, n - used + 1):
                for first in range(max(0, size - (n2 - used + taken)), min(size, n1 - taken) + 1):
                    key = taken + first, ties_term + size**3 - size
                    states[used + size][key] |= _with_group(packed, used - taken, first, size)
    return dict(sorted((ties_term, packed) for (_, ties_term), packed in states[n].items()))


def _with_group(packed: int, below: int, first: int, size: int) -> int:
    """The U with a further group, `first` of it of the first sample, above so many values of the second."""
    return packed << first * (2 * below + size - first)


@lru_cache(maxsize=64)
def _null_tails(n1: int, n2: int) -> tuple[tuple[Fraction, Fraction], ...]:
    """The null probabilities of U or less, and of U or more, for U from 0."""
    counts, every = null_counts(n1, n2), comb(n1 + n2, n1)
    upto = accumulate(counts)
    return tuple((Fraction(u, every), Fraction(every - u + c, every)) for u, c in zip(upto, counts, strict=True))


def null_counts(n1: int, n2: int) -> list[int]:
    """In how many of the orders of two samples without ties U is 0, 1, ..., n1 n2: Gauss's binomial coefficient.

    It is the product of (1 - q^(n2 + i)) / (1 - q^i) over i from 1 to n1.

    >>> null_counts(2, 2)
    [1, 1, 2, 1, 1]
    """
    size = n1 * n2 + 1
    counts = [1] + [0] * (size - 1)
    for i in range(1, n1 + 1):
        for u in range(size - 1, n2 + i - 1, -1):
            counts[u] -= counts[u - n2 - i]
        for u in range(i, size):
            counts[u] += counts[u - i]
    return counts
