"""Merges three states of a text, line by line: what only one side changed is taken from that side."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import NamedTuple


class Hunk(NamedTuple):
    """The lines of the base from `start` until before `end` were replaced by `lines`."""

    start: int
    end: int
    lines: list[str]

    def meets(self, other: Hunk) -> bool:
        """Whether both changed the same lines, or neighbours: nobody can tell what is meant there."""
        return self.start <= other.end and other.start <= self.end


def merged(base: str, ours: str, theirs: str) -> str | None:
    """The text with the changes of both sides; None where they changed the same lines differently."""
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    old = base.split("\n")
    mine, other = hunks(old, ours.split("\n")), hunks(old, theirs.split("\n"))
    fresh = [hunk for hunk in other if hunk not in mine]
    if any(hunk.meets(one) for hunk in fresh for one in mine):
        return None
    return applied(old, sorted([*mine, *fresh]))


def hunks(old: list[str], new: list[str]) -> list[Hunk]:
    """What takes the one to the other."""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [Hunk(a0, a1, new[b0:b1]) for kind, a0, a1, b0, b1 in codes if kind != "equal"]


def applied(old: list[str], changes: list[Hunk]) -> str:
    """The lines with changes, in order, that do not meet."""
    made: list[str] = []
    at = 0
    for hunk in changes:
        made += old[at : hunk.start] + hunk.lines
        at = hunk.end
    return "\n".join(made + old[at:])
