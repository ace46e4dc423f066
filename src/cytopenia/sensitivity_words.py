"""The sentences that read how far the findings move with the criteria."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from cytopenia import style
from cytopenia.criteria import RESPONDED
from cytopenia.patients import Patients
from cytopenia.rule_sets import readable
from cytopenia.sensitivity import (
    BY_ID,
    DEFAULT,
    Scored,
    askable_conclusions,
    only,
    patients_to_change,
    read_conclusions,
    unrefuted,
)
from recount.results import is_proven

DRAWN = "Rests on readings between the landmarks, whose days and values are drawn; print has none."


def drawn(patients: Patients) -> str:
    """The caption of what rests on readings between landmarks; empty for observed patients."""
    return f"{style.RECONSTRUCTED}. {DRAWN}" if len(patients.origins) else ""


def not_asked(asked: Iterable[str], kept: Iterable[str]) -> str:
    """The sentence that says which specifications weren't asked; empty where all were."""
    left = [readable(one) for one in asked if one not in set(kept)]
    return f"Not asked, for want of a record of treatments or doses: {style.listing(left)}." if left else ""


def rate(found: pd.DataFrame, default: str = DEFAULT) -> str:
    """The sentences that read how the number in response moves over the specifications, one switch at a time."""
    mine = only(found, "responders").set_index("SPEC")
    same = int((mine["VALUE"] == mine.loc[default, "VALUE"]).sum()) - 1
    others = style.plural(len(mine) - 1, "other reading")
    told = f"{_share(mine, default)} were in response by {readable(default)}; {same} of {others} give the same number."
    return f"{told} {_further(mine, default)}"


def _share(mine: pd.DataFrame, spec: str) -> str:
    return style.proportion(int(mine["VALUE"][spec]), int(mine["N"][spec]))


def _further(mine: pd.DataFrame, default: str) -> str:
    """The sentence that says which specifications give the fewest and the most, where others than the default do."""
    value = mine["VALUE"]
    least, most = str(value.idxmin()), str(value.idxmax())
    if value[least] == value[most]:
        return "None gives another."
    below, above = value[least] < value[default], value[most] > value[default]
    fewest = f"The fewest are {_share(mine, least)} by {readable(least)}" if below else "None gives fewer"
    highest = f"the most {_share(mine, most)} by {readable(most)}" if above else "none gives more"
    return f"{fewest}; {highest}."


def curve(found: pd.DataFrame) -> str:
    """The sentences that read a specification curve."""
    low, high = found["estimate"].min(), found["estimate"].max()
    above = int((found["low"] > 0.5).sum())
    return (
        f"Over {len(found)} combinations the share in response goes from {style.percent(low)} to "
        f"{style.percent(high)}; in {above} of them its exact interval lies above one half. Combinations aren't "
        "chances: how many give a number says nothing of which is right."
    )


def changed(found: pd.DataFrame) -> str:
    """The sentence that says how many patients' response hangs on the reading."""
    if found.empty:
        return "No patient's response at month 1 hangs on the reading."
    count = found["USUBJID"].nunique()
    lost = found[found["RESP"].isin(RESPONDED) & (found["INSTEAD"] == "NR")]["USUBJID"].nunique()
    unsure = found[found["INSTEAD"] == "NE"]["USUBJID"].nunique()
    told = f"{style.plural(count, 'patient')} would be told another response by some reading, {lost} of them none"
    return f"{told}; of {unsure} it couldn't be told for want of a reading." if unsure else f"{told}."


def onset(found: pd.DataFrame, default: str = DEFAULT) -> str:
    """The sentence that reads how the median times to response move."""
    told = []
    for outcome in ("onset_plt", "onset_hb"):
        value = only(found, outcome).set_index("SPEC")["VALUE"].dropna()
        if default in value.index:
            label, low, high = BY_ID[outcome].label, value.min(), value.max()
            ends = f"always {style.number(low)}" if low == high else f"from {style.number(low)} to {style.number(high)}"
            now = f"{style.number(value[default])} by {readable(default)}"
            told.append(f"{label[:1].lower()}{label[1:]} {now}, {ends} over all")
    return f"In days: {'; '.join(told)}." if told else "Nobody of this cohort has a time to response."


def relapse(found: pd.DataFrame, default: str = DEFAULT) -> str:
    """The sentences that read how many lose their response, and why a second reading can leave that open."""
    mine = only(found, "relapsed").set_index("SPEC")
    return (
        f"{_share(mine, default)} by {readable(default)}. {_further(mine, default)} "
        "Where a loss has to be confirmed, a patient who left at the first sign of it isn't counted."
    )


def landmarks(held: pd.DataFrame) -> str:
    """The sentences that read response landmarks."""
    told = []
    for name, mine in held.groupby("LANDMARK", sort=False):
        read = mine[mine["AVALC"] != "NE"]
        told.append(f"{str(name).lower()} {int((read['AVALC'] == 'Y').sum())} of {len(read)}")
    count = style.plural(held["USUBJID"].nunique(), "patient")
    return (
        f"Of {count} judged by platelets, among those with a reading: {style.listing(told)}. Who left for want of a "
        "response, or was lost, has no later reading and is in none of the later numbers."
    )


def spread(found: pd.DataFrame, default: str = DEFAULT) -> str:
    """The sentence that reads how far the response moves between readings and between cohorts."""
    mine = found[found["OUTCOME"] == "responders"].set_index("SPEC")
    here, low, high = mine.loc[default], mine["LOW"].min(), mine["HIGH"].max()
    same = f"always {here['LOW']:.0f}" if here["LOW"] == here["HIGH"] else f"{here['LOW']:.0f} to {here['HIGH']:.0f}"
    return (
        f"By {readable(default)} the responders are {same} over {int(here['COHORTS'])} cohorts; over all readings and "
        f"cohorts they go from {low:.0f} to {high:.0f}."
    )


def proven(ranges: pd.DataFrame, n: int) -> str:
    """The sentence that reads the ranges of the response that are proven at both ends, the lowest and the highest."""
    mine = only(ranges, "responders")
    sure = mine[mine["PROOF"].map(is_proven)].set_index("SPEC")
    if sure.empty:
        return "No range of the response at month 1 is proven at both ends."
    ends = dict.fromkeys((str(sure["LOW"].idxmin()), str(sure["HIGH"].idxmax())))
    told = [f"{sure['LOW'][spec]:.0f} to {sure['HIGH'][spec]:.0f} by {readable(spec)}" for spec in ends]
    return f"Whoever the {n} patients were, in response at month 1 were {style.listing(told)}."


def conclusions(judged: pd.DataFrame) -> str:
    """The sentence that says which conclusions no reading refutes."""
    held = judged.groupby("ID", sort=False)["HOLDS"].agg(unrefuted)
    every = [one.conclusion for one in read_conclusions() if held.get(one.id, False)]
    told = f" ({'; '.join(text[:1].lower() + text[1:] for text in every)})" if every else ""
    return f"{len(every)} of {style.plural(len(held), 'conclusion')} hold under every reading that can tell{told}."


def fragile(scored: Scored, printed: Mapping[str, float]) -> str:
    """The sentence that says how many conclusions a single patient would turn."""
    counts = [patients_to_change(scored, one, printed) for one in askable_conclusions(printed)]
    most = max((count for count in counts if count), default=0)
    return (
        f"A single patient would turn {counts.count(1)} of {style.plural(len(counts), 'conclusion')}; none would take "
        f"more than {style.plural(most, 'patient')}."
    )
