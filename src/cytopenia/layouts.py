"""Which lines each laid-out table has: labels, and the keys of the results that fill them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from cytopenia import style
from cytopenia.patients import Patients
from cytopenia.tables import Item, by_key, count_percent, counts, limits, quartiles, single

Lines = list[tuple[str, Item]]
DIAGNOSES = tuple(style.DIAGNOSES)
RESPONDED = 'in ("CR", "PR")'
N = single("Patients", "", "n")


TABLE_1 = ("SEX", "AGE", "NPRIOR", "DURATION", "CTD", "HB_BL", "PLT_BL")
"""The variables of the paper's Table 1."""


def across(items: Iterable[Item], populations: Sequence[str]) -> Lines:
    """The items for each of the populations."""
    return [(population, item) for population in populations for item in items]


def table_1(patients: Patients) -> list[Item]:
    """The paper's Table 1: sex, age, connective tissue disease, prior drugs, duration, blood counts."""
    ctd = [counts(name, f'CTD == "{name}"') for name in ("UCTD", "SLE", "SS", "APS")]
    patient = [
        counts("Men/women", 'SEX == "M"', 'SEX == "F"'),
        quartiles("AGE", patients.labelled("AGE")),
        quartiles("NPRIOR", patients.labelled("NPRIOR")),
        quartiles("DURATION", patients.labelled("DURATION", "Duration")),
    ]
    blood = [quartiles(name, patients.labelled(name, style.stem(name))) for name in ("HB_BL", "PLT_BL")]
    return [
        *_under("Patients", patient),
        *_under(style.variable("CTD"), ctd),
        *_under("Blood counts at baseline", blood),
    ]


def _under(group: str, items: Iterable[Item]) -> list[Item]:
    return [item.under(group) for item in items]


def who_they_are(patients: Patients) -> Lines:
    """Section 2.1 of the paper: numbers, age, sex, diagnoses, duration, autoantibodies."""
    items = [
        N,
        limits("AGE", patients.labelled("AGE") + ", range"),
        single(patients.labelled("AGE") + ", median", "AGE", "median"),
        counts("Men/women", 'SEX == "M"', 'SEX == "F"'),
        counts("/".join(map(style.population, DIAGNOSES)), *(f'DX == "{name}"' for name in DIAGNOSES)),
        limits("DURATION", patients.labelled("DURATION") + ", range"),
        single(patients.labelled("DURATION") + ", median", "DURATION", "median"),
        counts("With autoantibodies", 'AUTOAB == "Y"'),
    ]
    lines = [("ALL", item) for item in items]
    lines.insert(4, ("MALE", single("Men to women", "", "ratio", "FEMALE")))
    return lines


def ctd(populations: Sequence[str]) -> Lines:
    """Patients with each connective tissue disease in each population."""
    return [
        (population, counts(_sentence(style.level(name)), f'CTD == "{name}"'))
        for population in populations
        for name in ("UCTD", "SLE", "SS", "APS")
    ]


PRIOR = ("PRSTER", "PRIVIG", "PRIMSUP", "PRTPORA", "PRSPLEN")


def prior() -> Lines:
    """Patients who had had each kind of treatment."""
    return [("ALL", counts(style.variable(name), f"{name} >= 1")) for name in PRIOR]


def bars(rows: pd.DataFrame, lines: Lines) -> pd.DataFrame:
    """One row per line with a count, for `figures.counts`: LABEL, COUNT, N (patients of its population)."""
    keyed = by_key(rows)
    found = [(item, keyed.get((population, *item.parts[0]), {})) for population, item in lines]
    told = [(item.label, int(float(str(row["value"]))), int(str(row["n"]))) for item, row in found if row]
    return pd.DataFrame(told, columns=["LABEL", "COUNT", "N"])


