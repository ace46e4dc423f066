"""Statistics of pairs, shares, rates, quantiles and tables against what R says of them (tests/oracles/r_values.R)."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cytopenia.assumptions import independence, shapiro_power, sign_flip_p, skewness
from cytopenia.effect_sizes import change_score, rank_biserial, standardised_mean_change
from cytopenia.inference import (
    Proportion,
    Rate,
    differences,
    hodges_lehmann,
    holm,
    paired_t,
    shapiro,
    signed_rank,
    upper_bound_when_none,
)
from cytopenia.summaries import quantile

ORACLES = Path(__file__).parents[1] / "oracles"
PAIRS = pd.read_csv(ORACLES / "paired_data.csv")
R_VALUES = pd.read_csv(ORACLES / "r_values.csv", dtype={"at": str, "expected": str})


def of_pairs(dataset: str) -> dict[str, float]:
    """Every statistic of a paired data set that R computed, by its name there."""
    mine = PAIRS[PAIRS["dataset"] == dataset]
    before, after = mine["before"].to_numpy(), mine["after"].to_numpy()
    change = differences(before, after)
    rank, shift, test = signed_rank(change), hodges_lehmann(change), paired_t(change)
    sizes = {
        "rank_biserial": rank_biserial(change),
        "smcr": standardised_mean_change(before, after),
        "smcc": change_score(change),
    }
    found = {"z": rank.z, "p_asymptotic": rank.p_asymptotic, "p_exact": rank.p_exact, "w_plus": rank.w_plus}
    found |= {"shift": shift.estimate, "shift_low": shift.low, "shift_high": shift.high}
    found |= {"t_statistic": test.t, "t_p.value": test.p, "t_low": test.low, "t_high": test.high}
    found |= dict(zip(("shapiro_w", "shapiro_p"), shapiro(change), strict=True))
    for name, size in sizes.items():
        found |= {name: size.estimate, f"{name}_low": size.low, f"{name}_high": size.high}
    return found | {"p_signs": sign_flip_p(change), "skewness": skewness(change)[0]}


def of_share(dataset: str) -> dict[str, float]:
    """The two intervals of a share, "share 18 24"."""
    k, n = map(int, dataset.split()[1:])
    methods = {"exact": "clopper-pearson", "wilson": "wilson"}
    bands = {name: Proportion(k, n).interval(method) for name, method in methods.items()}
    return {f"{name}_{end}": getattr(band, end) for name, band in bands.items() for end in ("low", "high")}


P_VALUES = [0.6, 0.0017, 0.753, 0.002, 0.0017, 0.206, 0.065, 0.162]


def found_for(row: dict[str, str]) -> float:
    dataset, statistic = row["dataset"], row["statistic"]
    if dataset.startswith("share"):
        return of_share(dataset)[statistic]
    if dataset == "squares":
        return skewness(np.array([-2, -1, 0, 1, 2, 3] * 4) ** 2)[1]
    if dataset.startswith("none of"):
        return upper_bound_when_none(int(dataset.split()[-1]))
    if dataset.startswith("rate"):
        events, time = dataset.split()[1:]
        return float(getattr(Rate(int(events), float(time)).interval(), statistic.removeprefix("rate_")))
    if dataset == "thirteen, after":
        return quantile(PAIRS.loc[PAIRS["dataset"] == "thirteen", "after"], float(row["at"]), statistic)
    if dataset == "holm":
        return holm(P_VALUES)[int(row["at"]) - 1]
    if dataset.startswith("table"):
        counts = [[int(cell) for cell in line.split()] for line in dataset.removeprefix("table ").split(";")]
        return float(getattr(independence(pd.DataFrame(counts)), statistic))
    return of_pairs(dataset)[statistic]


def is_no_curve(row: dict[str, str]) -> bool:
    return not row["statistic"].startswith(("km_", "reverse_", "incidence"))


@pytest.mark.parametrize(
    "row",
    [row for row in R_VALUES.to_dict("records") if is_no_curve(row)],
    ids=lambda row: f"{row['dataset']}: {row['statistic']} {row['at']}",
)
def test_a_statistic_is_rs(row: dict[str, str]) -> None:
    assert found_for(row) == pytest.approx(float(row["expected"]), rel=2e-6, abs=1e-9), row["origin"]


def test_the_power_of_shapiro_and_wilks_test_is_near_that_of_other_draws() -> None:
    """Fewer values tell less, and another seed tells nearly the same."""
    few, more = shapiro_power(8), shapiro_power(20)
    assert few < more
    assert shapiro_power(13) == shapiro_power(13)
    assert shapiro_power(13) == pytest.approx(shapiro_power(13, seed=2), abs=3 * math.sqrt(0.5 / 2000))
    assert math.isnan(shapiro_power(2))
