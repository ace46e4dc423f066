"""CTCAE grades of adverse events and laboratory values, or why a grade is not derivable.

A grade is a row of `ctcae_events.csv` or `ctcae_labs.csv`, a rule asked from the highest grade down by the
evaluator of `criteria`. Where a higher grade can't be excluded for want of a record, no grade is given: the
lowest and highest that fit are, and what is missing. The version stands with every grade, since versions 5.0
and 6.0 grade the same record differently. The texts of 6.0 are those of NCI's workbook ctcae-v6.0.xlsx with its
errata of 20 January 2026 (SHA-256 4d7b4fcf...2f440b), whose sheet of mappings has those of 5.0 as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cytopenia.criteria import NormalRanges, answers
from cytopenia.schemas import packaged_rows
from recount.rules import names, parse

VERSION = "5.0"
VERSIONS = ("5.0", "6.0")
NOT_DERIVABLE = "not derivable"

WANTING = {
    "FATAL": "the outcome",
    "LIFE": "whether it was life-threatening",
    "TREATED": "whether it was treated",
    "ROUTE": "the route of treatment",
    "HOSPITAL": "whether it needed hospital",
    "PROMPT": "whether it ended promptly",
    "LIMITS": "what it limited",
    "AVAL": "the value",
    "BASE": "the baseline value",
    "LLN": "the lower limit of normal",
    "ULN": "the upper limit of normal",
}
"""What is not recorded where a rule's column is missing."""


@dataclass(frozen=True)
class Grade:
    """The grades that fit, `low` to `high`, 0 being within limits; None, with the reason, where none fits."""

    low: int | None
    high: int | None
    why: str

    @property
    def single(self) -> int | None:
        """The grade, None where it is not derivable."""
        return self.low if self.low == self.high else None


def _graded(rules: list[Mapping[str, str]], frame: pd.DataFrame, otherwise: int | None) -> list[Grade]:
    """The grade of each row by rules of falling grade; `otherwise` is the grade where no rule holds."""
    parsed = [parse(rule["rule"]) for rule in rules]
    true, possible = answers(parsed, frame)
    wanted = [sorted(names(rule), key=list(WANTING).index) for rule in parsed]
    records = frame.reindex(columns=list(WANTING)).notna().to_dict("records")
    return [
        _grade(rules, list(true[row]), list(possible[row]), wanted, records[row], otherwise)
        for row in range(len(frame))
    ]


def _grade(
    rules: list[Mapping[str, str]],
    true: list[bool],
    possible: list[bool],
    wanted: list[list[str]],
    known: Mapping[object, bool],
    otherwise: int | None,
) -> Grade:
    grades = [int(rule["grade"]) for rule in rules]
    fitting = [k for k, fits in enumerate(possible) if fits]
    if not fitting:
        why = f"{NOT_DERIVABLE}: none of the term's grades fits" if otherwise is None else "within limits"
        return Grade(otherwise, otherwise, why)
    if true[fitting[0]]:
        rule = rules[fitting[0]]
        return Grade(grades[fitting[0]], grades[fitting[0]], rule.get("wording") or rule["rule"])
    sure = next((k for k in fitting if true[k]), None)
    lowest = grades[fitting[-1]] if otherwise is None else otherwise
    low = lowest if sure is None else grades[sure]
    lacking = dict.fromkeys(name for k in fitting for name in wanted[k] if not known[name])
    why = f"{NOT_DERIVABLE}: {' and '.join(WANTING[name] for name in lacking)} not recorded"
    return Grade(low, grades[fitting[0]], why)


# Adverse events ----------------------------------------------------------------------------------

ORAL = r"\b(?:oral(?:ly)?|by mouth|p\.?o\.?|tablets?|capsules?)(?:\b|$)"
INTRAVENOUS = r"\b(?:intravenous(?:ly)?|i\.?v\.?|parenteral(?:ly)?|drip)(?:\b|$)"
PROMPT_DAYS = 1


