"""Printed records of other papers, in tests/studies: each is read, and its published answer is worked out again.

Published people are judged by the verifier, the rest is enumerated without a solver; the last section holds what
`recount` says against that. `expected.csv` of a record has one expectation a row; tests/studies/README.md says what its
kinds mean.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from math import ceil, floor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from recount.audit.leave_one_out import audit
from recount.audit.questions import answer, put
from recount.audit.range import Range
from recount.audit.session import Session
from recount.checks.rank_tests import distances, p_to_z
from recount.reconstruct import reference_cohort, reference_solution
from recount.record.printed import Printed
from recount.record.schema import Claim, Study
from recount.record.study import read_study
from recount.results.verdicts import CONTRADICTED, JUDGED, TRUNCATED
from recount.verify.verifier import shown_value, verify

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "studies"
TEMPLATE = ROOT / "data" / "raw" / "studies" / "template"
STUDIES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
RATINGS = [name for name in STUDIES if name.startswith("pizza_") and name != "pizza_counts"]
KINDS = {"verdict", "conflict", "fewest", "range", "ledger_range", "solutions", "patients", "rank_sums"}
Expected = dict[str, str]


def study_of(name: str) -> Study:
    return read_study(FOLDER / name)


def expected_of(name: str, *kinds: str) -> list[Expected]:
    with (FOLDER / name / "expected.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if not kinds or row["kind"] in kinds]


def claims_of(name: str) -> dict[str, Claim]:
    return {claim.id: claim for claim in study_of(name).claims}


# --- every record -----------------------------------------------------------------------------------------


def test_there_are_records_of_at_least_five_sources() -> None:
    assert len(STUDIES) >= 5
    assert len({name.split("_")[0] for name in STUDIES}) >= 5


@pytest.mark.parametrize("name", STUDIES)
def test_a_record_is_read_and_names_its_source_and_the_published_answer(name: str) -> None:
    assert study_of(name).claims
    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert all(part in text for part in ("**Source.**", "**What is printed.**", "**The published answer.**"))


@pytest.mark.parametrize("name", STUDIES)
def test_expectations_are_of_known_kinds_about_things_of_the_record_and_name_their_origin(name: str) -> None:
    study, rows = study_of(name), expected_of(name)
    ids = {claim.id for claim in study.claims} | {rule.id for rule in study.rules}
    assert rows and list(rows[0]) == ["kind", "what", "expected", "origin"]
    for row in rows:
        assert row["kind"] in KINDS and row["origin"]
        if row["kind"] == "range":
            assert row["what"].split(";")[2] in study.populations
        else:
            assert {id for id in row["what"].split("|") if id} <= ids
        if row["kind"] == "verdict":
            assert set(row["expected"].split("|")) <= set(JUDGED)
    assert len({(row["kind"], row["what"]) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", STUDIES)
def test_every_claim_but_the_number_of_patients_has_an_expected_verdict(name: str) -> None:
    study = study_of(name)
    everybody = {c.id for c in study.claims if c.statistic == "n" and study.where_of(c.population) is None}
    judged = {row["what"] for row in expected_of(name, "verdict")}
    assert judged == {claim.id for claim in study.claims} - everybody


@pytest.mark.parametrize("name", STUDIES)
def test_verdicts_conflicts_and_the_published_people_agree_with_each_other(name: str) -> None:
    doubted = {r["what"] for r in expected_of(name, "verdict") if r["expected"] in (CONTRADICTED, TRUNCATED)}
    rules = {rule.id for rule in study_of(name).rules}
    members = {id for row in expected_of(name, "conflict") for id in row["what"].split("|")} - rules
    assert doubted == members
    assert not (doubted and (FOLDER / name / "answer.csv").exists())


@pytest.mark.parametrize("name", [name for name in STUDIES if (FOLDER / name / "answer.csv").exists()])
def test_the_published_people_satisfy_every_claim_and_rule(name: str) -> None:
    people = pd.read_csv(FOLDER / name / "answer.csv", dtype=str, keep_default_na=False)
    assert verify(study_of(name), people).broken["id"].tolist() == []


# --- a census block: every block that satisfies the table -------------------------------------------------

Person = tuple[int, str, str, str]  # age, sex, race, marital status; "?" where not settled yet
OLDEST, HALVES = 125, np.array(list(itertools.product([False, True], repeat=7)))
GROUPS = {
    "ALL": lambda age, sex, race, marital: True,
    "FEMALE": lambda age, sex, race, marital: sex == "F",
    "MALE": lambda age, sex, race, marital: sex == "M",
    "BLACK": lambda age, sex, race, marital: race == "B",
    "WHITE": lambda age, sex, race, marital: race == "W",
    "SINGLE_ADULT": lambda age, sex, race, marital: marital == "S" and age >= 18,
    "MARRIED_ADULT": lambda age, sex, race, marital: marital == "M" and age >= 18,
    "BLACK_FEMALE": lambda age, sex, race, marital: race == "B" and sex == "F",
    "BLACK_MALE": lambda age, sex, race, marital: race == "B" and sex == "M",
    "WHITE_MALE": lambda age, sex, race, marital: race == "W" and sex == "M",
    "WHITE_FEMALE": lambda age, sex, race, marital: race == "W" and sex == "F",
    "UNDER_5": lambda age, sex, race, marital: age < 5,
    "UNDER_18": lambda age, sex, race, marital: age < 18,
    "FROM_64": lambda age, sex, race, marital: age >= 64,
}
BY_SEX, BY_RACE, BY_MARITAL = ("FEMALE", "MALE"), ("BLACK", "WHITE"), ("MARRIED_ADULT", "SINGLE_ADULT")
Imposed = dict[tuple[str, str], Printed]  # (group, statistic): what is printed


def median(ages: list[int]) -> Fraction:
    """The middle age or halfway between the middle two."""
    ages = sorted(ages)
    return Fraction(ages[(len(ages) - 1) // 2] + ages[len(ages) // 2], 2)


def satisfied(imposed: Imposed, groups: set[str], people: list[Person]) -> bool:
    """Whether what is printed of these groups is so of the people."""
    for (group, statistic), printed in imposed.items():
        if group not in groups:
            continue
        ages = [person[0] for person in people if GROUPS[group](*person)]
        if statistic == "n":
            value: Fraction | None = Fraction(len(ages))
        else:
            value = (median(ages) if statistic == "median" else Fraction(sum(ages), len(ages))) if ages else None
        if value is None or not printed.contains(value):
            return False
    return True


def sums(imposed: Imposed, group: str) -> range:
    """The sums of ages with the printed mean of a group of the printed size."""
    size, mean = int(imposed[group, "n"].value), imposed[group, "mean"]
    return range(ceil(mean.low * size), floor(mean.high * size) + 1)


def ages_of(imposed: Imposed, group: str) -> list[tuple[int, ...]]:
    """Every sorted tuple of ages of a group with printed size (3 or 4), median and mean."""
    size, printed = int(imposed[group, "n"].value), imposed[group, "median"]
    middles = [m for m in range(2 * OLDEST + 1) if printed.contains(Fraction(m, 2))]
    if size == 3:
        pairs = [(m // 2,) for m in middles if m % 2 == 0]
    else:
        pairs = [(b, m - b) for m in middles for b in range(max(0, m - OLDEST), m // 2 + 1)]
    found = [(a, *p, total - a - sum(p)) for p in pairs for a in range(p[0] + 1) for total in sums(imposed, group)]
    return [ages for ages in found if ages[-2] <= ages[-1] <= OLDEST]


def halves(imposed: Imposed, groups: tuple[str, str], ages: np.ndarray) -> np.ndarray:
    """Which way of halving each row of seven ages gives both groups their printed size and mean."""
    allowed = np.ones((len(ages), len(HALVES)), dtype=bool)
    for group, half in zip(groups, (HALVES, ~HALVES), strict=True):
        if {(group, "n"), (group, "mean")} <= set(imposed):
            size, within = int(imposed[group, "n"].value), sums(imposed, group)
            allowed &= (half.sum(axis=1) == size) & np.isin(ages @ half.T.astype(int), list(within))
    return np.argwhere(allowed)


def blocks(without: str) -> set[str]:
    """Every block, as in "8FBS 18MWS ...", that satisfies the table without these claims."""
    claims = [c for c in claims_of("census_block").values() if c.id not in without.split("|")]
    imposed = {(c.population, c.statistic): c.printed for c in claims}
    by_sex = all((group, kind) in imposed for group in BY_SEX for kind in ("n", "median", "mean"))
    first, second = (BY_SEX, BY_RACE) if by_sex else (BY_RACE, BY_SEX)
    sides = [ages_of(imposed, group) for group in first]
    alone = {"ALL", "UNDER_5", "UNDER_18", "FROM_64"}
    pairs = [a + b for a, b in itertools.product(*sides)]
    rows = [r for r in pairs if satisfied(imposed, alone, [(age, "?", "?", "?") for age in r])]
    crossed = set(GROUPS) - {*BY_MARITAL, *alone, *first}  # the others hold already
    found: set[str] = set()
    for k, half in halves(imposed, second, np.array(rows)):
        one = ["".join(first)[0]] * len(sides[0][0]) + [first[1][0]] * len(sides[1][0])
        two = [second[0][0] if chosen else second[1][0] for chosen in HALVES[half]]
        sex, race = (one, two) if by_sex else (two, one)
        people = list(zip(rows[k], sex, race, "???????", strict=True))
        if satisfied(imposed, crossed, people):
            found |= married(imposed, people)
    return found


def married(imposed: Imposed, people: list[Person]) -> set[str]:
    """The block with every marital status that satisfies the table and its note, that the married are 15 at least."""
    found = set()
    for half in HALVES:
        block = [(*person[:3], "M" if m else "S") for person, m in zip(people, half, strict=True)]
        young = any(person[3] == "M" and person[0] < 15 for person in block)
        if not young and satisfied(imposed, set(BY_MARITAL), block):
            found.add(" ".join(f"{a}{s}{r}{m}" for a, s, r, m in sorted(block)))
    return found


blocks_without = cache(blocks)


@pytest.mark.parametrize("row", expected_of("census_block", "solutions"), ids=lambda row: row["what"] or "nothing")
def test_so_many_blocks_satisfy_the_table_without_these_claims(row: Expected) -> None:
    assert len(blocks_without(row["what"])) == int(row["expected"])


@pytest.mark.parametrize("row", expected_of("census_block", "patients"), ids=lambda row: row["what"] or "nothing")
def test_the_published_blocks_are_those_that_satisfy_the_table(row: Expected) -> None:
    assert blocks_without(row["what"]) == set(row["expected"].split("|"))


def printed_by(claim: Claim, block: str) -> bool:
    """Whether a block prints the claim."""
    people = [(int(word[:-3]), *word[-3:]) for word in block.split()]
    return satisfied({(claim.population, claim.statistic): claim.printed}, {claim.population}, people)


@pytest.mark.parametrize("row", expected_of("census_block", "verdict"), ids=lambda row: row["what"])
def test_a_claim_of_the_table_follows_where_every_block_without_it_prints_it(row: Expected) -> None:
    claim = claims_of("census_block")[row["what"]]
    prints = [printed_by(claim, block) for block in blocks_without(claim.id)]
    assert any(prints)
    assert all(prints) == (row["expected"] == "follows")


# --- means and standard deviations of whole numbers: every sum and sum of squares -------------------------


@cache
def totals(size: int, low: int, high: int) -> frozenset[tuple[int, int]]:
    """Every (sum, sum of squares) of so many whole numbers from low to high."""
    found = {(0, 0)}
    for _ in range(size):
        found = {(total + x, squares + x * x) for total, squares in found for x in range(low, high + 1)}
    return frozenset(found)


def unit(printed: Printed) -> Fraction:
    """One unit of the printed number's last place."""
    return 2 * (printed.high - printed.value)


