"""The figure of IgG draws every patient's values and the last before an infection."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from cytopenia import figures_safety


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def points(ax: Axes, gid: str) -> list[tuple[float, float]]:
    (line,) = [line for line in ax.lines if line.get_gid() == gid]
    return list(zip(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), strict=True))


def test_igg_is_drawn_where_it_is_known() -> None:
    found = pd.DataFrame(
        {
            "USUBJID": ["a", "b", "c"],
            "BASE": [8.0, np.nan, np.nan],
            "LOWEST": [6.0, 9.0, np.nan],
            "LAST": [7.5, 9.0, np.nan],
            "BEFORE": [6.0, np.nan, np.nan],
        }
    )
    ax = figures_safety.igg(found, 7)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]  # nothing is known of c
    known = {name: [point for point in points(ax, name) if not np.isnan(point[0])] for name in found.columns[1:]}
    assert known == {
        "BASE": [(8.0, 0)],
        "LOWEST": [(6.0, 0), (9.0, 1)],
        "LAST": [(7.5, 0), (9.0, 1)],
        "BEFORE": [(6.0, 0)],
    }
    assert points(ax, "limit")[0][0] == 7
