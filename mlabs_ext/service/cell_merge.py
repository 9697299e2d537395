"""Merges one cell of three notebooks, or says that both sides changed it and what there is to choose."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from mlabs_ext.notebook_diff import lines, text
from mlabs_ext.service import text_merge
from mlabs_ext.service.cell_matching import said
from mlabs_ext.wire.merges import ConflictKind, MergeChoice, MergeConflict

Cell = dict[str, Any]
# What a cell shows belongs to what it says.
SHOWN = ("outputs", "execution_count")


class Entry(NamedTuple):
    """A cell of any of the notebooks, with its places there; None where it is absent."""

    base: int | None
    mine: int | None
    theirs: int | None

    @property
    def id(self) -> str:
        """The same for the same notebooks."""
        return f"cell-{self.base + 1}" if self.base is not None else f"new-{(self.mine or 0) + 1}"


class Three(NamedTuple):
    """The cells of an entry."""

    base: Cell | None
    mine: Cell | None
    theirs: Cell | None


class Outcome(NamedTuple):
    """What an entry comes to: the cells that stay, and the conflict if one is left."""

    cells: list[Cell]
    conflict: MergeConflict | None = None


def outcome(entry: Entry, three: Three, choices: Mapping[str, MergeChoice]) -> Outcome:
    """Merge an entry; where that is a conflict nobody has chosen for, mine stays."""
    kind = conflict_kind(three)
    if kind is None:
        return Outcome(settled(three))
    choice = choices.get(entry.id)
    if choice is None:
        return Outcome(present(three.mine), conflict(entry, three, kind))
    return Outcome(chosen(three, choice))


def conflict_kind(three: Three) -> ConflictKind | None:
    """How both sides changed the cell so that somebody has to choose."""
    base, mine, theirs = three
    if mine is None or theirs is None:
        left = theirs if mine is None else mine
        if base is None or left is None or said(left) == said(base):
            return None
        return "removed_here" if mine is None else "removed_there"
    if source(three) is not None:
        return None
    return "added" if base is None else "edited"


def source(three: Three) -> str | None:
    """What a cell that both sides have says after the merge; None where that is a conflict."""
    base, mine, theirs = three
    assert mine is not None and theirs is not None
    if base is None:
        return text(mine) if said(mine) == said(theirs) else None
    kinds = {cell["cell_type"] for cell in (mine, theirs)} - {base["cell_type"]}
    return None if len(kinds) > 1 else text_merge.merged(text(base), text(mine), text(theirs))


def settled(three: Three) -> list[Cell]:
    """The cell where nobody has to choose; none where a side removed it."""
    base, mine, theirs = three
    if mine is None or theirs is None:
        return [] if base is not None else present(mine) + present(theirs)
    words = source(three)
    assert words is not None
    kind = pick(base and base["cell_type"], mine["cell_type"], theirs["cell_type"])
    same = [cell for cell in (mine, theirs) if said(cell) == (kind, words)]
    if len(same) == 1:
        made = {**fields(three), **of_source(same[0])}
    elif same:
        made = {**fields(three), **of_source(theirs if base and shows(base) == shows(mine) else mine)}
    else:
        made = {**fields(three), "cell_type": kind, "source": words}
        made = cleared(made)
    return [made]


def of_source(cell: Cell) -> Cell:
    """What goes with a cell's source: its kind, and what it shows."""
    return {key: cell[key] for key in ("cell_type", "source", *SHOWN) if key in cell}


def shows(cell: Cell) -> list[Any]:
    """What a cell shows."""
    return [cell.get(key) for key in SHOWN]


def fields(three: Three) -> Cell:
    """The other fields of a cell, each from the side that changed it, mine where both did; of metadata each
    of its fields.
    """
    base, mine, theirs = (cell or {} for cell in three)
    made = mapping(base, mine, theirs, besides=("cell_type", "source", *SHOWN, "id", "metadata"))
    metadata = mapping(*(cell.get("metadata", {}) for cell in (base, mine, theirs)))
    kept = {"id": mine["id"]} if "id" in mine else {}
    return {**kept, **made, "metadata": metadata}


def mapping(base: Cell, mine: Cell, theirs: Cell, besides: tuple[str, ...] = ()) -> Cell:
    """Each field from the side that changed it, mine where both did."""
    keys = dict.fromkeys([*mine, *theirs])
    taken = {key: pick(base.get(key), mine.get(key), theirs.get(key)) for key in keys if key not in besides}
    return {key: value for key, value in taken.items() if value is not None}


def pick(base: Any, mine: Any, theirs: Any) -> Any:
    """Theirs where only they changed it."""
    return theirs if mine == base else mine


def present(cell: Cell | None) -> list[Cell]:
    """The cell where there is one."""
    return [] if cell is None else [cell]


def conflict(entry: Entry, three: Three, kind: ConflictKind) -> MergeConflict:
    """A conflict as people choose by it."""
    base, mine, theirs = (None if cell is None else text(cell) for cell in three)
    return MergeConflict(
        id=entry.id,
        kind=kind,
        type=(three.mine or three.theirs or {})["cell_type"],
        base=base,
        mine=mine,
        theirs=theirs,
        a=None if entry.mine is None else entry.mine + 1,
        b=None if entry.theirs is None else entry.theirs + 1,
        lines=lines(mine or "", theirs or ""),
    )


def chosen(three: Three, choice: MergeChoice) -> list[Cell]:
    """The cells that a choice leaves."""
    _, mine, theirs = three
    if choice.take == "mine":
        return present(mine)
    if choice.take == "edit":
        edited = mine or theirs or {}
        return [cleared({**edited, "source": choice.source or ""})]
    if choice.take == "theirs" and mine is not None and theirs is not None:
        # Comments and links find it by its id.
        return [{**theirs, **({"id": mine["id"]} if "id" in mine else {})}]
    return present(theirs) if choice.take == "theirs" else [*present(mine), *present(theirs)]


def cleared(cell: Cell) -> Cell:
    """The cell without what it showed when it said something else."""
    bare = {key: value for key, value in cell.items() if key not in SHOWN}
    return bare | ({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})


def own_ids(cells: list[Cell]) -> list[Cell]:
    """The cells with ids of their own: both sides of a conflict may have had the same."""
    taken: set[str] = set()
    made = []
    for n, cell in enumerate(cells):
        id = cell.get("id")
        while id in taken:
            id = hashlib.sha256(f"{n}\0{id}".encode()).hexdigest()[:8]
        if id is not None:
            taken.add(id)
            cell = cell if id == cell["id"] else {**cell, "id": id}
        made.append(cell)
    return made