def variance_of(size: int, total: int, squares: int) -> Fraction:
    return (squares - Fraction(total**2, size)) / (size - 1)


def mean_prints(printed: Printed, size: int, total: int, cut: bool = False) -> bool:
    """Whether a sum's mean is printed so, rounded to the nearest or cut."""
    value = Fraction(total, size)
    return printed.value <= value < printed.value + unit(printed) if cut else printed.contains(value)


def sd_prints(printed: Printed, variance: Fraction, cut: bool = False) -> bool:
    """Whether the root of a variance is printed so, rounded to the nearest or cut; compared as squares."""
    if cut:
        return printed.value**2 <= variance < (printed.value + unit(printed)) ** 2
    return printed.low**2 <= variance <= printed.high**2


def of_mean(claim: Claim, size: int, pairs: frozenset[tuple[int, int]]) -> set[str]:
    """The verdicts that a mean by itself may have."""
    if any(mean_prints(claim.printed, size, total) for total, _ in pairs):
        return {"attainable"}
    cut = any(mean_prints(claim.printed, size, total, cut=True) for total, _ in pairs)
    return {"attainable by truncation" if cut else "contradicted"}


def of_both(mean: Claim, sd: Claim, size: int, pairs: frozenset[tuple[int, int]]) -> tuple[set[str], set[str]]:
    """The verdicts that a mean and an SD beside it may have: both contradicted where they only clash together."""
    alone = any(sd_prints(sd.printed, variance_of(size, *pair)) for pair in pairs)
    of_the_mean, of_the_sd = of_mean(mean, size, pairs), {"attainable"} if alone else {"contradicted"}
    beside = [variance_of(size, *pair) for pair in pairs if mean_prints(mean.printed, size, pair[0])]
    if not beside or any(sd_prints(sd.printed, variance) for variance in beside):
        return of_the_mean, of_the_sd
    cut = any(sd_prints(sd.printed, variance, cut=True) for variance in beside)
    if alone:
        of_the_mean = {"contradicted"}
    return of_the_mean, {"attainable by truncation" if cut else "contradicted"}


