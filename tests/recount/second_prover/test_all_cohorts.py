"""Random records of three patients beside every table of patients that satisfies them: nothing false is proven."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest

from recount.second_prover.reading import Study

from .conftest import cohorts, outcome

CONDITIONS: dict[str, Callable[[dict], bool | None]] = {
    "": lambda p: True,
    'G == "A"': lambda p: p["G"] == "A",
    "X >= 2": lambda p: p["X"] >= 2,
    "Y < 0.5": lambda p: None if p["Y"] is None else p["Y"] < Fraction(1, 2),
    "not (Y < 0.5)": lambda p: None if p["Y"] is None else p["Y"] >= Fraction(1, 2),
    "X == 2*Y or X == 3": lambda p: True if p["X"] == 3 else None if p["Y"] is None else p["X"] == 2 * p["Y"],
}
POPULATIONS = {"ALL": "", "A": 'G == "A"', "HIGH": "X >= 2"}
NUMBERS: dict[str, Callable[[dict], Fraction | None]] = {
    "X": lambda p: p["X"],
    "Y": lambda p: p["Y"],
    "X - 2*Y": lambda p: None if p["Y"] is None else p["X"] - 2 * p["Y"],
}
STATISTICS = ("min", "max", "median", "p25", "p75", "mean", "sum")
RULES = ["X == 2*Y or X == 3", "X >= 2*Y", "Y < 0.5 -> X >= 2", "not (Y < 0.5)", 'G == "B" -> X <= 1']
BROKEN: dict[str, Callable[[dict], bool]] = {
    RULES[0]: lambda p: CONDITIONS[RULES[0]](p) is False,
    RULES[1]: lambda p: p["Y"] is not None and p["X"] < 2 * p["Y"],
    RULES[2]: lambda p: p["Y"] == 0 and p["X"] < 2,
    RULES[3]: lambda p: p["Y"] == 0,
    RULES[4]: lambda p: p["G"] == "B" and p["X"] > 1,
}


def value(cohort: list[dict], statistic: str, what: str, where: str) -> Fraction | None:
    """A statistic of a cohort, straight from its definition; quantiles lie at (n + 1) p."""
    members = [p for p in cohort if CONDITIONS[where](p) is True]
    if statistic in ("count", "percent"):
        held = sum(CONDITIONS[what](p) is True for p in members)
        return Fraction(held) if statistic == "count" else Fraction(100 * held, len(members)) if members else None
    values = sorted(x for p in members if (x := NUMBERS[what](p)) is not None)
    if not values:
        return None
    if statistic in ("mean", "sum"):
        return Fraction(sum(values)) / (len(values) if statistic == "mean" else 1)
    if statistic in ("min", "max"):
        return values[0 if statistic == "min" else -1]
    place = (len(values) + 1) * {"p25": Fraction(1, 4), "median": Fraction(1, 2), "p75": Fraction(3, 4)}[statistic]
    place = min(max(place, Fraction(1)), Fraction(len(values)))
    below = values[int(place) - 1]
    above = values[min(int(place), len(values) - 1)]
    return below + (place - int(place)) * (above - below)


def printed(number: Fraction, decimals: int) -> str:
    return f"{float(number):.{decimals}f}"


def stands_for(text: str, number: Fraction | None) -> bool:
    half = Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
    return number is not None and abs(number - Fraction(text)) <= half


def a_record(seed: int) -> Iterator:
    """Claims and rules that a random cohort satisfies, and a question."""
    chance = random.Random(seed)
    cohort = chance.choice(EVERY)
    rules = [rule for rule in chance.sample(RULES, 2) if not any(map(BROKEN[rule], cohort))]
    claims = []
    for _ in range(chance.randint(1, 4)):
        population = chance.choice(list(POPULATIONS))
        statistic = chance.choice([*STATISTICS[:6], "count", "percent"])
        what = chance.choice(list(CONDITIONS)[1:] if statistic in ("count", "percent") else ["X", "Y"])
        found = value(cohort, statistic, what, POPULATIONS[population])
        if found is not None:
            claims.append((population, what, statistic, printed(found, chance.randint(0, 2))))
    statistic = chance.choice([*STATISTICS, "count", "percent"])
    what = chance.choice(list(CONDITIONS)[1:] if statistic in ("count", "percent") else list(NUMBERS))
    return claims, rules, (what, chance.choice(list(CONDITIONS)), statistic)


EVERY = list(cohorts(3))


@pytest.mark.parametrize("seed", range(40))
def test_the_ends_of_a_range_are_proven_and_nothing_nearer(record: Callable[..., Study], seed: int) -> None:
    claims, rules, (what, where, statistic) = a_record(seed)
    fitting = [
        cohort
        for cohort in EVERY
        if not any(BROKEN[rule](p) for rule in rules for p in cohort)
        and all(stands_for(text, value(cohort, s, w, POPULATIONS[who])) for who, w, s, text in claims)
    ]
    assert fitting, "the cohort that the record was made from fits"
    values = [x for cohort in fitting if (x := value(cohort, statistic, what, where)) is not None]
    study = record(3, [f"{who}|{w}|{s}|{text}|" for who, w, s, text in claims], rules)
    asked, little = f"{what}|{where}|{statistic}|", Fraction(1, 100)
    if not values:
        assert outcome(study, asked, "low", "1000") == "proven"
        return
    assert outcome(study, asked, "low", min(values) + little) != "proven"
    assert outcome(study, asked, "high", max(values) - little) != "proven"
    assert outcome(study, asked, "low", min(values)) == "proven"
    assert outcome(study, asked, "high", max(values)) == "proven"
