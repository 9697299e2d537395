"""Shows how far long work is: a bar that moves on a terminal, a line for each tenth elsewhere."""

from __future__ import annotations

import sys
from typing import TextIO

WIDTH = 24


class Progress:
    """The progress of one thing after another, on `out`."""

    def __init__(self, out: TextIO = sys.stderr):
        self.out, self.moving = out, out.isatty()
        self.title, self.shown = "", -1

    def begin(self, title: str) -> None:
        """The next thing."""
        self.title, self.shown = title, -1

    def report(self, message: str, percent: int) -> None:
        """How far it is."""
        if self.moving:
            done = WIDTH * percent // 100
            bar = "█" * done + "·" * (WIDTH - done)
            self.out.write(f"\r\x1b[K{self.title:14} {bar} {percent:3d} %  {message[:60]}")
        elif percent // 10 > self.shown:
            self.shown = percent // 10
            self.out.write(f"{self.title}: {percent} % {message}\n")
        self.out.flush()

    def end(self, message: str) -> None:
        """What came of it."""
        self.out.write(
            f"{chr(13)}\x1b[K{self.title:14} {message}\n" if self.moving else f"{self.title}: {message}\n"
        )
        self.out.flush()
