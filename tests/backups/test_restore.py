"""A backup comes back whole, on a machine that had nothing; anything else changes nothing."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from backups.conftest import rows
from service.test_migrations import migrate
from support.every_table import blob, seed

from mlabs_ext.backups import manifest as manifests
from mlabs_ext.backups.archive import Entry, Reader, Writer
from mlabs_ext.backups.manifest import HEAD, MANIFEST, encoded
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.labs import Labs
from mlabs_ext.service.migrations import revision_of, revisions
from mlabs_ext.service.store import Store
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.up.data import DataDir


@pytest.fixture
def backup(labs, lived, tmp_path, mlabs) -> Path:
    """A backup of the directory with labs in it."""
    mlabs("backup", tmp_path / "b.tar", "--data", lived)
    return tmp_path / "b.tar"


@pytest.fixture(scope="module")
def kept() -> list[bytes]:
    """Of a backup that was made once."""
    return []


@pytest.fixture
def old_backup(request, kept) -> bytes:
    """The same for tests that look at nothing else."""
    if not kept:
        kept.append(request.getfixturevalue("backup").read_bytes())
    return kept[0]


def test_all_of_it_comes_back(backup, labs, lived, tmp_path, mlabs):
    new = tmp_path / "new"
    said = mlabs("restore", backup, "--data", new)
    assert "All is well" in said
    assert rows(f"sqlite:///{new / 'mlabs.sqlite'}") == rows(f"sqlite:///{lived / 'mlabs.sqlite'}")
    blobs = Blobs(directory=str(new / "blobs"))
    assert all(map(blobs.exists, labs))
    home = new / "users" / "ada"
    assert (home / "link").readlink() == Path("/etc/passwd")
    assert (home / "folder" / "script.sh").stat().st_mode & 0o777 == 0o755
    assert (home / "folder").stat().st_mode & 0o777 == 0o500
    assert (new / "mlabs_config.py").read_text() == (lived / "mlabs_config.py").read_text()
    assert DataDir(new).password({}) == DataDir(lived).password({})
    assert DataDir(new).prefix() != DataDir(lived).prefix()
    for name in (".", "secrets", "secrets/password", "mlabs.sqlite"):
        assert (new / name).stat().st_mode & 0o077 == 0
    assert not (new / ".restoring").exists()
    with closing(sqlite3.connect(new / "hub.sqlite")) as hub:
        # What ran there does not run here: a process of that number is somebody else's.
        spawners = hub.execute("SELECT name, server_id, state FROM spawners").fetchall()
        assert spawners == [("mnist", None, "{}")]
        assert hub.execute("SELECT count(*) FROM servers").fetchone() == (0,)
    assert json.loads(mlabs("check", "--data", new, "--json"))["ok"]


def test_an_empty_directory_will_do_and_a_full_one_will_not(backup, tmp_path, mlabs):
    (tmp_path / "new").mkdir()
    mlabs("restore", backup, "--data", tmp_path / "new")
    before = sorted((tmp_path / "new").rglob("*"))
    assert "is not empty" in mlabs("restore", backup, "--data", tmp_path / "new", status=1)
    assert sorted((tmp_path / "new").rglob("*")) == before


def again(backup: Path, change) -> bytes:
    """The backup written anew by who knows how, with a manifest that fits; `change` has the last word."""
    reader, file = Reader(io.BytesIO(backup.read_bytes())), io.BytesIO()
    writer = Writer(file)
    for entry in reader:
        data = b"".join(reader.content())
        if entry.name == MANIFEST:
            said = manifests.manifest(data)
            for more, content in change(entry, data) or ():
                writer.add(more, [content])
            said.sha256 = writer.sha256
            data = encoded(said)
            entry.size = len(data)
        elif (changed := change(entry, data)) is not None:
            data = changed
            entry.size = len(data)
        writer.add(entry, [data])
    writer.end()
    return file.getvalue()


def adding(*added: tuple[Entry, bytes]):
    """Put more at the end."""
    return lambda entry, data: added if entry.name == MANIFEST else None


def of_format(**fields):
    """Say something else of what made it."""

    def change(entry, data):
        return json.dumps(json.loads(data) | fields).encode() if entry.name == HEAD else None

    return change


def flipped(backup: Path, name: str) -> bytes:
    """One bit of a file's first byte is another."""
    with tarfile.open(backup) as archive:
        at = next(member.offset_data for member in archive if member.name.startswith(name))
    data = bytearray(backup.read_bytes())
    data[at] ^= 1
    return bytes(data)


