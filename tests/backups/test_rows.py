"""Rows come out as they went in, of every version of the tables; where they do not, it is found."""

from __future__ import annotations

import pytest
from service.test_migrations import migrate
from sqlalchemy import text
from support.every_table import seed

from mlabs_ext.backups import rows
from mlabs_ext.errors import Conflict, MLabsError, Unusable
from mlabs_ext.service.store import Store


@pytest.fixture
def both(tmp_path):
    """Two databases of an earlier release: one with rows in it, and one without."""
    stores = [Store(directory=str(tmp_path / name)) for name in ("old", "new")]
    for store in stores:
        migrate(store, "0010")
    with stores[0]._writer.begin() as connection:
        seed(connection)
    yield stores
    for store in stores:
        store.close()


def copy(old: Store, new: Store) -> dict[str, int]:
    with old.engine.connect() as source, source.begin(), new._writer.begin() as target:
        rows.refuse_rows(target)
        return rows.copy(source, target, lambda *_: None)


def test_all_rows_come_and_a_second_time_is_refused(both):
    assert set(copy(*both).values()) == {3}
    assert totals(both[0]) == totals(both[1])
    with pytest.raises(Conflict, match="has rows"):
        copy(*both)


def totals(store: Store) -> list[int]:
    with store.engine.connect() as connection:
        return [rows.digest(connection, table).total for table in rows.tables(connection)]


@pytest.mark.parametrize(
    "change", ["UPDATE lab SET title = 'other' WHERE id = new.id", "DELETE FROM lab WHERE id = new.id"]
)
def test_rows_that_come_out_otherwise_are_not_taken(both, change):
    with both[1]._writer.begin() as connection:
        connection.execute(text(f"CREATE TRIGGER evil AFTER INSERT ON lab BEGIN {change}; END"))
    with pytest.raises(MLabsError, match="The rows of lab came out as others"):
        copy(*both)
    with both[1].engine.connect() as connection:
        rows.refuse_rows(connection)


def test_a_table_that_is_not_there_is_named(both):
    with both[0]._writer.begin() as connection:
        connection.execute(text("CREATE TABLE aa_theirs (name TEXT)"))
    with pytest.raises(Unusable, match="aa_theirs is none of MLabs' own"):
        copy(*both)