def found_verdicts(name: str) -> dict[str, set[str]]:
    """The verdicts that each mean and SD of a record of ratings may have, from all sums and sums of squares."""
    study = study_of(name)
    size = next(int(c.printed.value) for c in study.claims if c.statistic == "n")
    by = {(c.variable, c.statistic): c for c in study.claims}
    found: dict[str, set[str]] = {}
    for variable in study.variables.values():
        pairs = totals(size, int(variable.low or 0), int(variable.high or 0))
        mean, sd = by[variable.name, "mean"], by.get((variable.name, "sd"))
        if sd is None:
            found[mean.id] = of_mean(mean, size, pairs)
        else:
            found[mean.id], found[sd.id] = of_both(mean, sd, size, pairs)
    return found


@pytest.mark.parametrize("name", ["grim_28", *RATINGS])
def test_means_and_deviations_of_whole_numbers_are_possible_or_not_as_published(name: str) -> None:
    expected = {row["what"]: set(row["expected"].split("|")) for row in expected_of(name, "verdict")}
    assert found_verdicts(name) == expected


def test_ten_means_and_eight_deviations_of_the_thirty_cells_are_impossible() -> None:
    conflicts = [row["what"] for name in RATINGS for row in expected_of(name, "conflict")]
    means = [what for what in conflicts if "SD" not in what]
    assert (len(means), len(conflicts) - len(means)) == (10, 8)