NEWER, HARM = "MLabs 9.0.*newer", "to do harm"
UNUSABLE = {
    "empty": (lambda backup: b"", "no backup of MLabs"),
    "no-backup": (lambda backup: b"PK" + bytes(5000), "no backup of MLabs"),
    "another-tar": (lambda backup: other_tar(), "no backup of MLabs"),
    "half": (lambda backup: backup.read_bytes()[: backup.stat().st_size // 2], "ends too early"),
    "last-block": (lambda backup: backup.read_bytes()[:-1024], "ends too early"),
    "database-altered": (lambda backup: flipped(backup, "mlabs.sqlite"), "damaged"),
    "blob-altered": (lambda backup: flipped(backup, "blobs/"), "damaged"),
    "home-altered": (lambda backup: flipped(backup, "users/ada/mine"), "damaged"),
    "secret-altered": (lambda backup: flipped(backup, "secrets/password"), "damaged"),
    "newer-format": (lambda backup: again(backup, of_format(format=2, mlabs="9.0")), NEWER),
    "newer-tables": (lambda backup: again(backup, of_format(revision="9999", mlabs="9.0")), NEWER),
    "dots": (lambda backup: again(backup, adding((Entry("users/../../evil", size=1), b"x"))), HARM),
    "absolute": (lambda backup: again(backup, adding((Entry("/tmp/evil", size=1), b"x"))), HARM),
    "stranger": (lambda backup: again(backup, adding((Entry("evil.py", size=1), b"x"))), HARM),
    "link-for-secrets": (lambda backup: again(backup, adding((link("secrets/x", "/etc"), b""))), HARM),
    "link-for-homes": (lambda backup: again(backup, adding((link("users", "/etc"), b""))), HARM),
    "through-a-link": (
        lambda backup: again(backup, adding((link("users/x", "/etc"), b""), (Entry("users/x/y"), b""))),
        "twice",
    ),
    "twice": (lambda backup: again(backup, adding((Entry("users/ada/mine é.ipynb", size=1), b"x"))), "twice"),
    "blob-unsaid": (lambda backup: again(backup, adding((Entry(f"blobs/00/{'0' * 62}"), b""))), "damaged"),
}  # fmt: skip


def link(name: str, target: str) -> Entry:
    return Entry(name, "link", target=target)


def other_tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(__file__, "readme")
    return file.getvalue()


@pytest.mark.parametrize(("make", "words"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_not_just_what_was_written_changes_nothing(old_backup, tmp_path, mlabs, make, words):
    backup = tmp_path / "b.tar"
    backup.write_bytes(old_backup)
    backup.write_bytes(make(backup))
    before = sorted(tmp_path.rglob("*"))
    said = mlabs("restore", backup, "--data", tmp_path / "new", status=1)
    assert re.search(words, said), said
    assert sorted(tmp_path.rglob("*")) == before


def test_no_file_is_said(tmp_path, mlabs):
    assert "There is no file" in mlabs("restore", tmp_path / "b.tar", "--data", tmp_path / "new", status=1)
    assert "is a folder" in mlabs("restore", tmp_path, "--data", tmp_path / "new", status=1)


def test_one_of_an_earlier_release_is_brought_to_this(lived, tmp_path, mlabs):
    for left in lived.glob("mlabs.sqlite*"):
        left.unlink()
    store = Store(directory=str(lived))
    migrate(store, "0001")
    with store._writer.begin() as connection:
        seed(connection)
    store.close()
    for number in range(3):
        Blobs(directory=str(lived / "blobs")).put(blob(number))
    mlabs("backup", tmp_path / "b.tar", "--data", lived)
    said = json.loads(mlabs("restore", tmp_path / "b.tar", "--data", tmp_path / "new", "--json"))
    assert said["backup"]["revision"] == "0001"
    assert said["check"]["problems"] == []
    store = Store(directory=str(tmp_path / "new"))
    with store.engine.connect() as connection:
        assert revision_of(connection) == revisions()[0]
    store.close()
    assert said["check"]["rows"]["lab"] == 3


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.s3
def test_into_postgresql_and_s3_as_the_settings_say(
    backup, labs, lived, tmp_path, mlabs, postgresql_url, s3_store, monkeypatch
):
    kept = s3_store.settings()
    file = tmp_path / "settings.py"
    file.write_text(f"c.Store.url = {postgresql_url!r}\nc.Blobs.update({kept!r})\n")
    monkeypatch.setenv("MLABS_CONFIG", str(file))
    new = tmp_path / "new"
    assert "All is well" in mlabs("restore", backup, "--data", new)
    assert rows(postgresql_url) == rows(f"sqlite:///{lived / 'mlabs.sqlite'}")
    blobs = Blobs(directory=str(tmp_path / "unfinished"), **kept)
    assert all(map(blobs.exists, labs))
    assert not list(new.glob("mlabs.sqlite*"))
    assert not (new / "blobs").exists()
    assert json.loads(mlabs("check", "--data", new, "--json"))["blobs"] == len(labs)
    # And a second one, into the same database, changes nothing.
    assert "is not empty: " in mlabs("restore", backup, "--data", tmp_path / "other", status=1)
    assert not (tmp_path / "other").exists()
    # Back again, into files.
    mlabs("backup", tmp_path / "c.tar", "--data", new)
    file.write_text("")
    assert "All is well" in mlabs("restore", tmp_path / "c.tar", "--data", tmp_path / "files")
    assert rows(f"sqlite:///{tmp_path / 'files' / 'mlabs.sqlite'}") == rows(postgresql_url)
    assert search(tmp_path / "files") == ["mnist", "mnist"]


def search(data: Path) -> list[str]:
    """The labs that are found by a word."""
    store = Store(directory=str(data))
    labs = Labs(store=store, addresses=Addresses("/"))
    found = labs.find(Viewer(name="bob", can_read=True), q="digits")[0]
    store.close()
    return [lab.name for lab in found]
