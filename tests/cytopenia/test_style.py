"""Colours keep apart in grey and for the colour-blind; numbers and captions read as they should."""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from cytopenia import style

# Viénot, Brettel & Mollon 1999 (Color Res Appl 24:243), linear RGB: what remains of each colour
PROTANOPIA = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
DEUTERANOPIA = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])
SCALES = ["RESPONSES", "DIAGNOSES", "TIMES", "ORIGINS", "VERDICTS"]


def linear(colour: str) -> np.ndarray:
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lightness(rgb: np.ndarray) -> float:
    return 116 * np.cbrt(max(float(rgb @ [0.2126, 0.7152, 0.0722]), 0.0)) - 16


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("eye", [np.eye(3), PROTANOPIA, DEUTERANOPIA], ids=["normal", "protan", "deutan"])
def test_colours_of_a_scale_differ_in_lightness_for_every_eye(scale: str, eye: np.ndarray) -> None:
    seen = {name: lightness(eye @ linear(colour)) for name, colour in getattr(style, scale).items()}
    close = [(a, b) for a, b in combinations(seen, 2) if abs(seen[a] - seen[b]) < 8]
    assert not close, (seen, close)


def test_every_diagnosis_has_a_colour_a_marker_and_words() -> None:
    assert set(style.DIAGNOSES) == set(style.MARKERS)
    assert all(style.level(name) != name for name in [*style.DIAGNOSES, *style.RESPONSES])
    assert len(set(style.MARKERS.values())) == len(style.MARKERS)


@pytest.mark.parametrize(
    "value, decimals, text",
    [
        (0.125, 2, "0.13"),  # half away from zero, where Python's round gives 0.12
        (2.675, 2, "2.68"),  # as written, not as the float 2.67499...
        (16.65, 1, "16.7"),
        (-1.25, 1, "−1.3"),
        (-0.04, 1, "0.0"),  # no minus nought
        (5.0, None, "5"),
        (12.10, None, "12.1"),
        (100, None, "100"),
        (0.1 + 0.2, None, "0.3"),  # no float noise
        (Fraction(2, 3), 3, "0.667"),
        (Decimal("5.10"), 2, "5.10"),
        ("12.5", 0, "13"),
        (np.float64(51.5), None, "51.5"),
        (np.int64(24), None, "24"),
        (None, 1, "–"),
        (float("nan"), 1, "–"),
        ("", None, "–"),
    ],
)
def test_number(value: object, decimals: int | None, text: str) -> None:
    assert style.number(value, decimals) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "p, text", [(0.0004, "<0.001"), (0.0005, "0.001"), (0.7005, "0.701"), (1, "1.000"), (None, "–")]
)
def test_p_value(p: float | None, text: str) -> None:
    assert style.p_value(p) == text


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: style.proportion(18, 24), "18/24 (75.0%)"),
        (lambda: style.proportion(1, 3), "1/3 (33.3%)"),
        (lambda: style.proportion(0, 0), "0/0"),
        (lambda: style.quartiles(5, 3, 6.75), "5.0 (3.0, 6.8)"),
        (lambda: style.between(53.29, 90.23, 1), "53.3 to 90.2"),
        (lambda: style.plural(1, "patient"), "1 patient"),
        (lambda: style.plural(0, "patient"), "0 patients"),
        (lambda: style.plural(2, "diagnosis", "diagnoses"), "2 diagnoses"),
        (lambda: style.listing([]), "none"),
        (lambda: style.listing(["a"]), "a"),
        (lambda: style.listing(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_phrases(call: object, text: str) -> None:
    assert call() == text  # type: ignore[operator]


@pytest.mark.parametrize(
    "name, text",
    [
        ("PLT_M1", "Platelets, month 1"),
        ("CD19_EOT", "CD19⁺ B cells, end of maintenance"),
        ("DURATION", "Disease duration"),
        ("HGB", "Haemoglobin"),
        ("AE_UTI", "Urinary tract infection"),
        ("FERRITIN_BL", "FERRITIN_BL"),
    ],
)
def test_variable(name: str, text: str) -> None:
    assert style.variable(name) == text


@pytest.mark.parametrize(
    "shown, text",
    [("10^9/L", "10⁹/L"), ("g/L", "g/L"), ("", ""), (None, ""), (float("nan"), "")],
)
def test_unit(shown: object, text: str) -> None:
    assert style.unit(shown) == text


def test_a_caption_names_assumed_values_and_keeps_quiet_over_observed_ones() -> None:
    note = style.origin_note(["assumed", "constrained", "assumed", "determined"])
    assert note.startswith(style.RECONSTRUCTED)
    assert "2 are assumed" in note and "1 is bounded" in note and "of 4 values" in note
    assert note.endswith("This rests on assumed values.")
    assert "rests on" not in style.origin_note(["constrained"])
    assert style.origin_note(None) == style.origin_note([]) == ""
    assert style.caption("a.", "", "b.") == "a. b."
