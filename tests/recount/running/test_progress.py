"""What a terminal and a pipe see of a long command."""

from __future__ import annotations

import io

import pytest

from recount.running.progress import Teller, duration, pace_text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_one_line_that_is_empty_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    with Teller(stream) as say:
        say("one")
        say("a text longer than the line is")
    assert stream.getvalue() == "\r\033[Kone\r\033[Ka text longer than \r\033[K"


def test_a_pipe_gets_a_line_now_and_then_and_none_at_once() -> None:
    now = [0.0]
    stream = io.StringIO()
    with Teller(stream, every=30.0, clock=lambda: now[0]) as say:
        for second in range(0, 95, 5):
            now[0] = float(second)
            say(f"at {second}")
    assert stream.getvalue() == "at 30\nat 60\nat 90\n"


PACES = [
    ((0, 100, "cohorts", 0, 5.0), "0 of 100 cohorts"),
    ((10, 100, "cohorts", 0, 20.0), "10 of 100 cohorts, 2.0 s each, 3 min left"),
    ((100, 100, "cohorts", 60, 20.0), "100 of 100 cohorts, 2.0 a second, 0 s left"),
    ((60, 1000, "claims", 60, 20.0), "60 of 1,000 claims"),  # those of before tell no rate
]


@pytest.mark.parametrize(("arguments", "text"), PACES)
def test_the_rate_is_of_what_this_run_did(arguments: tuple[int, int, str, int, float], text: str) -> None:
    assert pace_text(*arguments) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (99, "99 s"), (100, "2 min"), (5940, "99 min"), (6000, "1 h 40 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
