"""How far a range is proven: the statuses, what follows from each, and their words, in one place for every page.

A range has two ends that patients reach, and two bounds that no patients pass. Where they meet the end is proven.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

Ends = tuple[str, str]

PROVEN_TWICE, PROVEN = "proven twice", "proven"
REACHED_NEARLY, NOT_PROVEN = "bounds proven, reached nearly", "not proven"
STATUSES = (PROVEN_TWICE, PROVEN, REACHED_NEARLY, NOT_PROVEN)
"""What a range's proof can be, the surest first; in full the last is `not proven within N s`."""

NOBODY = "nobody has it"
"""What follows a colon where it is proven that no patients have such a value, once or twice."""

BRIEFLY = {PROVEN_TWICE: PROVEN_TWICE, PROVEN: PROVEN, REACHED_NEARLY: "reached nearly", NOT_PROVEN: NOT_PROVEN}


def status_of(proof: str) -> str:
    """Which of `STATUSES` a proof is, empty for no range at all. Raises ValueError for any other text.

    >>> status_of("proven: nobody has it"), status_of("not proven within 2 s"), status_of("")
    ('proven', 'not proven', '')
    """
    told = proof.partition(":")[0].partition(" within ")[0]
    if told and told not in STATUSES:
        raise ValueError(f"a proof is one of {', '.join(STATUSES)} (got {proof})")
    return told


def is_proven(proof: str) -> bool:
    """Whether both ends are proven, by one prover or by two."""
    return status_of(proof) in (PROVEN_TWICE, PROVEN)


def end_status(proof: str, end: str, bound: str) -> str:
    """The status of one end by itself: one that patients reach at its bound is proven whatever the other is.

    >>> end_status("not proven within 2 s", "5", "5"), end_status("not proven within 2 s", "5", "4")
    ('proven', 'not proven')
    """
    return PROVEN if end and end == bound and not is_proven(proof) else status_of(proof)


def status_counts(proofs: Iterable[str]) -> dict[str, int]:
    """How many ranges have each status, the surest first; what has no range isn't counted."""
    counts = Counter(map(status_of, proofs))
    return {status: counts[status] for status in STATUSES if counts[status]}


def counted(proofs: Iterable[str]) -> str:
    """How many ranges have each status, in words.

    >>> counted(["proven", "not proven within 2 s", "proven"])
    '2 proven; 1 not proven'
    """
    return "; ".join(f"{n} {status}" for status, n in status_counts(proofs).items())


def ends_words(ends: Ends, bounds: Ends) -> str:
    """What patients reach, in words; where they reach nothing at an end, the bounds; empty without either.

    >>> ends_words(("4", "7"), ("4", "9")), ends_words(("5", "5"), ("5", "5")), ends_words(("", "7"), ("2", "9"))
    ('4 to 7', '5', 'within 2 to 9')
    """
    if all(ends):
        return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return f"within {bounds[0]} to {bounds[1]}" if all(bounds) else _one_bound(bounds)


def proof_words(ends: Ends, bounds: Ends, proof: str) -> str:
    """How far a range is proven, with its bounds where patients don't reach them.

    >>> proof_words(("4", "7"), ("4", "7"), "proven twice")
    'proven twice'
    >>> proof_words(("4.1", "6.9"), ("4", "7"), "bounds proven, reached nearly")
    'bounds proven, reached nearly: 4 to 7'
    >>> proof_words(("4", "7"), ("", "9"), "not proven within 2 s")
    'not proven within 2 s: no more than 9'
    """
    if is_proven(proof) or not all(ends) or not any(bounds):
        return proof
    return f"{proof}: {' to '.join(bounds) if all(bounds) else _one_bound(bounds)}"


def _one_bound(bounds: Ends) -> str:
    low, high = bounds
    return f"no less than {low}" if low else f"no more than {high}" if high else ""


def range_words(ends: Ends, bounds: Ends, proof: str) -> str:
    """A range with its proof, in words; empty where there is none.

    >>> range_words(("5", "5"), ("5", "5"), "proven"), range_words(("", ""), ("", ""), "proven: nobody has it")
    ('only 5 (proven)', 'nobody has it (proven)')
    >>> range_words(("4", "7"), ("3", "8"), "not proven within 2 s")
    '4 to 7 (not proven within 2 s: 3 to 8)'
    """
    return _with_proof(ends, bounds, proof, proof_words(ends, bounds, proof))


def range_briefly(ends: Ends, bounds: Ends, proof: str) -> str:
    """A range with the status alone, for a narrow column; empty where there is none.

    >>> range_briefly(("4", "7"), ("3", "8"), "not proven within 2 s")
    '4 to 7 (not proven)'
    """
    return _with_proof(ends, bounds, proof, BRIEFLY.get(status_of(proof), ""))


def _with_proof(ends: Ends, bounds: Ends, proof: str, words: str) -> str:
    if proof.endswith(NOBODY):
        return f"{NOBODY} ({status_of(proof)})"
    told = ends_words(ends, bounds) or ("nothing found" if proof else "")
    if is_proven(proof) and ends[0] == ends[1]:
        told = f"only {told}"
    return f"{told} ({words})" if told and words else told
