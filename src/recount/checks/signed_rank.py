"""The signed-rank sums that print a Z, a P or a sum, by each convention of ties, zeros, continuity and P.

W is the sum of the positive differences' ranks, m of n differences not nought. Without ties and zeros its mean is
n(n+1)/4 and its variance n(n+1)(2n+1)/24 - sum(t^3 - t)/48 over groups of t equal sizes. Zeros are "dropped" (n is m)
or, by "pratt", ranked lowest and left out of the sums: the mean loses z(z+1)/4, the variance z(z+1)(2z+1)/24.

Sources: Wilcoxon, Biometrics Bull 1945;1:80. Hollander & Wolfe, Nonparametric Statistical Methods, section 3.1 (null
distribution, ties). Pratt, J Am Stat Assoc 1959;54:655, and Cureton, J Am Stat Assoc 1967;62:1068 (zeros).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

from recount.checks.rank_prints import RankQuestion, Ties, bits_within, tie_groups, tie_sum
from recount.checks.reading import whole_size

ZEROS = ("dropped", "pratt")
MOST_ANY = 50  # differences whose every pattern of ties is looked at
MOST_PAIRS = 500
ZEROS_RULE = "zeros are a whole number from 0 to the number of pairs less one"
ZERO_METHOD_RULE = "zeros are one of " + ", ".join(ZEROS)
EXACT_RULE = "an exact P needs ties that are none or given"
MANY_RULE = f"at most {MOST_PAIRS} pairs, and {MOST_ANY} with any ties"


@dataclass(frozen=True)
class SignedRankSums:
    """The sums of positive ranks that print what is given, the smaller of each and its opposite, the ties' terms.

    `terms` are the sums of t^3 - t over the ties with which one of them does; just 0 without ties.
    """

    holds: bool
    positive: tuple[Fraction, ...]
    smaller: tuple[Fraction, ...]
    terms: tuple[int, ...]


def signed_rank(
    n: int,
    z: str | int | None = None,
    p: str | int | None = None,
    w: str | int | None = None,
    ties: Ties = "none",
    zeros: int = 0,
    zero_method: str = "dropped",
    continuity: bool = False,
    method: str = "asymptotic",
    alternative: str = "two-sided",
    sign: str = "either",
) -> SignedRankSums:
    """The sums of positive ranks of n pairs, `zeros` of them equal, that print this Z, P and rank sum together.

    `w` is either of the two sums as printed. `ties` is "none", "any", or the sizes of the groups of equal differences
    from the smallest up, "1 2 1". `alternative` "greater" is that the differences are; `sign` "as printed" takes a Z as
    that of the positive ranks. With `method` "exact" the P is that of all signs being equally likely. Raises
    ValueError for what makes no sense.

    >>> signed_rank(13, "3.040").smaller, signed_rank(13, "3.041").holds, signed_rank(13, "3.041", ties="any").terms
    ((Fraction(2, 1),), False, (6, 228))
    >>> signed_rank(9, p="0.01953", method="exact", alternative="greater").positive
    (Fraction(40, 1),)
    """
    question = RankQuestion.of(z, p, w, continuity, method, alternative, sign)
    pairs, none = _pairs_and_zeros(n, zeros, zero_method)
    pattern = tie_groups(ties, pairs - none)
    if pairs > MOST_PAIRS or (pattern is None and pairs > MOST_ANY):
        raise ValueError(MANY_RULE)
    if pattern is None and method == "exact" and p is not None:
        raise ValueError(EXACT_RULE)
    ranked = none if zero_method == "pratt" else 0
    found = _printing(question, pairs - none, ranked, pattern)
    total = _doubled_total(pairs - none, ranked)
    sums = sorted({doubled for doubled, _ in found})
    smaller = sorted({min(doubled, total - doubled) for doubled in sums})
    terms = tuple(sorted({ties_term for _, ties_term in found}))
    return SignedRankSums(bool(found), _halves_of(sums), _halves_of(smaller), terms)


def _pairs_and_zeros(n: int, zeros: int, zero_method: str) -> tuple[int, int]:
    if zero_method not in ZEROS:
        raise ValueError(ZERO_METHOD_RULE)
    pairs = whole_size(n)
    none = 0 if str(zeros) in ("0", "0.0") else whole_size(zeros)
    if none >= pairs:
        raise ValueError(ZEROS_RULE)
    return pairs, none


def _halves_of(doubled: list[int]) -> tuple[Fraction, ...]:
    return tuple(Fraction(each, 2) for each in doubled)


def _doubled_total(m: int, ranked: int) -> int:
    """Twice the sum of the ranks of m differences above so many zeros that have ranks."""
    return (m + ranked) * (m + ranked + 1) - ranked * (ranked + 1)


def _printing(question: RankQuestion, m: int, ranked: int, pattern: tuple[int, ...] | None) -> list[tuple[int, int]]:
    """Every (twice the sum of positive ranks, ties' term) that prints what is asked."""
    total, n = _doubled_total(m, ranked), m + ranked
    free = Fraction(n * (n + 1) * (2 * n + 1) - ranked * (ranked + 1) * (2 * ranked + 1), 24)
    tails = None if pattern is None or question.method != "exact" else _null_tails(pattern, ranked)
    sums = any_sums(m, ranked) if pattern is None else {tie_sum(pattern): given_sums(pattern, ranked)}
    found = []
    for ties_term, packed in sums.items():
        variance = 16 * (free - Fraction(ties_term, 48))
        windows = question.distances(variance, 2, total)
        for doubled in bits_within(packed, [(-((-d - total) // 2), (e + total) // 2) for d, e in windows]):
            asked = question.prints_statistic(Fraction(doubled, 2), Fraction(total - doubled, 2))
            if asked and (tails is None or question.exact_p_prints(*tails[doubled])):
                found.append((doubled, ties_term))
    return found


def given_sums(pattern: tuple[int, ...], ranked: int = 0) -> int:
    """Twice each sum of positive ranks that differences with these groups of equal sizes can have, as bits.

    >>> packed = given_sums((1, 2))
    >>> [k for k in range(packed.bit_length()) if packed >> k & 1]
    [0, 2, 5, 7, 10, 12]
    """
    packed, used = 1, ranked
    for size in pattern:
        packed = _with_group(packed, used, size)
        used += size
    return packed


def _with_group(packed: int, used: int, size: int) -> int:
    """The sums with a further group, whose mean rank is used + (size + 1)/2, any number of it positive."""
    joined = 0
    for positive in range(size + 1):
        joined |= packed << positive * (2 * used + size + 1)
    return joined


@lru_cache(maxsize=64)
def any_sums(m: int, ranked: int = 0) -> dict[int, int]:
    """Twice each sum of positive ranks of m differences, as bits, by the ties' term, over every pattern of ties.

    >>> {ties: [k for k in range(packed.bit_length()) if packed >> k & 1] for ties, packed in any_sums(2).items()}
    {0: [0, 2, 4, 6], 6: [0, 3, 6]}
    """
    states: list[dict[int, int]] = [defaultdict(int) for _ in range(m + 1)]
    states[0][0] = 1
    for used in range(m):
        for ties_term, packed in states[used].items():
            for size in range(1, m - used + 1):
                states[used + size][ties_term + size**3 - size] |= _with_group(packed, used + ranked, size)
    return dict(sorted(states[m].items()))


@lru_cache(maxsize=64)
def _null_tails(pattern: tuple[int, ...], ranked: int) -> tuple[tuple[Fraction, Fraction], ...]:
    """The null probabilities of twice the sum of positive ranks or less, and of it or more, for each such number."""
    counts = null_counts(pattern, ranked)
    every = sum(counts)
    upto = list(accumulate(counts))
    return tuple((Fraction(u, every), Fraction(every - u + c, every)) for u, c in zip(upto, counts, strict=True))


def null_counts(pattern: tuple[int, ...], ranked: int = 0) -> list[int]:
    """In how many of the 2^m patterns of signs twice the sum of positive ranks is 0, 1, 2, ...

    >>> null_counts((1, 1))
    [1, 0, 1, 0, 1, 0, 1]
    """
    counts, used = [1], ranked
    for size in pattern:
        doubled = 2 * used + size + 1
        for _ in range(size):
            longer = counts + [0] * doubled
            counts = [a + b for a, b in zip(longer, [0] * doubled + counts, strict=True)]
        used += size
    return counts
