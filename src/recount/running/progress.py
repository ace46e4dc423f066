"""How far a long command is: a line rewritten in place on a terminal, a line now and then in a pipe."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

EVERY = 30.0  # seconds between lines in a pipe


class Teller:
    """Called with a text, shows it on the standard error stream; as a context, leaves a terminal's line empty.

    A pipe gets a line when so many seconds have gone since the last, so that a short run says nothing.
    """

    def __init__(
        self, stream: TextIO | None = None, every: float = EVERY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stream = stream or sys.stderr
        self.every, self.clock = every, clock
        self._last = clock()
        self._open = False

    def __call__(self, text: str) -> None:
        if self.stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{text[:width]}", end="", file=self.stream, flush=True)
            self._open = True
        elif self.clock() - self._last >= self.every:
            print(text, file=self.stream, flush=True)
            self._last = self.clock()

    def __enter__(self) -> Teller:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            print("\r\033[K", end="", file=self.stream, flush=True)
            self._open = False


def pace_text(done: int, total: int, what: str, began_with: int, seconds: float) -> str:
    """How many of how many, the rate of those done in these seconds, and the time that the rest takes at that rate.

    >>> pace_text(40, 100, "cohorts", 10, 20.0)
    '40 of 100 cohorts, 1.5 a second, 40 s left'
    >>> pace_text(10, 1000, "cohorts", 10, 0.1)
    '10 of 1,000 cohorts'
    """
    text = f"{done:,} of {total:,} {what}"
    if done <= began_with or seconds <= 0:
        return text
    rate = (done - began_with) / seconds
    speed = f"{rate:.1f} a second" if rate >= 1 else f"{1 / rate:.1f} s each"
    return f"{text}, {speed}, {duration((total - done) / rate)} left"


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(40), duration(600), duration(7500)
    ('40 s', '10 min', '2 h 5 min')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
