"""A backup holds everything, is whole or not there, and is taken while others write and collect."""

from __future__ import annotations

import io
import json
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.every_table import blob, seed
from support.up import COMMAND, environment
from support.waiting import until

from mlabs_ext.backups import homes
from mlabs_ext.backups.backup import Backup
from mlabs_ext.backups.making import made
from mlabs_ext.backups.places import Place
from mlabs_ext.errors import Conflict
from mlabs_ext.last_backup import noted
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.collection import FOLDERS, Collection
from mlabs_ext.service.migrations import revisions
from mlabs_images.progress import Progress

PARTS = {"mlabs.sqlite", "hub.sqlite", "mlabs_config.py", "secrets/password"}


def members(file: Path) -> dict[str, tarfile.TarInfo]:
    """What any tar finds in it."""
    with tarfile.open(file) as archive:
        return {member.name: member for member in archive}


def test_everything_is_in_it(labs, lived, tmp_path, mlabs):
    file = tmp_path / "b.tar"
    said = json.loads(mlabs("backup", file, "--data", lived, "--json"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob(".b.tar*")) == []
    found = members(file)
    blobs = {f"blobs/{digest[7:9]}/{digest[9:]}" for digest in labs}
    assert {name for name in found if name.startswith("blobs/")} == blobs
    assert set(found) - blobs > PARTS | {"mlabs-backup.json", "manifest.json", "users/ada/mine é.ipynb"}
    # Two directories with one prefix would take each other's containers away.
    assert "secrets/prefix" not in found
    assert found["users/ada/link"].issym()
    assert found["users/ada/folder/script.sh"].mode == 0o755
    assert next(iter(found)) == "mlabs-backup.json"
    assert list(found)[-1] == "manifest.json"
    assert said["revision"] == revisions()[0]
    assert said["blobs"] == {"count": len(labs), "size": sum(found[name].size for name in blobs)}
    assert set(said["parts"]) == PARTS
    assert (said["left_out"], said["missing"], said["damaged"]) == ([], [], [])
    last = noted(lived)
    assert last and last.whole
    assert time.time() - 60 < last.ended < time.time()


def test_homes_can_be_left_out(lived, tmp_path, mlabs):
    said = json.loads(mlabs("backup", tmp_path / "b.tar", "--data", lived, "--without-homes", "--json"))
    assert said["homes"] is None
    assert not [name for name in members(tmp_path / "b.tar") if name.startswith("users")]


def test_what_is_not_of_mlabs_is_said_and_left_out(lived, tmp_path, mlabs):
    (lived / "older-backup.tar").write_text("large")
    assert "Left out: older-backup.tar" in mlabs("backup", tmp_path / "b.tar", "--data", lived)
    assert "older-backup.tar" not in members(tmp_path / "b.tar")


def test_a_hub_database_that_is_elsewhere_is_said_and_no_failure(lived, tmp_path, mlabs):
    """Whoever named it keeps it; a nightly unit that always fails would tell nobody when it does."""
    with (lived / "mlabs_config.py").open("a") as settings:
        settings.write('\nc.JupyterHub.db_url = "postgresql+psycopg:///mlabs_hub"\n')
    for name in ("wheels", "images.lock"):
        (lived / name).write_text("made again with an image")
    said = mlabs("backup", tmp_path / "b.tar", "--data", lived, status=0)
    assert "Left out:" not in said
    assert "Not in it: the hub's database, which c.JupyterHub.db_url names. Keep it with" in said


def test_what_the_data_lacks_already_is_said_and_the_rest_is_kept(labs, lived, tmp_path, mlabs):
    missing, damaged, *rest = labs
    blobs = Blobs(directory=str(lived / "blobs"))
    blobs.delete(missing)
    blobs.local_path(damaged).write_bytes(b"something else")
    said = mlabs("backup", tmp_path / "b.tar", "--data", lived, status=1)
    assert "2 files that labs name were missing or damaged already: mlabs check" in said
    with tarfile.open(tmp_path / "b.tar") as archive:
        manifest = json.load(archive.extractfile("manifest.json"))
    assert (manifest["missing"], manifest["damaged"]) == ([missing], [damaged])
    assert rest


@pytest.mark.parametrize(
    ("file", "data", "words"),
    [
        ("{tmp}", "{lived}", "is a folder"),
        ("{tmp}/none/b.tar", "{lived}", "No such file"),
        ("{tmp}/b.tar", "{tmp}/none", "is no data directory"),
        ("{tmp}/b.tar", "{tmp}/empty", "MLabs never ran on it"),
    ],
    ids=["folder", "nowhere", "no-data", "empty-data"],
)
def test_what_cannot_be_done_leaves_nothing(lived, tmp_path, mlabs, file, data, words):
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.iterdir())
    named = (one.format(tmp=tmp_path, lived=lived) for one in (file, data))
    said = mlabs("backup", next(named), "--data", next(named), status=1)
    assert words in said
    assert sorted(tmp_path.iterdir()) == before


