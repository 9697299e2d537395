"""Which blobs a database names, whatever version of MLabs made it, and what names each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, inspect, select
from sqlalchemy.sql import Select

from mlabs_ext.service.collection import NAMES
from mlabs_ext.service.orm import Base

AT_ONCE = 5000
# Of each table.
SHOWN = 5
# The tables whose rows are of a lab, dataset or model, by the column that says of which.
OF = {"lab_id": "lab", "dataset_id": "dataset", "model_id": "model"}


class Named(NamedTuple):
    """A blob that a row names. `size` is what the row says, None where it says nothing."""

    digest: str
    size: int | None
    column: str


def named(connection: Connection) -> Iterator[Named]:
    """All blobs that rows name, each once for each column and size."""
    for blob, size in columns(connection):
        both = [blob] if size is None else [blob, size]
        told: Select[tuple[Any, ...]] = select(*both).where(blob.is_not(None)).distinct()
        label = f"{blob.table.name}.{blob.name}"
        for row in connection.execute(told, execution_options={"yield_per": AT_ONCE}):
            yield Named(row[0], row[1] if size is not None else None, label)


def columns(connection: Connection) -> Iterator[tuple[Column[Any], Column[Any] | None]]:
    """The columns that name blobs and are in this database, each with the one of their sizes."""
    tables = inspect(connection)
    there = set(tables.get_table_names())
    for name in NAMES:
        table = name.class_.__table__
        blob = name.property.columns[0]
        if table.name in there and blob.name in {one["name"] for one in tables.get_columns(table.name)}:
            yield blob, table.columns.get("size")


def where(connection: Connection, digest: str) -> list[str]:
    """What names a blob, in words: `version 3 of ada/mnist`."""
    found: list[str] = []
    for blob, _ in columns(connection):
        keep = [one for one in blob.table.columns if one.name in (*OF, "number", "path")]
        rows = connection.execute(select(blob, *keep).where(blob == digest).limit(SHOWN)).mappings()
        found += [told(connection, blob.table.name, dict(row)) for row in rows]
    return found


def told(connection: Connection, table: str, row: dict[str, Any]) -> str:
    """A row in words."""
    of = next((column for column in OF if row.get(column)), None)
    whose = ""
    if of:
        parent = Base.metadata.tables[OF[of]]
        owner = connection.execute(
            select(parent.c.owner, parent.c.name).where(parent.c.id == row[of])
        ).first()
        whose = f" of {OF[of]} {owner[0]}/{owner[1]}" if owner else ""
    number = f" {row['number']}" if row.get("number") else ""
    path = f" {row['path']}" if row.get("path") else ""
    return f"{table.replace('_', ' ')}{number}{path}{whose}"
