"""The line that something was found in, with all that is secret in it masked."""

from __future__ import annotations

from mlabs_ext.guard.kinds import KINDS
from mlabs_ext.guard.literals import line_around
from mlabs_ext.guard.matches import Match

BEFORE, AFTER = 48, 72
DOTS = "••••••"


def masked(value: str) -> str:
    """The ends of a long secret, to know it by; nothing of a short one but its first letter."""
    flat = " ".join(value.split())
    if len(flat) >= 20:
        return f"{flat[:4]}{DOTS}{flat[-2:]}"
    return f"{flat[:1]}{DOTS}"


def excerpt(match: Match, secrets: list[Match]) -> str:
    """The line of a match, cut; `secrets` are the matches in the same text that are to be masked."""
    text = match.text.text
    start, end = line_around(text, match.start, match.end)
    start, end = max(start, match.start - BEFORE), min(end, match.end + AFTER)
    pieces, place = [], start
    for other in secrets:
        if other.end <= start or other.start >= end:
            continue
        pieces += [text[place : max(other.start, place)], masked(other.value)]
        place = max(place, other.end)
    pieces.append(text[place : max(end, place)])
    flat = " ".join("".join(pieces).split())
    return flat if len(flat) <= 200 else f"{flat[:199]}…"


def line_of(match: Match) -> int:
    """The line of a match, from 1."""
    return match.text.text.count("\n", 0, match.start) + 1


def is_secret(match: Match) -> bool:
    """Whether a match is to be masked."""
    return KINDS[match.kind].severity == "secret"
