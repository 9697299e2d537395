"""Where the cells of a merged notebook stand: as in mine, and what they added or moved as in theirs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from mlabs_ext.notebook_diff import similar
from mlabs_ext.service.cell_matching import Cells, matched, said
from mlabs_ext.service.cell_merge import Entry


def entries(base: Cells, mine: Cells, theirs: Cells) -> list[Entry]:
    """All cells of the three, in the order of the merged notebook."""
    in_mine, in_theirs = matched(base, mine), matched(base, theirs)
    known = [Entry(n, in_mine.get(n), in_theirs.get(n)) for n in range(len(base))]
    new_mine = [j for j in range(len(mine)) if j not in set(in_mine.values())]
    new_theirs = [k for k in range(len(theirs)) if k not in set(in_theirs.values())]
    both = added_twice(mine, theirs, new_mine, new_theirs)
    added = [Entry(None, j, both.get(j)) for j in new_mine]
    added += [Entry(None, None, k) for k in new_theirs if k not in set(both.values())]
    return ordered([*known, *added])


def added_twice(mine: Cells, theirs: Cells, new_mine: list[int], new_theirs: list[int]) -> dict[int, int]:
    """Which new cell of mine is which of theirs: those alone that say the same, or began as one."""
    found = matched([mine[j] for j in new_mine], [theirs[k] for k in new_theirs])
    pairs = {new_mine[j]: new_theirs[k] for j, k in found.items()}
    return {j: k for j, k in pairs.items() if began_as_one(mine[j], theirs[k])}


def began_as_one(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two new cells are one: by what they say, or by an id that no two people get by chance."""
    return said(a) == said(b) or (a.get("id") == b.get("id") and bool(a.get("id")) and similar(a, b))


def ordered(every: Sequence[Entry]) -> list[Entry]:
    """Mine's order. What is new in theirs, what only they moved, and what mine has not, stands after what it
    stands after there.
    """
    mine, theirs = along(every, lambda entry: entry.mine), along(every, lambda entry: entry.theirs)
    mine_moved = movers(mine)
    moved = movers(theirs) - mine_moved
    loose = {entry for entry in theirs if entry.mine is None or entry in moved}
    made = [entry for entry in mine if entry not in loose]
    last: Entry | None = None
    stays: Entry | None = None
    for entry in theirs:
        if entry in loose:
            # What moved does not follow where mine took its neighbour; what is new belongs to that.
            made.insert(after(made, stays if entry in moved else last), entry)
        last = entry
        stays = stays if entry in mine_moved else entry
    return made


def after(made: list[Entry], anchor: Entry | None) -> int:
    """The place after the anchor, and after what only mine added there."""
    at = made.index(anchor) + 1 if anchor is not None else 0
    while at < len(made) and made[at].base is None and made[at].theirs is None:
        at += 1
    return at


def along(every: Sequence[Entry], place: Callable[[Entry], int | None]) -> list[Entry]:
    """The entries that one side has, in its order."""
    placed = [(at, entry) for entry in every if (at := place(entry)) is not None]
    return [entry for _, entry in sorted(placed, key=lambda pair: pair[0])]


def movers(side: Sequence[Entry]) -> set[Entry]:
    """The fewest entries without which the rest stands as in the base."""
    return {entry for entry in side if entry.base is not None} - set(rising(side))


def rising(side: Sequence[Entry]) -> list[Entry]:
    """A longest part whose places in the base rise."""
    placed = [(entry, entry.base) for entry in side if entry.base is not None]
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for n, (_, place) in enumerate(placed):
        at = bisect_left(ends, place)
        ends[at : at + 1], last[at : at + 1] = [place], [n]
        before.append(last[at - 1] if at else None)
    found, here = [], last[-1] if last else None
    while here is not None:
        found.append(placed[here][0])
        here = before[here]
    return found
