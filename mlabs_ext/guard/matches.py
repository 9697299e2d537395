"""What detectors hand on, and how they look: in time that grows with the text alone.

A detector finds a sign, which the interpreter does at the speed of memory, and matches a pattern of bounded
length there. No pattern is searched for: one that begins with a repetition would be tried at every character.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlabs_ext.guard.findings import Known
from mlabs_ext.guard.texts import Text

# Signs that a detector looks at in one text. More of them are a finding: nothing is left out in silence.
MOST = 50_000
TOO_MUCH = "too_much"
NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"


@dataclass(frozen=True)
class Match:
    """A place in a text; `name` is that of the variable, home or scheme that the place belongs to."""

    kind: str
    text: Text
    start: int
    end: int
    name: str = ""

    @property
    def value(self) -> str:
        """What stands there."""
        return self.text.text[self.start : self.end]


Detector = Callable[[Text, Known], Iterator[Match]]


class Places:
    """Where a sign stands in a text, at most MOST times; `cut` is whether there are more."""

    def __init__(self, content: str, sign: str):
        self._content, self._sign = content, sign
        self.cut = False

    def __iter__(self) -> Iterator[int]:
        start = self._content.find(self._sign)
        for _ in range(MOST):
            if start < 0:
                return
            yield start
            start = self._content.find(self._sign, start + len(self._sign))
        self.cut = start >= 0


def too_much(text: Text) -> Match:
    """That a text has more signs of something than are looked at."""
    return Match(TOO_MUCH, text, 0, 0)


def stem(content: str, end: int, most: int = 40, letters: str = NAME) -> str:
    """The word that ends before `end`: as far as its letters go, but not farther than `most`."""
    before = content[max(0, end - most) : end]
    return before[len(before.rstrip(letters)) :]


def lower(content: str) -> str:
    """Small letters, each at the place of the large one."""
    return content.replace("\u0130", "I").lower()
