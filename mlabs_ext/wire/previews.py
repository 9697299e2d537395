"""What is in a file of a dataset, as far as it is told without loading it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

__all__ = ["Bar", "Column", "Preview", "PreviewProblem", "Table"]

ColumnType = Literal["integer", "number", "boolean", "date", "category", "text", "mixed", "empty"]


class PreviewProblem(Struct):
    """Something that readers of the file stumble over: what it is, and what to do about it.

    `column` is where it is, null for the whole file.
    """

    code: str
    message: str
    column: str | None = None


class Bar(Struct):
    """A bar of a histogram: a value, or of numbers those from `low` until `high`."""

    label: str
    count: int
    low: float | None = None
    high: float | None = None


class Column(Struct):
    """A column of a table, of the rows that were looked at.

    `distinct` counts its values up to 10,000; `low`, `high` and `mean` are there for numbers. `bars` are its
    histogram, or its most frequent values.
    """

    name: str
    type: ColumnType
    missing: int
    distinct: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    bars: list[Bar] = []


class Table(Struct):
    """A table in a text file. `rows` counts all of them, `looked_at` those that types and counts are of.

    `exact` is false where the file was too large to be counted to its end. `head` are its first rows.
    """

    encoding: str
    separator: str
    header: bool
    rows: int
    exact: bool
    looked_at: int
    columns: list[Column]
    head: list[list[str]]


class Preview(Struct):
    """A file: a table, a text of which `text` is the beginning, an image, or something that is not shown."""

    path: str
    kind: Literal["table", "text", "image", "other"]
    problems: list[PreviewProblem]
    table: Table | None = None
    text: str | None = None
