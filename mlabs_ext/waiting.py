"""How long somebody waits for an accelerator: judged, and said, in one way wherever people look."""

from __future__ import annotations

import heapq
from collections.abc import Iterable


def expected(since: Iterable[float], kept: float | None, turns: int, now: float) -> list[float | None]:
    """In how many seconds each of the next `turns` comes; None where there is nothing to judge by.

    `since` is when those who hold one got it, and `kept` for how long people keep one; all in seconds.
    """
    if kept is None:
        return [None] * turns
    # One that is kept longer than most is as likely to be given back soon as any other.
    ends = [max(start + kept, now + kept / 4) for start in since]
    if not ends:
        return [None] * turns
    heapq.heapify(ends)
    waits: list[float | None] = []
    for _ in range(turns):
        waits.append(ends[0] - now)
        heapq.heapreplace(ends, ends[0] + kept)
    return waits


def about(seconds: float) -> str:
    """A span of time in a person's words: `about 10 minutes`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 90:
        return f"about {minutes} minute{'s' if minutes > 1 else ''}"
    return f"about {round(minutes / 60)} hours"


def outlook(seconds: float | None, people: int) -> str:
    """A wait in a person's words: `about 10 minutes; 2 people before you`."""
    before = {0: "nobody", 1: "1 person"}.get(people, f"{people} people")
    span = "how long is not known yet, for nobody gave one back lately" if seconds is None else about(seconds)
    return f"{span}; {before} before you"
