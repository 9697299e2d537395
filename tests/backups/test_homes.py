"""Homes are copied as they are, whatever their owners do to them meanwhile or mean by it."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlabs_ext.backups import homes

NOBODY = 65534


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "users"
    (root / "ada" / "deep").mkdir(parents=True)
    (root / "ada" / "deep" / "file").write_text("mine")
    return root


def walked(root: Path, left_out: list[str]) -> dict[str, tuple[str, str, bytes]]:
    """What is found: kind, target and contents by name."""
    return {
        entry.name: (entry.kind, entry.target, b"".join(homes.chunks(opened)) if opened else b"")
        for entry, opened in homes.walk(root, "users", left_out)
    }


def test_folders_come_before_what_is_in_them(home):
    found = walked(home, left_out := [])
    assert list(found) == ["users", "users/ada", "users/ada/deep", "users/ada/deep/file"]
    assert found["users/ada/deep/file"] == ("file", "", b"mine")
    assert left_out == []


def test_links_are_kept_and_never_followed(home, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("theirs")
    (home / "ada" / "to-folder").symlink_to(tmp_path / "secret")
    (home / "ada" / "to-file").symlink_to(tmp_path / "secret" / "key")
    (home / "ada" / "to-nothing").symlink_to("nowhere")
    found = walked(home, left_out := [])
    assert {name: one for name, one in found.items() if one[0] == "link"} == {
        "users/ada/to-folder": ("link", str(tmp_path / "secret"), b""),
        "users/ada/to-file": ("link", str(tmp_path / "secret" / "key"), b""),
        "users/ada/to-nothing": ("link", "nowhere", b""),
    }
    assert not [name for name in found if "key" in name]
    assert left_out == []


def test_a_folder_that_becomes_a_link_is_not_entered(home, tmp_path):
    """A person who swaps it while root reads would otherwise have root's files in a backup."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("theirs")
    found = {}
    for entry, _ in homes.walk(home, "users", []):
        found[entry.name] = entry.kind
        if entry.name == "users/ada":
            (home / "ada" / "deep").rename(home / "ada" / "moved")
            (home / "ada" / "deep").symlink_to(tmp_path / "secret")
    assert not [name for name in found if "key" in name]


def test_what_is_no_file_holds_nothing_up(home):
    os.mkfifo(home / "ada" / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        before = Path.cwd()
        os.chdir(home / "ada")
        server.bind("socket")
        os.chdir(before)
        assert "users/ada/pipe" not in walked(home, left_out := [])
        assert left_out == []


def test_what_may_not_be_read_is_said():
    with tempfile.TemporaryDirectory() as folder, nobody(Path(folder)):
        root = Path(folder, "users")
        root.mkdir()
        (root / "closed").write_text("mine")
        (root / "closed").chmod(0)
        (root / "folder").mkdir(mode=0)
        (root / "open").write_text("mine")
        found = walked(root, left_out := [])
        assert list(found) == ["users", "users/open"]
        assert left_out == [f"{root / 'closed'}: Permission denied", f"{root / 'folder'}: Permission denied"]
        (root / "folder").rmdir()


@contextmanager
def nobody(folder: Path) -> Iterator[None]:
    """Be somebody whom permissions hold for, as they do not for root; `folder` is theirs."""
    if os.geteuid():
        yield
        return
    os.chown(folder, NOBODY, -1)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_goes_meanwhile_is_not_there(home):
    found = []
    for entry, _ in homes.walk(home, "users", left_out := []):
        found.append(entry.name)
        if entry.name == "users/ada/deep":
            (home / "ada" / "deep" / "file").unlink()
    assert found == ["users", "users/ada", "users/ada/deep"]
    assert left_out == []


def test_folders_without_end_keep_nobody_elses_work_out_of_a_backup(home):
    deep = home / "ada"
    for _ in range(homes.DEEPEST + 50):
        deep /= "d"
        deep.mkdir()
    (home / "bob").mkdir()
    (home / "bob" / "file").write_text("theirs")
    found = walked(home, left_out := [])
    assert found["users/bob/file"] == ("file", "", b"theirs")
    assert len(left_out) == 1
    assert "too deep" in left_out[0]


def test_a_path_that_is_too_long_to_restore_is_said(home, monkeypatch):
    monkeypatch.setattr(homes, "LONGEST", 30)
    (home / "ada" / ("n" * 30)).write_text("")
    found = walked(home, left_out := [])
    assert found["users/ada/deep/file"] == ("file", "", b"mine")
    assert left_out == [f"{home / 'ada' / ('n' * 30)}: too deep, or its path too long"]