class Paused(Progress):
    """Stops at the first blob until it is told to go on."""

    def __init__(self):
        super().__init__(io.StringIO())
        self.reached, self.go_on = threading.Event(), threading.Event()

    def report(self, message: str, percent: int) -> None:
        if self.title == "blobs" and not self.reached.is_set():
            self.reached.set()
            assert self.go_on.wait(60)


def test_labs_are_deleted_for_good_and_collected_meanwhile(labs, rules, lived, tmp_path, mlabs):
    """What the copied database names is there for a day, whatever happens to it in the service."""
    progress, done = Paused(), []
    backup = Backup(Place.of(str(lived)), True, progress)
    thread = threading.Thread(target=lambda: done.append(backup.write(str(tmp_path / "b.tar"))))
    thread.start()
    assert progress.reached.wait(60)
    rules.labs.delete(rules.ada, "ada", "mnist")
    rules.labs.delete(rules.bob, "bob", "mnist")
    rules.labs.keep_deleted = 0
    now = datetime.now(UTC)
    rules.labs.empty_trash(now + timedelta(seconds=1))
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses")}
    collection = Collection(**shared)
    for hours in (2, 23.9):
        # As late as a backup may still be at it.
        for folder in range(FOLDERS):
            collection.collect(f"{folder:02x}", now + timedelta(hours=hours))
    progress.go_on.set()
    thread.join(60)
    assert done[0].missing == done[0].damaged == []
    assert done[0].blobs.count == len(labs)
    mlabs("restore", tmp_path / "b.tar", "--data", tmp_path / "restored")
    # And they do go, once nobody can need them.
    for hours in (26, 52):
        for folder in range(FOLDERS):
            collection.collect(f"{folder:02x}", now + timedelta(hours=hours))
    assert not all(map(rules.blobs.exists, labs))


WRITES = """
import sys
from mlabs_ext.service.store import Store
from sqlalchemy import text
store, row = Store(directory=sys.argv[1]), 0
while True:
    row += 1
    with store.write() as session:
        session.execute(text("INSERT INTO pool_count VALUES (:what, :row)"), {"what": str(row), "row": row})
    if row == 1:
        print("ready", flush=True)
"""