def responses() -> Lines:
    """Response at month 1 as the paper tells it."""
    overall = [
        ("ALL", count_percent("CR or PR, of all treated", f"RESP_M1 {RESPONDED}")),
        ("ALL", counts("No response", 'RESP_M1 == "NR"')),
        (
            "NR",
            counts("sITP/AIHA/Evans among them", *(f'DX == "{name}"' for name in ("sITP", "AIHA", "EVANS"))),
        ),
    ]
    diagnoses = [
        ("sITP_RESP", N),
        ("sITP_RESP", count_percent("of them in CR", 'RESP_M1 == "CR"')),
        ("sITP_RESP", count_percent("of them in PR", 'RESP_M1 == "PR"')),
        ("AIHA_RESP", N),
        ("AIHA_RESP", counts("of them in CR/PR", 'RESP_M1 == "CR"', 'RESP_M1 == "PR"')),
    ]
    return [
        *((population, item.under(style.population("ALL"))) for population, item in overall),
        *((population, item.under(style.population(population))) for population, item in diagnoses),
    ]


def blood_counts(patients: Patients) -> Lines:
    """Platelets and haemoglobin before and at month 1, among responders (as printed) and everybody."""
    asked = (("PLT", ("sITP_RESP", "sITP")), ("HB", ("AIHA_RESP", "AIHA")))
    return [
        (
            population,
            item.under(patients.labelled(f"{stem}_BL", f"{style.quantity(stem)}, {_whom(population)}")),
        )
        for stem, populations in asked
        for population in populations
        for item in (N, quartiles(f"{stem}_BL", "Before"), quartiles(f"{stem}_M1", "Month 1"))
    ]


def _whom(population: str) -> str:
    return style.population(population) if population.endswith("_RESP") else f"all {population}"


def onsets(patients: Patients) -> Lines:
    """Time to response among responders, as printed."""
    return [
        (population, item.under(style.population(population)))
        for population, name in (("sITP_RESP", "ONSET_PLT"), ("AIHA_RESP", "ONSET_HB"))
        for item in (N, quartiles(name, patients.labelled(name)))
    ]


def maintenance() -> Lines:
    """Who went on to maintenance, and how it ended."""
    ends = [("CR", "CR"), ("PR", "PR"), ("RELAPSE", "Relapse, left the study")]
    return [
        ("RESP", N.under("Responders at month 1")),
        ("RESP", counts("Went on to maintenance", 'MAINT == "Y"').under("Responders at month 1")),
        ("RESP", counts("Lost to follow-up", 'LOST == "Y"').under("Responders at month 1")),
        ("MAINT", N.under("At the end of maintenance")),
        *(
            ("MAINT", count_percent(label, f'RESP_EOT == "{state}"').under("At the end of maintenance"))
            for state, label in ends
        ),
    ]


def follow_up(patients: Patients) -> Lines:
    """How long the completers were followed, and how they were then."""
    return [
        ("COMPLETER", N),
        ("COMPLETER", limits("FU_MO", patients.labelled("FU_MO") + ", range")),
        ("COMPLETER", single(patients.labelled("FU_MO") + ", median", "FU_MO", "median")),
        ("COMPLETER", counts("In CR", 'RESP_FU == "CR"')),
        ("COMPLETER", counts("IRP in PR", 'DX == "IRP" and RESP_FU == "PR"')),
        ("COMPLETER", counts("AIHA, relapsed", 'DX == "AIHA" and RESP_FU == "RELAPSE"')),
        ("COMPLETER", counts("In CR or PR", f"RESP_FU {RESPONDED}")),
        ("LATE_RELAPSE", single(style.variable("RELAPSE_MO"), "RELAPSE_MO", "value")),
    ]


def single_patients(patients: Patients) -> Lines:
    """What the paper prints of single patients and of the lupus patients."""
    asked = [
        ("IRP", single(patients.labelled("ONSET_PLT"), "ONSET_PLT", "value")),
        ("IRP", single(patients.labelled("ONSET_HB"), "ONSET_HB", "value")),
        ("ALL", counts("Patients", 'ICH == "Y"').under(style.level("ICH"))),
        ("ICH", single(patients.labelled("ONSET_PLT"), "ONSET_PLT", "value")),
        ("ICH", single(patients.labelled("CRDAY_PLT"), "CRDAY_PLT", "value")),
        ("SLE", counts("Lupus improved", 'SLEIMP == "Y"')),
        ("SLE", counts("Relapsed during maintenance", 'RESP_EOT == "RELAPSE"')),
        ("APS", N),
        ("SS", N),
        ("LATE_RELAPSE", single(style.variable("RELAPSE_MO"), "RELAPSE_MO", "value")),
    ]
    return [(population, item.under(_sentence(item.group or style.level(population)))) for population, item in asked]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
