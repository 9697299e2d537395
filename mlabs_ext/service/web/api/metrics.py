"""Metrics, packages and the board over REST, as JSON or as tables for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from mlabs_ext import wire
from mlabs_ext.errors import BadInput
from mlabs_ext.service.board import MODES, Wanted
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Parameter, Route, choice, operation, whole

CSV = "text/csv"
FORMAT = {
    "format": choice("csv for a table instead of JSON; `Accept: text/csv` does the same.", "csv", "json")
}
NAMES = {"type": "array", "items": {"type": "string"}}
SERIES = {
    "name": Parameter("A metric; several times for several, none for all.", NAMES),
    "points": whole("2 to 2000 values of each.", 2, 2000),
}
BOARD = {
    "metric": "Only runs that have it, in its order.",
    "mode": choice("max or min; by default what its name suggests.", "max", "min"),
    "tree": "1 for the runs of the whole fork tree.",
    "status": "Only runs with this status.",
    "environment": "Only runs in this environment.",
    "q": "Only runs with these words in the name or title of their lab, their user or their id.",
}
# Runs of a table; `limit` and `cursor` are for JSON.
TABLE = 10_000
# What a spreadsheet would take for a formula.
FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def wants_csv(handler: BaseHandler) -> bool:
    """Whether a table is asked for."""
    asked = handler.get_query_argument("format", None)
    if asked not in (None, "csv", "json"):
        raise BadInput("`format` is csv or json.", "format_invalid")
    return asked == "csv" or (asked is None and handler.request.headers.get("Accept", "").startswith(CSV))


def send_csv(handler: BaseHandler, rows: Iterable[Iterable[Any]], name: str) -> None:
    """Finish with a table as a file."""
    handler.set_header("Content-Type", f"{CSV}; charset=utf-8")
    handler.set_header("Content-Disposition", f'attachment; filename="{name}.csv"')
    handler.finish(as_csv(rows))


def as_csv(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as text that a spreadsheet takes for what it is."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: Any) -> Any:
    """A value as it is safe to open in a spreadsheet."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def wanted_of(handler: BaseHandler) -> Wanted:
    """What of a board the address asks for."""

    def given(name: str) -> str | None:
        return handler.get_query_argument(name, "") or None

    wanted = given("mode")
    mode = None if wanted is None else MODES.get(wanted)
    if mode is None and wanted is not None:
        raise BadInput("`mode` is max or min.", "mode_invalid")
    return Wanted(
        metric=given("metric"),
        mode=mode,
        tree=given("tree") == "1",
        status=given("status"),
        environment=given("environment"),
        words=given("q"),
    )


def board_table(board: wire.Board) -> list[list[Any]]:
    """A board as rows, the first of which has the names."""
    names = [column.name for column in board.columns]
    parameters = sorted({name for row in board.items for name in row.run.parameters})
    head = ["run", "lab", "version", "user", "status", "environment", "started", "duration"]
    table: list[list[Any]] = [[*head, *parameters, *names]]
    for row in board.items:
        run = row.run
        facts = [run.id, run.lab, run.version, run.user, run.status, run.environment]
        times = [run.started.isoformat(), run.duration]
        values = [row.metrics[name].last if name in row.metrics else None for name in names]
        table.append([*facts, *times, *(run.parameters.get(name) for name in parameters), *values])
    return table


class MetricsHandler(BaseHandler):
    """A run's metrics."""

    @operation(
        "What a run logged, step by step", answer=wire.RunMetrics, query=SERIES | FORMAT, files={"csv": CSV}
    )
    async def get(self, run: str) -> None:
        """Read."""
        points = self.number("points", 2000, 2, 2000)
        names = self.get_query_arguments("name")
        found = await self.run(self.app.run_data.series, self.viewer, run, names, points)
        if not wants_csv(self):
            return self.answer(found)
        rows = [
            (one.name, *values)
            for one in found.series
            for values in zip(one.steps, one.times, one.values, strict=True)
        ]
        return send_csv(self, [("name", "step", "time", "value"), *rows], f"run-{run}")


class PackagesHandler(BaseHandler):
    """What was installed where a run executed."""

    @operation("The packages that a run had", answer=wire.RunPackages)
    async def get(self, run: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.run_data.packages, self.viewer, run))


class BoardHandler(BaseHandler):
    """The board of a lab."""

    @operation(
        "A lab's runs with what they logged, newest first or best first",
        answer=wire.Board,
        query=BOARD | LIST_QUERY | FORMAT,
        files={"csv": CSV},
    )
    async def get(self, owner: str, lab: str) -> None:
        """Read a page."""
        rule, wanted = self.app.boards.board, wanted_of(self)
        if not wants_csv(self):
            return self.answer(await self.run(rule, self.viewer, owner, lab, wanted, **self.paging()))
        board = await self.run(rule, self.viewer, owner, lab, wanted, limit=TABLE)
        return send_csv(self, board_table(board), f"{lab}-board")


CALLS = [
    Route("/runs/{run}/metrics", MetricsHandler),
    Route("/runs/{run}/packages", PackagesHandler),
    Route("/labs/{owner}/{lab}/board", BoardHandler),
]