def facts(adae: pd.DataFrame) -> pd.DataFrame:
    """What the rules of events ask, one row per event: FATAL, LIFE, TREATED, ROUTE, HOSPITAL, PROMPT, LIMITS.

    Missing where the record doesn't say. An event that is not serious was neither fatal nor life-threatening
    nor needed hospital. The route is read in AETREAT, intravenous before oral; prompt is an end, by recovery,
    on the day of the beginning or the next.
    """
    text = adae["AETREAT"].astype("string").str.lower()
    mild, out = adae["AESER"] == "N", adae["AEOUT"]
    lasted = (adae["AEENDY"] - adae["AESTDY"]).astype("float64")
    over = out.isin(["RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE"])
    return pd.DataFrame(
        {
            "FATAL": _told(out == "FATAL", mild | (out.notna() & ~out.isin(["FATAL", "UNKNOWN"]))),
            "LIFE": _told(adae["AESLIFE"] == "Y", mild | (adae["AESLIFE"] == "N")),
            "TREATED": _told(text.notna() & (text != "none"), text == "none"),
            "ROUTE": _route(text),
            "HOSPITAL": _told(text.str.contains("hospital", regex=False), mild),
            "PROMPT": _told(over & (lasted <= PROMPT_DAYS), (lasted > PROMPT_DAYS) | out.str.startswith("NOT")),
            "LIMITS": adae.get("AELIMITS"),
        },
        index=adae.index,
    )


def _told(yes: pd.Series, no: pd.Series) -> pd.Series:
    """Y where `yes`, else N where `no`, else missing."""
    is_yes, is_no = (flag.fillna(False).to_numpy(dtype=bool) for flag in (yes, no))
    choices = np.array([None, "N", "Y"], dtype=object)
    return pd.Series(choices[np.where(is_yes, 2, is_no.astype(int))], index=yes.index, dtype=object)


def _route(text: pd.Series) -> pd.Series:
    oral, vein = (text.str.contains(words).fillna(False).to_numpy(dtype=bool) for words in (ORAL, INTRAVENOUS))
    choices = np.array([None, "ORAL", "INTRAVENOUS"], dtype=object)
    return pd.Series(choices[np.where(vein, 2, oral.astype(int))], index=text.index, dtype=object)


def grade_events(adae: pd.DataFrame, version: str = VERSION) -> pd.DataFrame:
    """ADAE with the grades of its events in a version, one row per event.

    AETOXGR is the grade, missing where not derivable; AETOXGRL and AETOXGRH the lowest and highest that fit;
    GRADEVER the version; GRADEWHY the rule that holds or what is missing.
    """
    asked = facts(adae)
    unknown = Grade(None, None, f"{NOT_DERIVABLE}: the term isn't in our copy of {version_name(version)}")
    found = dict.fromkeys(adae.index, unknown)
    for rules in _rules_by_term(version).values():
        mine = adae.index[adae["AEDECOD"].str.upper().isin(_recorded_as(rules[0])).to_numpy(dtype=bool)]
        found.update(zip(mine, _graded(rules, asked.loc[mine], None), strict=True))
    return _with_grades(adae, list(found.values()), "AETOXGR", version)


def by_version(adae: pd.DataFrame) -> pd.DataFrame:
    """One row per event and version: ADAE with the grade in each, and GRADETERM, the version's own term."""
    parts = [
        grade_events(adae, version).assign(GRADETERM=[term_in(version, str(name)) for name in adae["AEDECOD"]])
        for version in VERSIONS
    ]
    return pd.concat(parts, ignore_index=True)


def version_name(version: str) -> str:
    """`CTCAE v6.0`."""
    return f"CTCAE v{version}"


def term_in(version: str, recorded: str) -> str:
    """The term that a version has for an event recorded under this name; empty where our copy has none.

    >>> term_in("6.0", "Lung infection"), term_in("5.0", "Pneumonia"), term_in("6.0", "Headache")
    ('Pneumonia', 'Lung infection', '')
    """
    named = (term for term, rules in _rules_by_term(version).items() if recorded.upper() in _recorded_as(rules[0]))
    return next(named, "")


def _rules_by_term(version: str) -> dict[str, list[Mapping[str, str]]]:
    by_term: dict[str, list[Mapping[str, str]]] = {}
    for rule in packaged_rows("ctcae_events.csv"):
        if rule["version"] == version:
            by_term.setdefault(rule["term"], []).append(rule)
    return by_term


def _recorded_as(rule: Mapping[str, str]) -> list[str]:
    """The names in capitals under which a term's event may be recorded: its own, and the other version's."""
    return [name.upper() for name in (rule["term"], rule["also"]) if name]


def _with_grades(frame: pd.DataFrame, found: list[Grade], name: str, version: str) -> pd.DataFrame:
    whole = {
        name: [grade.single for grade in found],
        f"{name}L": [grade.low for grade in found],
        f"{name}H": [grade.high for grade in found],
    }
    columns = {key: pd.array(values, dtype="Int64") for key, values in whole.items()}
    return frame.assign(**columns, GRADEVER=version_name(version), GRADEWHY=[grade.why for grade in found])


# Laboratory values -------------------------------------------------------------------------------


