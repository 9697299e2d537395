"""What reading and cleaning a notebook changes in it: noted for whoever asks, and said in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

# A hostile notebook may have a field for each of its bytes.
MAX_KINDS = 200
MAX_WHAT = 60
WORDS = {
    "format": ("It was in format {what}, and is now in 4.5.",) * 2,
    "ids_made": ("A cell had no id, and got one.", "{count} cells had no id, and got one each."),
    "ids_twice": (
        "A cell had the id of another one, and got its own.",
        "{count} cells had ids of others, and got their own.",
    ),
    "ids_unusable": (
        "The id of a cell was none that cells may have.",
        "The ids of {count} cells were none that cells may have.",
    ),
    "dropped": (
        "`{what}` is no part of the format in its place, or was empty, and is gone.",
        "`{what}` is no part of the format in its {count} places, or was empty there, and is gone.",
    ),
    "completed": (
        "`{what}` was missing, and was filled in.",
        "`{what}` was missing {count} times, and was filled in.",
    ),
    "rewritten": (
        "`{what}` was not written as the format asks, and now is.",
        "`{what}` was {count} times not written as the format asks, and now is.",
    ),
    "private": (
        "Private metadata was taken off: `{what}`.",
        "Private metadata was taken off: `{what}`, {count} times.",
    ),
}


class Change(Struct, frozen=True, order=True):
    """A kind of change, what it is about where there are several, and how often it was made."""

    kind: str
    what: str
    count: int

    @property
    def text(self) -> str:
        """The change as a sentence; code in it is in backticks."""
        return WORDS[self.kind][self.count > 1].format(what=self.what, count=self.count)


_noting: ContextVar[Counter[tuple[str, str]] | None] = ContextVar("noting", default=None)


@contextmanager
def noted() -> Iterator[list[Change]]:
    """Fill a list, at the end of the block, with what was changed in it, in the order of first times."""
    found: list[Change] = []
    counter: Counter[tuple[str, str]] = Counter()
    token = _noting.set(counter)
    try:
        yield found
    finally:
        _noting.reset(token)
    found += [Change(kind, what, count) for (kind, what), count in counter.items()]


def note(kind: str, what: str = "") -> None:
    """Note a change, if anybody asks."""
    counter = _noting.get()
    if counter is not None and len(counter) < MAX_KINDS:
        counter[kind, str(what)[:MAX_WHAT]] += 1