@pytest.mark.parametrize("name", ["grim_28", *RATINGS])
def test_each_impossible_cell_takes_one_statement_set_aside(name: str) -> None:
    assert int(expected_of(name, "fewest")[0]["expected"]) == len(expected_of(name, "conflict"))


# --- counts of diners: every subset of the statements -----------------------------------------------------


def counts_hold(statements: frozenset[str], printed: dict[str, int]) -> bool:
    """Whether 95 diners can be so: for each price the sum of its cells at least, and at most with the rule."""
    least, most = [], []
    for price in "48":
        cells = [f"N_{price}_{k}" for k in "123"]
        total = sum(printed[cell] for cell in cells if cell in statements)
        closed = "one_to_three" in statements and set(cells) <= statements
        said = printed[f"N_{price}"] if f"N_{price}" in statements else None
        low, high = max(total, said or 0), min(total if closed else 10**6, said if said is not None else 10**6)
        if low > high:
            return False
        least.append(low)
        most.append(high)
    return sum(least) <= printed["TOTAL"] <= sum(most)


def test_the_counts_have_these_minimal_conflicts_and_no_others() -> None:
    printed = {id: int(claim.printed.value) for id, claim in claims_of("pizza_counts").items()}
    statements = sorted({*printed, "one_to_three"} - {"TOTAL"})
    every = [frozenset(s) for k in range(len(statements) + 1) for s in itertools.combinations(statements, k)]
    wrong = {s for s in every if not counts_hold(s, printed)}
    minimal = {s for s in wrong if not any(s - {one} in wrong for one in s)}
    assert minimal == {frozenset(row["what"].split("|")) for row in expected_of("pizza_counts", "conflict")}
    fewest = min(len(statements) - len(s) for s in set(every) - wrong)
    assert fewest == int(expected_of("pizza_counts", "fewest")[0]["expected"])


