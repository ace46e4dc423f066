from io import BytesIO

import matplotlib
import pandas as pd
import pytest
from great_tables import GT
from matplotlib.figure import Figure
from PIL import Image

from compendium import display


def html(*values: int) -> str:
    return display.table_html(GT(pd.DataFrame({"a": values})))


def test_a_table_has_the_same_id_every_time_and_another_table_another() -> None:
    assert html(1, 2) == html(1, 2)
    ids = [text.split('id="')[1][:9] for text in (html(1, 2), html(2, 1))]
    assert ids[0] != ids[1]
    assert display.PLACEHOLDER not in html(1, 2)


def test_a_table_asks_for_nothing_from_a_network() -> None:
    assert "http" not in html(1) and "@import" not in html(1)


def figure(value: float = 1.0) -> Figure:
    made = Figure(figsize=(2, 1))
    made.subplots().plot([0, value])
    return made


def test_a_picture_is_the_same_every_time_and_names_no_program() -> None:
    data = display.png(figure())
    assert data == display.png(figure())
    assert data != display.png(figure(0.5), resolution=72)
    with Image.open(BytesIO(data)) as image:
        assert "Software" not in image.info


@pytest.mark.parametrize("alt", ["", "a line that rises"])
def test_what_is_shown(monkeypatch: pytest.MonkeyPatch, alt: str) -> None:
    matplotlib.use("agg")
    shown: list[tuple[object, dict]] = []
    monkeypatch.setattr(display, "display", lambda thing, **options: shown.append((thing, options)))
    display.say("**bold**")
    display.say(" \n")
    display.show(GT(pd.DataFrame({"a": [1]})))
    display.picture(figure(), alt)
    assert [type(thing).__name__ for thing, _ in shown] == ["Markdown", "HTML", "Image"]
    assert shown[2][1]["metadata"] == ({"image/png": {"alt": alt}} if alt else None)
