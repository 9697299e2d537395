"""Recognizes "Run all": by the front end's word, or by a burst of requests that covers the notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct


class Request(Struct):
    """A front end's request to execute, as it passed through the websocket."""

    id: str
    cell: str | None
    code: str
    kept: bool
    at: float

    @property
    def key(self) -> str:
        """What a RunAll calls its cell."""
        return self.cell or self.id


class Mark(Struct):
    """A front end's word that it runs these cells now. `at` is monotonic seconds."""

    cells: list[str]
    at: float


class Cell(Struct):
    """A code cell of the notebook as saved."""

    id: str | None
    code: str


class RunAll:
    """The cells of a "Run all" that are still to come, in order. Empty ones never come."""

    def __init__(self, cells: Sequence[str]):
        self.left = list(cells)

    def takes(self, cell: str) -> bool:
        """Whether this cell comes next, or later; cells before it are skipped for good."""
        if cell not in self.left:
            return False
        del self.left[: self.left.index(cell) + 1]
        return True

    @property
    def over(self) -> bool:
        """Whether the last cell has been taken."""
        return not self.left


def marked(mark: Mark, request: Request, requests: Iterable[Request], cells: Iterable[Cell]) -> RunAll | None:
    """The "Run all" that `mark` announces, if `request`, the first of `requests` for its cell, begins it.

    Only empty cells come before it, and the next ones have been requested too: front ends send them all at
    once, while a cell that was executed by itself just before the command stands alone.
    """
    if request.cell not in mark.cells:
        return None
    at = mark.cells.index(request.cell)
    before, after = mark.cells[:at], set(mark.cells[at + 1 :])
    empty = {cell.id for cell in cells if not cell.code.strip()}
    if not empty.issuperset(before):
        return None
    first, *again = companies(request.cell, after, requests)
    accompanied = first >= max([1, *again]) or (empty.issuperset(after) and not again)
    return RunAll(mark.cells) if accompanied else None


def companies(cell: str, others: set[str], requests: Iterable[Request]) -> list[int]:
    """For each request of a cell: how many of the others came with it, before it was requested again."""
    counts = []
    for request in requests:
        if request.cell == cell:
            counts.append(0)
        elif counts and request.cell in others:
            counts[-1] += 1
    return counts or [0]


def burst(requests: Sequence[Request], cells: Sequence[Cell]) -> RunAll | None:
    """The "Run all" that requests amount to: every non-empty saved cell, in order, and more than one."""
    wanted = [cell for cell in cells if cell.code.strip()]
    if len(wanted) < 2 or len(requests) < len(wanted):
        return None
    if not in_order(requests, wanted):
        return None
    return RunAll([request.key for request in requests])


def in_order(requests: Iterable[Request], wanted: Iterable[Cell]) -> bool:
    """Whether the requests hold the wanted cells as a subsequence."""
    coming = iter(requests)
    return all(any(same(request, cell) for request in coming) for cell in wanted)


def same(request: Request, cell: Cell) -> bool:
    """Whether the request executes the cell: by id, for its text may not be saved yet, or by its text."""
    return (request.cell is not None and request.cell == cell.id) or request.code.strip() == cell.code.strip()
