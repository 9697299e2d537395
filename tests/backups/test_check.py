"""What is wrong is found, named, and said with what to do; what is right is not complained of."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from service.test_migrations import migrate
from sqlalchemy import text
from support.every_table import blob, seed

from mlabs_ext.backups.check import ADVICE
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.collection import NAMES
from mlabs_ext.service.store import Store


def found(said: str) -> list[tuple[str, str]]:
    """The problems of an account in JSON."""
    return [(problem["code"], problem["what"]) for problem in json.loads(said)["problems"]]


def change(lived, *statements: str) -> None:
    """Spoil the database."""
    with closing(sqlite3.connect(lived / "mlabs.sqlite")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_nothing_is_wrong(labs, lived, mlabs):
    Blobs(directory=str(lived / "blobs")).put(b"nobody's")
    assert "All is well" in mlabs("check", "--data", lived)
    said = json.loads(mlabs("check", "--data", lived, "--json"))
    assert (said["ok"], said["blobs"], said["unnamed"]) == (True, len(labs), 1)
    assert said["rows"]["version"] == 3


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_every_column_that_names_a_blob_is_looked_at(request, lived, mlabs, database):
    """Each is given a digest that nobody has: all of them are found missing."""
    url = request.getfixturevalue("postgresql_emptied") if database == "postgresql" else ""
    if url:
        (lived / "mlabs_config.py").write_text(f"c.Store.url = {url!r}\n")
    store = Store(directory=str(lived), **({"url": url} if url else {}))
    with store._writer.begin() as connection:
        seed(connection)
    kept = Blobs(directory=str(lived / "blobs"))
    for number in range(3):
        kept.put(blob(number))
    # The words of search are not seeded.
    assert "Put back: 0 blobs, the words of 3 labs." in mlabs("check", "--data", lived, "--repair")
    absent = {}
    with store._writer.begin() as connection:
        for number, name in enumerate(NAMES):
            table, column = name.class_.__table__, name.property.columns[0]
            row = connection.execute(table.select().limit(1)).mappings().one()
            same = [key == row[key.name] for key in table.primary_key]
            absent[name] = f"sha256:{number:064x}"
            connection.execute(table.update().where(*same).values({column.name: absent[name]}))
    store.close()
    problems = found(mlabs("check", "--data", lived, "--json", "--fast", status=1))
    assert sorted(problems) == sorted(("blob_missing", digest) for digest in absent.values())


def test_blobs_are_missing_damaged_or_of_another_size_and_put_back(labs, lived, tmp_path, mlabs):
    mlabs("backup", tmp_path / "b.tar", "--data", lived)
    kept = Blobs(directory=str(lived / "blobs"))
    missing, damaged, *_ = labs
    size = kept.size(damaged)
    kept.delete(missing)
    # As a disk does it: as many bytes, and one of them another.
    data = bytearray(kept.get(damaged))
    data[0] ^= 1
    kept.local_path(damaged).write_bytes(data)
    assert kept.size(damaged) == size
    problems = found(mlabs("check", "--data", lived, "--json", status=1))
    assert sorted(problems) == [("blob_damaged", damaged), ("blob_missing", missing)]
    assert found(mlabs("check", "--data", lived, "--json", "--fast", status=1)) == [("blob_missing", missing)]
    said = mlabs("check", "--data", lived, status=1)
    assert "2 things are wrong" in said
    assert "mlabs check --repair FILE" in said
    assert "ada/mnist" in said
    said = mlabs("check", "--data", lived, "--repair", tmp_path / "b.tar")
    assert "Put back: 2 blobs" in said
    assert "All is well" in said


WRONG = {
    "version-gone": (
        "DELETE FROM version WHERE author = 'ada'",
        "versions_gap",
        "lab ada/mnist",
    ),
    "version-further": ("UPDATE lab SET version = 7 WHERE name = 'other'", "versions_gap", "lab bob/other"),
    "search": ("DELETE FROM lab_words", "search_incomplete", "3 labs"),
    "row": ("DELETE FROM lab WHERE name = 'other'", "database_damaged", "{file}"),
    "size": ("UPDATE asset SET size = 9", "blob_size", "{asset}"),
    "no-digest": ("UPDATE asset SET blob = 'nonsense'", "blob_missing", "nonsense"),
    "tables": ("UPDATE alembic_version SET version_num = '0018'", "data_version", "the database"),
}


@pytest.mark.parametrize(("statement", "code", "what"), WRONG.values(), ids=WRONG)
def test_what_rows_say_wrongly_is_found(labs, rules, lived, mlabs, statement, code, what):
    with rules.store.read() as session:
        asset = session.scalar(text("SELECT blob FROM asset"))
    rules.store.close()
    change(lived, statement)
    said = mlabs("check", "--data", lived, "--json", status=1)
    named = what.format(file=lived / "mlabs.sqlite", asset=asset)
    assert (code, named) in found(said)
    assert {one[0] for one in found(said)} == {code}
    assert json.loads(said)["problems"][0]["do"] == ADVICE[code]


@pytest.mark.parametrize("file", ["mlabs.sqlite", "hub.sqlite"])
def test_a_damaged_file_is_said_and_no_traceback(labs, lived, mlabs, file):
    change(lived, "PRAGMA wal_checkpoint(TRUNCATE)")
    path = lived / file
    data = bytearray(path.read_bytes())
    for at in range(8192, len(data) - 4096, 4096):
        data[at : at + 100] = bytes(100)
    path.write_bytes(data)
    said = mlabs("check", "--data", lived, status=1)
    assert str(path) in said
    assert "mlabs restore" in said


def test_a_repair_needs_a_backup_and_does_no_harm(labs, lived, tmp_path, mlabs):
    Blobs(directory=str(lived / "blobs")).delete(labs[0])
    (tmp_path / "x").write_bytes(bytes(5000))
    assert "no backup" in mlabs("check", "--data", lived, "--repair", tmp_path / "x", status=1)
    assert "There is no file" in mlabs("check", "--data", lived, "--repair", tmp_path / "none", status=1)
    assert "1 things are wrong" in mlabs("check", "--data", lived, "--repair", status=1)


def test_a_database_of_another_version_is_said(lived, mlabs):
    for left in lived.glob("mlabs.sqlite*"):
        left.unlink()
    store = Store(directory=str(lived))
    migrate(store, "0005")
    store.close()
    assert "Start this version of MLabs on it once" in mlabs("check", "--data", lived, status=1)