# --- before and after -------------------------------------------------------------------------------------


def test_a_change_cannot_vary_less_than_its_two_sides_differ() -> None:
    claims = claims_of("magnesium_placebo")
    before, after, change = (claims[id].printed for id in ("SD_BASELINE", "SD_END", "SD_CHANGE"))
    assert after.low - before.high > change.high
    implied = (before.value**2 + after.value**2 - change.value**2) / (2 * before.value * after.value)
    assert round(float(implied), 2) == 1.27  # the correlation in the published comment


def test_the_printed_p_of_the_change_needs_another_deviation() -> None:
    claims = claims_of("magnesium_placebo")
    size, mean, sd, p = (claims[id].printed for id in ("N", "MEAN_CHANGE", "SD_CHANGE", "P"))
    least = float(mean.low / sd.high) * float(size.value) ** 0.5
    assert 2 * stats.t.sf(least, int(size.value) - 1) < float(p.low)
    before, after = (claims[id].printed for id in ("SD_BASELINE", "SD_END"))
    needed = float(mean.value) * float(size.value) ** 0.5 / stats.t.isf(float(p.value) / 2, int(size.value) - 1)
    assert float(after.value - before.value) < needed < float(after.value + before.value)


def sleepers() -> Iterator[tuple[int, int, int]]:
    """Sums (first drug, second drug) and sums of squared differences, in tenths of an hour, near the published."""
    yield from itertools.product(range(70, 81), range(228, 239), range(3700, 4001))


SLEEP = ("MEAN_1", "MEAN_2", "MEAN_CHANGE", "SD_CHANGE", "T", "P")
SLEEP_PRINTED = {id: claim.printed for id, claim in claims_of("student_sleep").items()}


@cache
def sleep_values() -> list[dict[str, Fraction | float]]:
    """The six statistics of the record for each of the sums; a whole sum of squares has the parity of its sum."""
    found: list[dict[str, Fraction | float]] = []
    for first, second, squares in sleepers():
        change = second - first
        if (squares - change) % 2 == 0 and squares * 10 > change**2:
            sd = float(squares - Fraction(change**2, 10)) ** 0.5 / 3
            t = change / 10**0.5 / sd
            values = (Fraction(first, 100), Fraction(second, 100), Fraction(change, 100), sd / 10, t)
            found.append(dict(zip(SLEEP, (*values, 2 * stats.t.sf(t, 9)), strict=True)))
    return found


def sleeps(id: str, values: dict[str, Fraction | float]) -> bool:
    """Whether the sums print this claim of the record."""
    printed = SLEEP_PRINTED[id]
    return float(printed.low) <= values[id] <= float(printed.high)


