"""What a check is, and what it may find."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlabs_ext.doctor.here import Here

FINE, WARNING, FAULT, SKIPPED = "fine", "warning", "fault", "skipped"


@dataclass(frozen=True)
class Found:
    """Something that is wrong: a `fault` has to be mended, a `warning` should be known."""

    level: str
    words: str


def fault(words: str) -> Found:
    """What has to be mended."""
    return Found(FAULT, words)


def warning(words: str) -> Found:
    """What should be known."""
    return Found(WARNING, words)


class NotHere(Exception):
    """A check that says nothing about this installation, and why."""


@dataclass(frozen=True)
class Check:
    """One thing to look at: `look` gives what is wrong with it, `advice` says what to do then."""

    id: str
    title: str
    look: Callable[[Here], Iterable[Found]]
    advice: str


@dataclass
class Result:
    """What came of a check; `why` says why it was left out where it was."""

    check: Check
    found: list[Found] = field(default_factory=list)
    why: str = ""

    @property
    def status(self) -> str:
        """`fine`, `warning`, `fault` or `skipped`."""
        levels = {one.level for one in self.found}
        worst = next((level for level in (FAULT, WARNING) if level in levels), FINE)
        return SKIPPED if self.why else worst


def carry_out(check: Check, here: Here) -> Result:
    """Look at one thing."""
    try:
        return Result(check, list(check.look(here)))
    except NotHere as reason:
        return Result(check, why=str(reason))
    # What is broken breaks in ways that nobody thought of: that is found too, and the others still look.
    except Exception as error:
        words = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
        return Result(check, [fault(f"It could not be looked at. {words}")])
