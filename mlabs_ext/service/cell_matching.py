"""Which cell of one notebook is which of another, wherever it stands: by id and by what it says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from mlabs_ext.notebook_diff import similar, text

Cells = Sequence[dict[str, Any]]
Pairs = dict[int, int]
# Cells that are looked at for one that is similar: a notebook that was written anew has none.
NEAR = 30


def matched(a: Cells, b: Cells) -> Pairs:
    """Places in `a` with those of the same cells in `b`, the surest first.

    Ids alone are not believed: some tools number cells anew whenever they write them, and before nbformat 4.5
    there were none. They count where the cell says the same, or something similar, or nothing else is left.
    """
    pairs: Pairs = {}
    _by_id(a, b, pairs, lambda old, new: said(old) == said(new))
    _by_words(a, b, pairs)
    _by_id(a, b, pairs, similar)
    _by_place(a, b, pairs)
    _by_id(a, b, pairs, lambda old, new: True)
    return pairs


def said(cell: dict[str, Any]) -> tuple[str, str]:
    """What a cell is and says."""
    return cell["cell_type"], text(cell)


def _rest(a: Cells, b: Cells, pairs: Pairs) -> tuple[list[int], list[int]]:
    taken = set(pairs.values())
    return [i for i in range(len(a)) if i not in pairs], [j for j in range(len(b)) if j not in taken]


def _by_id(a: Cells, b: Cells, pairs: Pairs, same: Callable[[Any, Any], bool]) -> None:
    old, new = _rest(a, b, pairs)
    ids = {b[j].get("id"): j for j in new}
    for i in old:
        j = ids.get(a[i].get("id") or ())
        if j is not None and same(a[i], b[j]):
            pairs[i] = j


def _by_words(a: Cells, b: Cells, pairs: Pairs) -> None:
    """Those that say the very same in the same order, then those that alone say it; an empty cell is like
    any other.
    """
    rest = _rest(a, b, pairs)
    old, new = ([n for n in some if text(side[n]).strip()] for side, some in zip((a, b), rest, strict=True))
    keys = [said(a[i]) for i in old], [said(b[j]) for j in new]
    for i, j, size in SequenceMatcher(None, *keys, autojunk=False).get_matching_blocks():
        pairs.update(zip(old[i : i + size], new[j : j + size], strict=True))
    left, right = (_single(side, some) for side, some in zip((a, b), _rest(a, b, pairs), strict=True))
    pairs.update((i, right[words]) for words, i in left.items() if words in right)


def _single(cells: Cells, places: list[int]) -> dict[tuple[str, str], int]:
    """The places of cells that say what no other of them says."""
    counts = Counter(said(cells[n]) for n in places)
    return {said(cells[n]): n for n in places if counts[said(cells[n])] == 1 and text(cells[n]).strip()}


def _by_place(a: Cells, b: Cells, pairs: Pairs) -> None:
    """Those that are similar after, or else before, the same neighbour."""
    for step in (1, -1):
        old, new = _rest(a, b, pairs)
        groups: dict[int, list[int]] = defaultdict(list)
        for j, neighbour in _neighbours(new, set(pairs.values()), len(b), step):
            groups[neighbour].append(j)
        for i, neighbour in _neighbours(old, set(pairs), len(a), step):
            near = groups[pairs.get(neighbour, neighbour)]
            found = next((j for j in near[:NEAR] if similar(a[i], b[j])), None)
            if found is not None:
                pairs[i] = found
                near.remove(found)


def _neighbours(rest: list[int], known: set[int], length: int, step: int) -> Iterable[tuple[int, int]]:
    """Each of the rest with the last known place before it, by steps of 1 or -1; -1 for none."""
    last, wanted = -1, set(rest)
    for n in range(length)[::step]:
        if n in known:
            last = n
        elif n in wanted:
            yield n, last