@pytest.mark.parametrize("left_out", SLEEP)
def test_each_mean_t_p_and_the_deviation_of_the_change_follow_from_the_rest(left_out: str) -> None:
    left = [v for v in sleep_values() if all(sleeps(id, v) for id in SLEEP if id != left_out)]
    assert left
    assert all(sleeps(left_out, v) for v in left)
    assert [r["expected"] for r in expected_of("student_sleep", "verdict") if r["what"] == left_out] == ["follows"]


# --- signed ranks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", expected_of("depression_scale", "rank_sums"), ids=lambda row: row["what"])
def test_the_printed_z_or_p_of_nine_untied_differences_names_the_published_rank_sum(row: Expected) -> None:
    printed = claims_of("depression_scale")[row["what"]].printed
    within = distances(9, 0, p_to_z(printed) if row["what"] == "P" else printed)
    found = {w for w in range(46) if abs(4 * w - 90) in within}
    assert found == {int(w) for w in row["expected"].split("|")}


def test_the_exact_p_of_the_published_rank_sum_is_the_one_stated() -> None:
    as_extreme = sum(abs(2 * sum(s) - 45) >= 35 for k in range(10) for s in itertools.combinations(range(1, 10), k))
    assert claims_of("depression_scale")["P_EXACT"].printed.contains(Fraction(as_extreme, 2**9))


# --- the template for a paper of one's own ----------------------------------------------------------------


def test_the_template_is_a_valid_record_that_somebody_satisfies() -> None:
    study = read_study(TEMPLATE)
    people = pd.read_csv(TEMPLATE / "example_rows.csv", dtype=str, keep_default_na=False)
    assert verify(study, people).broken["id"].tolist() == []


@pytest.mark.parametrize("file", ["variables.csv", "claims.csv", "rules.csv"])
def test_the_page_on_a_paper_of_ones_own_shows_rows_of_the_census_block(file: str) -> None:
    whole = (FOLDER / "census_block" / file).read_text(encoding="utf-8").splitlines()
    page = (ROOT / "docs" / "your-own-paper.md").read_text(encoding="utf-8")
    shown = list(csv.DictReader(page.split(whole[0])[1].split("```")[0].strip().splitlines(), whole[0].split(",")))
    kept = list(csv.DictReader(whole))
    assert shown
    for row in shown:
        row.pop("description")
        assert row in [{k: v for k, v in other.items() if k != "description"} for other in kept]


# --- what `recount` says of them: audit, conflicts and range against expected.csv -------------------------


@cache
def ledger_of(name: str) -> pd.DataFrame:
    """The ledger of a record by claim, each end of a range given half a second."""
    return audit(study_of(name), workers=0, limit=0.5).ledger.set_index("id")


@pytest.mark.parametrize("name", STUDIES)
def test_every_claim_has_the_published_verdict(name: str) -> None:
    expected = {row["what"]: row["expected"].split("|") for row in expected_of(name, "verdict")}
    found = ledger_of(name)["verdict"].to_dict()
    assert {id: verdict for id, verdict in found.items() if id in expected and verdict not in expected[id]} == {}


def told(found: Range) -> str:
    """A proven range as in expected.csv."""
    assert found.proven and found.low.reached is not None and found.high.reached is not None
    return f"{shown_value(found.low.reached)}..{shown_value(found.high.reached)}"


@pytest.mark.parametrize("name", [name for name in STUDIES if expected_of(name, "ledger_range")])
def test_the_rest_allows_the_published_range(name: str) -> None:
    for row in expected_of(name, "ledger_range"):
        found = ledger_of(name).loc[row["what"]]
        assert (f"{found['low']}..{found['high']}", found["proof"]) == (row["expected"], "proven")


@pytest.mark.parametrize("name", [name for name in STUDIES if expected_of(name, "range")])
def test_a_question_has_the_published_range(name: str) -> None:
    study = study_of(name)
    session = Session(reference_cohort(reference_solution(study)))
    for row in expected_of(name, "range"):
        kind, expression, population = row["what"].split(";")
        asked = put(study, expression, population, kind)
        found = answer(session, asked)
        assert told(found) == row["expected"], row["what"]
