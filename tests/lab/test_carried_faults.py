"""A disk that does not show all of a lab's files, on a machine that was lent: nothing of them is lost."""

from __future__ import annotations

import errno
import io
import os
import secrets
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.file_server import serving

from mlabs_ext.lab.away import Away, Failed
from mlabs_ext.lab.carried import Here, Run


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("files")) as made:
        yield made


@pytest.fixture
def home(files):
    home = files.home(f"ada-{secrets.token_hex(4)}")
    (home / "mnist" / "deep").mkdir(parents=True)
    (home / "mnist" / "deep" / "old.txt").write_text("old")
    return home


@pytest.fixture
def here(files, home, tmp_path):
    """The files on the machine: as at home, one that was changed, and two that are new."""
    (tmp_path / "machine").mkdir()
    made = Here(tmp_path / "machine", ["mnist"], Away(files.url, files.lease(home.name, "mnist")))
    made.pull()
    for name in ("deep/old.txt", "a.txt", "z.txt"):
        (made.root / "mnist" / name).write_text("new")
    yield made
    made.away.connection.close()


class Torn(io.BytesIO):
    """A file on a disk that is broken."""

    def read(self, size=-1):
        raise OSError(errno.EIO, "Input/output error")


@contextmanager
def failing(here, verb, path, fault):
    """Have one file or folder on the machine fail where it is looked at so."""
    real = getattr(Path, verb)

    def fails(self, *args, **kwargs):
        if self != here.root / path:
            return real(self, *args, **kwargs)
        if fault is Torn:
            return Torn()
        raise OSError(fault, os.strerror(fault))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, verb, fails)
        yield


FAULTS = {
    "nobody may read it": ("open", errno.EACCES),
    "too many files are open": ("open", errno.EMFILE),
    "nobody may look at it": ("lstat", errno.EACCES),
    "its disk is broken": ("open", Torn),
}


def refused(here, what):
    with pytest.raises(
        Failed, match=rf"{what} cannot be read, so it is not sent: .*Make it readable"
    ) as caught:
        here.push()
    assert not caught.value.final
    assert Run(here, 1, 1).attempt(here.push, 0) is False, "so that nothing here is removed"


def at_home(home):
    folder = home / "mnist"
    found = {str(one.relative_to(folder)): one for one in folder.rglob("*.txt")}
    return {path: one.read_text() for path, one in found.items()}


@pytest.mark.parametrize(("verb", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_file_that_cannot_be_read_is_no_file_that_is_gone(here, home, verb, fault):
    with failing(here, verb, "mnist/a.txt", fault):
        refused(here, "mnist/a.txt")
    assert at_home(home) == {"deep/old.txt": "new", "z.txt": "new"}, "the others are sent"
    here.push()
    assert at_home(home) == {"deep/old.txt": "new", "z.txt": "new", "a.txt": "new"}


@pytest.mark.parametrize("verb", ["iterdir", "lstat"])
def test_a_folder_that_cannot_be_listed_is_not_emptied_at_home(here, home, verb):
    with failing(here, verb, "mnist/deep", errno.EIO):
        refused(here, "mnist/deep")
    assert at_home(home) == {"deep/old.txt": "old", "a.txt": "new", "z.txt": "new"}
    here.push()
    assert at_home(home)["deep/old.txt"] == "new"


@pytest.mark.parametrize(("verb", "path"), [("open", "a.txt"), ("lstat", "a.txt"), ("lstat", "deep")])
def test_what_goes_while_it_is_looked_at_is_gone(here, home, verb, path):
    with failing(here, verb, f"mnist/{path}", errno.ENOENT):
        here.push()
    assert {name.partition("/")[0] for name in at_home(home)} == {"a.txt", "deep", "z.txt"} - {path}
