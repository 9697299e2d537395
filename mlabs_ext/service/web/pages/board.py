"""The page of a board: runs as rows, what they logged as columns, in the order of any of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from mlabs_ext import wire
from mlabs_ext.service.board import Wanted, better
from mlabs_ext.service.web.api.metrics import wanted_of
from mlabs_ext.service.web.pages.base import Page

PAGE, SHOWN = 30, 6
STATUSES = ("running", "succeeded", "failed", "stopped", "lost")
WIDTH, HEIGHT = 96, 24


class BoardPage(Page):
    """`BASE/@{owner}/{lab}/board`."""

    async def get(self, owner: str, name: str) -> None:
        """Show a page of it."""
        wanted, cursor = wanted_of(self), self.get_query_argument("cursor", None)
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        rule = self.app.boards.board
        board = await self.run(rule, self.viewer, owner, name, wanted, limit=PAGE, cursor=cursor)
        chosen = self.get_query_arguments("show")
        self.page(
            "board.html",
            lab=lab,
            board=board,
            wanted=wanted,
            mode=wanted.mode or (better(wanted.metric) if wanted.metric else None),
            columns=columns(board, wanted, chosen),
            parameters=sorted({name for row in board.items for name in row.run.parameters})[:SHOWN],
            statuses=STATUSES,
            environments=sorted(environment.name for environment in self.app.catalogue.all()),
            filtered=bool(wanted.status or wanted.environment or wanted.words),
            link=lambda **changes: address(wanted, chosen, **changes),
            spark=spark,
        )


def columns(board: wire.Board, wanted: Wanted, chosen: list[str]) -> list[wire.BoardColumn]:
    """The metrics to show: those that were chosen, else those of most runs; the one in order always."""
    names = chosen or [column.name for column in board.columns[:SHOWN]]
    names = [*names, wanted.metric] if wanted.metric and wanted.metric not in names else names
    return [column for column in board.columns if column.name in names]


def address(wanted: Wanted, chosen: list[str], **changes: Any) -> str:
    """The board with something changed, as a query; a change begins with the first page."""
    query = {
        "metric": wanted.metric,
        "mode": wanted.mode,
        "tree": "1" if wanted.tree else None,
        "status": wanted.status,
        "environment": wanted.environment,
        "q": wanted.words,
        "show": chosen,
    } | changes
    return "?" + urlencode({name: value for name, value in query.items() if value}, doseq=True)


def spark(points: list[float]) -> str:
    """A small chart as an SVG path; empty where there are too few values for one."""
    if len(points) < 2:
        return ""
    low, high = min(points), max(points)
    span = (high - low) or 1.0
    places = (
        f"{at * WIDTH / (len(points) - 1):.1f} {HEIGHT - 2 - (value - low) / span * (HEIGHT - 4):.1f}"
        for at, value in enumerate(points)
    )
    return "M" + "L".join(places)