def lab_versions(code: str) -> tuple[str, ...]:
    """The CTCAE versions whose limits of a laboratory test are known here."""
    rows = packaged_rows("ctcae_labs.csv")
    return tuple(dict.fromkeys(row["version"] for row in rows if row["LBTESTCD"] == code))


def grade_labs(
    adlb: pd.DataFrame, adsl: pd.DataFrame, version: str = VERSION, ranges: NormalRanges | None = None
) -> pd.DataFrame:
    """The rows of ADLB whose test has limits in the version, with their grades ATOXGR, one row per result.

    Also ATOXGRL, ATOXGRH, GRADEVER and GRADEWHY, as in `grade_events`; grade 0 is within limits. Grades go by
    the value alone. The limits of normal are those of `ranges`: assumed, not printed, and by SEX for
    haemoglobin, ALT and creatinine.
    """
    parts = list(_graded_tests(adlb, adsl, version, ranges or NormalRanges()))
    if not parts:
        return _with_grades(adlb.iloc[:0], [], "ATOXGR", version)
    return pd.concat(parts).sort_index()


def _graded_tests(adlb: pd.DataFrame, adsl: pd.DataFrame, version: str, ranges: NormalRanges) -> Iterator[pd.DataFrame]:
    sex = adsl.set_index("USUBJID")["SEX"]
    for code, limit in _limits(ranges).items():
        rules = [row for row in packaged_rows("ctcae_labs.csv") if (row["LBTESTCD"], row["version"]) == (code, version)]
        mine = adlb[adlb["PARAMCD"] == code]
        if not rules or mine.empty:
            continue
        frame = mine[["AVAL", "BASE"]]
        for name, (men, women) in limit.items():
            by_sex = mine["USUBJID"].map(sex).map({"M": men, "F": women})
            frame = frame.assign(**{name: men if men == women else by_sex})
        yield _with_grades(mine, _graded(list(rules), frame, 0), "ATOXGR", version)


def _limits(ranges: NormalRanges) -> dict[str, dict[str, tuple[float, float]]]:
    """The limits of normal that a test's rules ask for, men's and women's."""
    return {
        "PLAT": {"LLN": (ranges.plt_low, ranges.plt_low)},
        "HGB": {"LLN": (ranges.hb_low_men, ranges.hb_low_women)},
        "NEUT": {"LLN": (ranges.neut_low, ranges.neut_low)},
        "ALT": {"ULN": (ranges.alt_high_men, ranges.alt_high_women)},
        "BILI": {"ULN": (ranges.bili_high, ranges.bili_high)},
        "CREAT": {
            "LLN": (ranges.creat_low_men, ranges.creat_low_women),
            "ULN": (ranges.creat_high_men, ranges.creat_high_women),
        },
    }


def labs_by_version(adlb: pd.DataFrame, adsl: pd.DataFrame, ranges: NormalRanges | None = None) -> pd.DataFrame:
    """One row per result and version: the rows of `grade_labs` of every version, one version after the other."""
    return pd.concat([grade_labs(adlb, adsl, version, ranges) for version in VERSIONS], ignore_index=True)


def shifts(graded: pd.DataFrame) -> pd.DataFrame:
    """One row per version, patient and test: BTOXGR, the grade at baseline, WTOXGR, the worst after day 1.

    A patient without the one or the other has it missing; a grade that is not derivable is left out.
    """
    keys = ["GRADEVER", "USUBJID", "PARAMCD"]
    base = graded[graded["ABLFL"] == "Y"].set_index(keys)["ATOXGR"]
    worst = graded[graded["ADY"] > 1].groupby(keys)["ATOXGR"].max()
    both = pd.DataFrame({"BTOXGR": base, "WTOXGR": worst}).astype("Int64")
    return both.rename_axis(keys).reset_index()


def worst_between(shifts: pd.DataFrame, first: str = VERSIONS[0], second: str = VERSIONS[1]) -> pd.DataFrame:
    """One row per test: PARAMCD, PATIENTS whose worst grade is known in both versions, LOWER, SAME, HIGHER.

    LOWER, SAME and HIGHER count those whose worst grade in the second version is so against the first.
    """
    wide = shifts.pivot(index=["PARAMCD", "USUBJID"], columns="GRADEVER", values="WTOXGR")
    both = wide.reindex(columns=[version_name(first), version_name(second)]).dropna().astype(int)
    change = both.iloc[:, 1] - both.iloc[:, 0]
    found = pd.DataFrame({"PATIENTS": 1, "LOWER": change < 0, "SAME": change == 0, "HIGHER": change > 0})
    return found.astype(int).groupby(level="PARAMCD").sum().reset_index()
