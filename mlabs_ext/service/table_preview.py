"""Looks through a table in a text file, row by row, and says what a reader of it will stumble over."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from mlabs_ext.service.table_columns import Values
from mlabs_ext.service.table_reading import FIELD_MAX, Lines, Reading, guessed, is_binary, sample_of
from mlabs_ext.wire.previews import PreviewProblem, Table

LOOKED_AT, HEAD, COLUMNS, CELL = 100_000, 50, 200, 200
# Seconds until it counts no further.
PATIENCE = 10.0
# What a page in a browser still trains on.
LARGE = 500_000


def table_of(file: Path, name: str, problems: list[PreviewProblem]) -> Table | None:
    """The table in a file; None where it is none, and `problems` say why."""
    sample = sample_of(file)
    if is_binary(sample):
        problems.append(
            PreviewProblem("binary", "This is no text, whatever its name says: it cannot be shown.")
        )
        return None
    if not sample.strip():
        problems.append(PreviewProblem("empty", "The file is empty."))
        return None
    reading = guessed(sample, name, problems)
    looked = _Look(reading)
    with file.open(encoding=reading.encoding, errors="replace", newline="") as opened:
        csv.field_size_limit(FIELD_MAX)
        try:
            looked.through(Lines(opened), reading.separator)
        except csv.Error as error:
            problems.append(
                PreviewProblem(
                    "broken", f"After {looked.rows} rows it cannot be read: {error}. Is a quote left open?"
                )
            )
    return looked.table(problems)


class _Look:
    """What was seen of it so far."""

    def __init__(self, reading: Reading, clock: Callable[[], float] = time.monotonic):
        self.reading, self.clock = reading, clock
        self.rows = 0
        self.exact = True
        self.head: list[list[str]] = []
        self.columns: list[Values] = []
        self.names: list[str] = []
        self.widths: Counter[int] = Counter()
        self.ragged = 0
        self.first_ragged = 0

    def through(self, lines: Lines, separator: str) -> None:
        """Look at rows, at so many of them closely."""
        end = self.clock() + PATIENCE
        for row in csv.reader(lines, delimiter=separator):
            lines.of_row = 0
            if not row:
                continue
            if not self.names:
                self._begin(row)
                if self.reading.header:
                    continue
            self.rows += 1
            if self.rows <= LOOKED_AT:
                self._row(row)
            if self.rows % 10_000 == 0 and self.clock() > end:
                self.exact = False
                return

    def _begin(self, row: list[str]) -> None:
        given = row if self.reading.header else []
        self.names = [given[n].strip() if given else f"column_{n + 1}" for n in range(len(row))]
        self.columns = [Values(name or f"column_{n + 1}") for n, name in enumerate(self.names)][:COLUMNS]

    def _row(self, row: list[str]) -> None:
        if len(row) != len(self.names):
            self.ragged += 1
            self.first_ragged = self.first_ragged or self.rows
        if len(self.head) < HEAD:
            self.head.append([cell[:CELL] for cell in row[:COLUMNS]])
        for column, cell in zip(self.columns, row, strict=False):
            column.add(cell)
        for column in self.columns[len(row) :]:
            column.add("")

    def table(self, problems: list[PreviewProblem]) -> Table | None:
        """What it comes to."""
        problems += self._problems()
        columns = [column.finished(problems) for column in self.columns]
        looked_at = min(self.rows, LOOKED_AT)
        return Table(*self.reading, self.rows, self.exact, looked_at, columns, self.head)

    def _problems(self) -> Iterator[PreviewProblem]:
        if not self.reading.header:
            yield PreviewProblem(
                "header", "The first line holds data and no names of columns: add a line with their names."
            )
        doubled = [name for name, times in Counter(self.names).items() if times > 1 and name]
        if doubled:
            yield PreviewProblem(
                "names", f"Several columns are called {doubled[0]!r:.80}: name each once.", doubled[0]
            )
        if "" in self.names:
            yield PreviewProblem("names", "A column has no name: it is called by its place here.")
        if self.ragged:
            yield PreviewProblem(
                "ragged",
                f"{self.ragged} rows do not have {len(self.names)} values, the first of them is row "
                f"{self.first_ragged}: a separator or quote is missing or too many there.",
            )
        if len(self.names) > COLUMNS:
            yield PreviewProblem("wide", f"It has {len(self.names)} columns; the first {COLUMNS} are shown.")
        if self.rows > LOOKED_AT:
            about = "" if self.exact else "more than "
            large = " Train in a page on a part of it." if self.rows > LARGE else ""
            yield PreviewProblem(
                "large",
                f"It has {about}{self.rows:,} rows: types, missing values and histograms are of the first "
                f"{LOOKED_AT:,}.{large}",
            )
        if not self.rows:
            yield PreviewProblem("empty", "There is no row of data in it.")
