"""Which definitions print quartiles, against every sample on a small grid, and the paper's own quartiles."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import combinations_with_replacement
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recount.checks.quantile_fits import quartile_fits
from recount.checks.quantiles import DEFINITIONS, quantile
from recount.checks.rows import check_rows
from recount.record.faults import Faults
from recount.record.printed import ROUNDINGS, Printed, rounded
from recount.record.study import read_study

PAPER = Path(__file__).parents[3] / "data" / "raw" / "paper"
QUARTERS = [Fraction(k, 4) for k in (1, 2, 3)]
NAMES = ("p25", "median", "p75")
GRID = {1: 20, 2: 20, 3: 14, 4: 8, 5: 6, 6: 5}  # the values of the samples of n are 0 to this
MIDDLE, SPREAD, WIDE = 13, 2, 28  # without limits: quartiles from MIDDLE, so far apart; values from 0 to WIDE, as the
# farthest value is x[3] of hf4, four times as far from x[2] as the upper quartile
SLOW = settings(derandomize=True, deadline=None, max_examples=40)


@lru_cache
def samples(n: int, definition: str, high: int) -> frozenset[tuple[Fraction, ...]]:
    """The quartiles, the least and the greatest value of every sorted sample of n whole numbers, the obvious way."""
    return frozenset(
        (*(quantile(xs, p, definition) for p in QUARTERS), Fraction(xs[0]), Fraction(xs[-1]))
        for xs in combinations_with_replacement(range(high + 1), n)
    )


def brute(n: int, texts: list[str | None], high: int) -> Iterator[tuple[str, str | None]]:
    """Every (definition, rounding) that prints the texts from a sample; rounding None: within half a unit."""
    printed = [None if text is None else Printed(text) for text in texts]
    for definition in DEFINITIONS:
        for how in (None, *ROUNDINGS):
            if any(all(map(prints, printed, found, [how] * 5)) for found in samples(n, definition, high)):
                yield definition, how


def prints(printed: Printed | None, x: Fraction, how: str | None) -> bool:
    if printed is None:
        return True
    return printed.contains(x) if how is None else rounded(x, printed.decimals, how) == printed.value


@st.composite
def tables(draw: st.DrawFn, most: int = 6, least: int = 0, greatest: int | None = None) -> tuple[int, list[str | None]]:
    """An n and printed quartiles: of a sample, or moved a little and of nothing in particular."""
    n = draw(st.integers(1, most))
    xs = draw(st.lists(st.integers(least, GRID[n] if greatest is None else greatest), min_size=n, max_size=n))
    definition, how, decimals = draw(st.sampled_from(DEFINITIONS)), draw(st.sampled_from(ROUNDINGS)), draw(DECIMALS)
    values = [*(quantile(xs, p, definition) for p in QUARTERS), Fraction(min(xs)), Fraction(max(xs))]
    values[0] += draw(st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(-1, 3)]))
    texts = [f"{float(rounded(x, decimals, how)):.{decimals}f}" for x in values]
    kept = draw(st.lists(st.booleans(), min_size=5, max_size=5).filter(lambda kept: any(kept[:3])))
    return n, [text if keep else None for text, keep in zip(texts, kept, strict=True)]


DECIMALS = st.integers(0, 2)


def found(n: int, texts: list[str | None], **limits: int) -> set[tuple[str, str | None]]:
    fits = quartile_fits(n, 1, *texts, **limits)
    assert fits.holds == bool(fits.definitions)
    by = {(definition, how) for definition, roundings in fits.roundings.items() for how in roundings}
    return by | {(definition, None) for definition in fits.definitions}


@SLOW
@given(tables())
def test_a_definition_is_named_if_and_only_if_some_sample_prints_the_quartiles(case) -> None:
    n, texts = case
    assert found(n, texts, low=0, high=GRID[n]) == set(brute(n, texts, GRID[n]))


@settings(SLOW, max_examples=10)
@given(tables(most=3, least=MIDDLE, greatest=MIDDLE + SPREAD))
def test_without_limits_a_sample_is_found_wherever_it_lies(case) -> None:
    n, texts = case
    assert found(n, texts) == set(brute(n, texts, WIDE))


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("step", ["0.01", "0.5", "1", "7"])
def test_a_sample_of_many_is_explained_by_its_own_definition(definition: str, step: str) -> None:
    for n in (7, 8, 13, 24, 57):
        xs = [Fraction(step) * ((37 * k * k + 11 * k) % 211 - 60) for k in range(n)]
        texts = [f"{float(rounded(quantile(xs, p, definition), 3, 'half-up')):.3f}" for p in QUARTERS]
        assert definition in quartile_fits(n, step, *texts).definitions


CASES = [  # n, step, quartiles, limits: which of hf6 and hf7 print them
    (4, "1", ("1.25", "2.50", "3.75"), {}, {"hf6", "hf7"}),  # by hf7 from -1, 2, 3, 6
    (4, "1", ("1.25", "2.50", "3.75"), {"low": 0, "high": 5}, {"hf6"}),
    (4, "1", ("1.75", "2.50", "3.25"), {}, {"hf7"}),
    (5, "1", ("2", "3", "4"), {}, {"hf6", "hf7"}),
    (5, "1", ("2.5", "3", "4"), {}, {"hf6"}),
    (5, "2", ("2", "3", "4"), {}, set()),  # the median is one of the values, which are even
    (5, "1", ("4", "3", "5"), {}, set()),  # out of order
    (1, "1", ("5", "5", "5"), {}, {"hf6", "hf7"}),
    (1, "1", ("5", "5", "6"), {}, set()),
    (1, "0.5", ("5.5", "5.5", "5.5"), {"high": 5}, set()),
    (2, "1", ("1.0", "1.5", "2.0"), {}, {"hf6"}),
    (2, "1", ("1.25", "1.5", "1.75"), {}, {"hf7"}),
    (2, "4", ("1", "2", "3"), {}, {"hf7"}),
]


@pytest.mark.parametrize(("n", "step", "texts", "limits", "expected"), CASES)
def test_cases(n: int, step: str, texts: tuple[str, ...], limits: dict[str, int], expected: set[str]) -> None:
    assert {"hf6", "hf7"} & set(quartile_fits(n, step, *texts, **limits).definitions) == expected


def test_the_least_and_the_greatest_value_count() -> None:
    assert "hf6" in quartile_fits(4, 1, "1.25", "2.50", "3.75", min=1, max=4).definitions
    assert "hf6" not in quartile_fits(4, 1, "1.25", "2.50", "3.75", min=0).definitions
    assert "hf6" not in quartile_fits(4, 1, "1.25", "2.50", "3.75", max=5).definitions


def test_an_exact_half_tells_roundings_apart() -> None:
    fits = quartile_fits(12, 1, p75="16.7", low=0, high=1000)
    assert fits.roundings["hf6"] == ("half-down", "truncate")
    assert fits.roundings["hf1"] == ()
    assert quartile_fits(12, 1, p75="16.8").roundings["hf6"] == ("half-up", "half-even")
    assert quartile_fits(2, 1, median="2.9", low=0, high=9).holds is False


BAD = [
    ((0, 1, "1"), "whole number above nought"),
    ((4, 0, "1"), "step is above nought"),
    ((4, 1, "<5"), "plain number"),
    ((4, 1, "1:5"), "plain number"),
    ((4, 1, "x"), "digits"),
    ((4, 1), "at least one"),
    ((4, "0.0001", "1", "1000000"), "steps apart"),
    ((4, 1, "9" * 20), "from nought"),
    ((4, 1, "1", None, None, None, None, 5, 2), "limit"),
]


@pytest.mark.parametrize(("given", "rule"), BAD)
def test_what_makes_no_sense_is_refused(given: tuple, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        quartile_fits(*given)


def test_every_bad_row_of_a_table_is_named() -> None:
    table = pd.DataFrame({"n": [5, 0, 4], "median": ["3", "3", "three"]})
    with pytest.raises(Faults) as caught:
        check_rows(quartile_fits, table)
    assert [fault.row for fault in caught.value.faults] == [3, 4]


def test_a_table_keeps_its_index_and_its_other_columns() -> None:
    table = pd.DataFrame({"name": ["a", "b"], "n": [4, 5], "median": ["2.5", None], "p25": [None, "2"]}, index=[7, 9])
    result = check_rows(quartile_fits, table)
    assert result.index.tolist() == [7, 9]
    assert result["name"].tolist() == ["a", "b"]
    assert result["definitions"].tolist() == [
        quartile_fits(4, median="2.5").definitions,
        quartile_fits(5, p25="2").definitions,
    ]


def paper_quartiles() -> pd.DataFrame:
    """The paper's quartiles, one row per population and variable, from its record."""
    study = read_study(PAPER)
    sizes = {c.population: c.printed.text for c in study.claims if c.statistic == "n"}
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for claim in study.claims:
        if claim.statistic in NAMES:
            rows.setdefault((claim.population, claim.variable), {})[claim.statistic] = claim.printed.text
    table = [{"population": p, "variable": v, "n": sizes[p], **texts} for (p, v), texts in rows.items()]
    for row in table:
        variable = study.variables[row["variable"]]
        row.update(step=variable.step, low=variable.low, high=variable.high)
    return pd.DataFrame(table).dropna(subset=["p25", "p75"]).reset_index(drop=True)


def test_one_definition_explains_all_of_the_papers_quartiles_and_only_by_rounding_halves_down() -> None:
    table = paper_quartiles()
    found = check_rows(quartile_fits, table)
    fitting = {name: [name in names for names in found["definitions"]] for name in DEFINITIONS}
    assert [name for name, fits in fitting.items() if all(fits)] == ["haverage", "hf6"]
    assert set(ROUNDINGS).intersection(*(each["hf6"] for each in found["roundings"])) == {"half-down", "truncate"}
    assert sum(fitting["hf8"]) == len(table) - 3
    missed = table[[not fits for fits in fitting["hf9"]]]
    assert missed[["population", "variable"]].values.tolist() == [["AIHA_RESP", "ONSET_HB"], ["sITP", "PLT_BL"]]
