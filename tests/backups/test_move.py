"""All of a database comes to PostgreSQL, and all blobs to S3; or nothing does."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from backups.conftest import rows
from sqlalchemy import create_engine, text
from support.every_table import seed

from mlabs_ext import wire
from mlabs_ext.backups.rows import refuse_rows
from mlabs_ext.service import orm
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.store import Store


@pytest.mark.postgresql
def test_every_row_of_every_table_comes_and_numbers_go_on(lived, mlabs, postgresql_url):
    store = Store(directory=str(lived))
    with store._writer.begin() as connection:
        made = seed(connection)
        connection.execute(text("UPDATE sqlite_sequence SET seq = 99 WHERE name = 'lab_text'"))
    store.close()
    before = rows(f"sqlite:///{lived / 'mlabs.sqlite'}")
    said = json.loads(mlabs("move", "--to", postgresql_url, "--data", lived, "--json"))
    assert rows(postgresql_url) == before
    assert said["tables"] == {name: len(rows) for name, rows in made.items()}
    assert set(said["tables"]) == set(orm.Base.metadata.tables)
    assert not (lived / "mlabs.sqlite").exists()
    assert (lived / "mlabs.sqlite.moved").exists()
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        # A number that was given is not given again.
        for table, last in {"run": 12, "asset": 12, "lab_text": 99}.items():
            asked = text(f"SELECT nextval(pg_get_serial_sequence('{table}', 'key'))")
            assert connection.scalar(asked) == last + 1
        assert connection.scalar(text("SELECT count(*) FROM lab_words")) == 3
    engine.dispose()
    assert "no file" in mlabs("move", "--to", postgresql_url, "--data", lived, status=1)


@pytest.mark.postgresql
def test_people_go_on_where_they_were(labs, rules, lived, mlabs, postgresql_emptied):
    mlabs("move", "--to", postgresql_emptied, "--data", lived)
    assert json.loads(mlabs("check", "--data", lived, "--json"))["ok"]
    settings = (lived / "mlabs_config.py").read_text()
    assert settings.startswith("c.Labs.default_visibility = 'unlisted'\n")
    assert f"c.Store.url = {postgresql_emptied!r}" in settings
    store = Store(url=postgresql_emptied)
    shared = {name: getattr(rules, name) for name in ("blobs", "catalogue", "addresses")} | {"store": store}
    shared["plans"] = type(rules.plans)(**shared)
    there = type(rules.labs)(**shared)
    found = there.find(rules.bob, q="digits")[0]
    assert {(lab.owner, lab.name) for lab in found} == {("ada", "mnist"), ("bob", "mnist")}
    assert there.fork(rules.bob, "ada", "mnist", wire.ForkCreate(name="again")).forked_from.lab == "ada/mnist"
    store.close()


HOLDS = """
import sys
from sqlalchemy import text
from mlabs_ext.service.store import Store
store = Store(directory=sys.argv[1])
with store.read() as session:
    session.execute(text("SELECT 1 FROM lab"))
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.postgresql
def test_what_is_in_use_does_not_move(lived, mlabs, postgresql_emptied):
    """Also where no `mlabs up` holds the directory, as with `jupyterhub -f`."""
    command = [sys.executable, "-c", HOLDS, str(lived)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout.readline() == "ready\n"
        assert "is in use" in mlabs("move", "--to", postgresql_emptied, "--data", lived, status=1)
        service.communicate("\n")
    untouched(lived, postgresql_emptied)
    mlabs("move", "--to", postgresql_emptied, "--data", lived)


def untouched(lived, url: str) -> None:
    """Nothing was moved."""
    assert (lived / "mlabs.sqlite").exists()
    assert "Store" not in (lived / "mlabs_config.py").read_text()
    engine = create_engine(url)
    with engine.connect() as connection:
        refuse_rows(connection)
    engine.dispose()


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "statement",
    ["UPDATE lab SET title = 'a' || char(0) || 'b'", "UPDATE lab SET environment = printf('%.99c', 'x')"],
    ids=["zero", "too-long"],
)
def test_a_row_that_does_not_fit_is_named(labs, rules, lived, mlabs, postgresql_emptied, statement):
    with rules.store.write() as session:
        session.execute(text(statement))
    rules.store.close()
    assert "A row of lab does not fit" in mlabs("move", "--to", postgresql_emptied, "--data", lived, status=1)
    untouched(lived, postgresql_emptied)


@pytest.mark.postgresql
def test_a_database_with_something_in_it_is_refused(lived, mlabs, postgresql_url):
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (name TEXT)"))
        connection.execute(text("INSERT INTO theirs VALUES ('x')"))
    engine.dispose()
    assert "theirs has rows" in mlabs("move", "--to", postgresql_url, "--data", lived, status=1)
    assert (lived / "mlabs.sqlite").exists()


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("postgresql://nobody@127.0.0.1:1/none", "does not answer"),
        ("postgresql", "no address of a database"),
        ("mysql://x/y", "c.Blobs.url"),
        ("/a/folder", "is for stores"),
    ],
    ids=["unreachable", "nonsense", "other-kind", "folder"],
)
def test_what_cannot_be_done(lived, mlabs, to, words):
    assert words in mlabs("move", "--to", to, "--data", lived, status=1)
    assert (lived / "mlabs.sqlite").exists()
    assert "url" not in (lived / "mlabs_config.py").read_text()


@pytest.mark.s3
def test_blobs_come_to_a_store(labs, lived, mlabs, s3_store):
    kept = s3_store.settings()
    with (lived / "mlabs_config.py").open("a") as settings:
        settings.write(f"c.Blobs.storage_options = {kept['storage_options']!r}\n")
    said = json.loads(mlabs("move", "--to", kept["url"], "--data", lived, "--json"))
    assert said["blobs"] == len(labs)
    assert all(map(Blobs(directory=str(lived / "x"), **kept).exists, labs))
    assert json.loads(mlabs("check", "--data", lived, "--json"))["blobs"] == len(labs)
    # A second move has nowhere to go.
    assert "already" in mlabs("move", "--to", kept["url"], "--data", lived, status=1)


def test_a_damaged_blob_is_not_moved(labs, lived, mlabs):
    Blobs(directory=str(lived / "blobs")).local_path(labs[0]).write_bytes(b"other")
    said = mlabs("move", "--to", "memory://somewhere", "--data", lived, status=1)
    assert f"{labs[0]} is damaged" in said
    assert "Blobs" not in (lived / "mlabs_config.py").read_text()