def test_a_database_that_is_written_to_all_the_time_is_copied_as_at_one_moment(lived, tmp_path, mlabs):
    command = [sys.executable, "-c", WRITES, str(lived)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "ready\n"
        mlabs("backup", tmp_path / "b.tar", "--data", lived)
        assert writer.poll() is None
        writer.kill()
    said = json.loads(mlabs("restore", tmp_path / "b.tar", "--data", tmp_path / "new", "--json"))
    assert said["check"]["problems"] == []
    count = said["check"]["rows"]["pool_count"]
    with closing(sqlite3.connect(tmp_path / "new" / "mlabs.sqlite")) as connection:
        # Each was written after the one before: there is none of a later moment.
        assert connection.execute("SELECT max(count) FROM pool_count").fetchone() == (count,)
    assert count


@pytest.mark.parametrize("number", [pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL])
def test_an_interrupted_one_is_not_there(lived, tmp_path, mlabs, number):
    """Nor is anything left of it by the next, whatever ended it."""
    # Large enough to be still at it.
    with (lived / "users" / "ada" / "large").open("wb") as large:
        large.truncate(3 * 2**30)
    file = tmp_path / "b.tar"
    command = [COMMAND, "backup", file, "--data", lived]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as running:
        part = tmp_path / ".b.tar.part" / "archive"
        until(lambda: part.exists() and part.stat().st_size > 2**21, 60)
        running.send_signal(number)
        said = running.communicate(timeout=60)[1]
    assert "Traceback" not in said
    assert running.returncode == (-9 if number == signal.SIGKILL else 1)
    assert not file.exists()
    assert part.exists() == (number == signal.SIGKILL)
    (lived / "users" / "ada" / "large").unlink()
    mlabs("backup", file, "--data", lived)
    assert not part.parent.exists()


@pytest.mark.postgresql
def test_of_postgresql_it_holds_the_same_at_any_version(postgresql_url, lived, tmp_path, mlabs):
    """In a form that can be restored into either kind, and without a program of the database's own."""
    from backups.conftest import rows
    from service.test_migrations import migrate

    from mlabs_ext.service.store import Store

    store = Store(url=postgresql_url)
    migrate(store, "0018")
    with store.engine.begin() as connection:
        seed(connection)
    store.close()
    for number in range(3):
        Blobs(directory=str(lived / "blobs")).put(blob(number))
    (lived / "mlabs_config.py").write_text(f"c.Store.url = {postgresql_url!r}\n")
    said = json.loads(mlabs("backup", tmp_path / "b.tar", "--data", lived, "--json"))
    assert (said["revision"], said["database"], said["blobs"]["count"]) == ("0018", "postgresql", 3)
    with tarfile.open(tmp_path / "b.tar") as archive:
        archive.extract("mlabs.sqlite", tmp_path, filter="data")
    assert rows(f"sqlite:///{tmp_path / 'mlabs.sqlite'}") == rows(postgresql_url)


def test_a_bad_sector_keeps_nobody_else_out_of_a_backup(labs, lived, tmp_path, mlabs, monkeypatch):
    """As the kernel says it: reading fails at one place of a file, again and again."""

    def failing(file):
        data = file.read()
        yield data[:2]
        if data.startswith((b"echo", b"a file")):
            raise OSError(5, "Input/output error")
        yield data[2:]

    monkeypatch.setattr(homes, "chunks", failing)
    said = mlabs("backup", tmp_path / "b.tar", "--data", lived, status=1)
    assert "users/ada/folder/script.sh: Input/output error" in said
    assert "1 files that labs name were missing or damaged already" in said
    monkeypatch.undo()
    restored = mlabs("restore", tmp_path / "b.tar", "--data", tmp_path / "new", status=1)
    assert "it is not there; named by asset file.txt of lab ada/mnist" in restored
    assert (tmp_path / "new" / "users" / "ada" / "folder" / "script.sh").read_bytes() == b"ec\0\0"


def test_a_second_one_to_the_same_file_leaves_the_first_alone(tmp_path):
    file = tmp_path / "b.tar"
    with made(str(file)) as (opened, folder):
        for _ in range(2):
            with pytest.raises(Conflict) as refused, made(str(file)):
                pass
            assert refused.value.code == "backup_busy"
        assert folder.is_dir()
        opened.write(b"whole")
    assert file.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [file]
    with made(str(file)) as (opened, _):
        opened.write(b"another")
    assert file.read_bytes() == b"another"
