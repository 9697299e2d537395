"""A release: the same files are the same archive, two builds are compared, and others can check it."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest


@pytest.fixture
def pack(script):
    return script("release/pack")


def packed(folder: Path, mtime: int, umask: int, names: tuple[str, ...]) -> Path:
    """A source distribution as a machine makes it."""
    source = folder / "mlabs-1"
    source.mkdir(parents=True)
    archive = folder / "mlabs-1.tar.gz"
    with tarfile.open(archive, "w:gz") as out:
        out.add(source, "mlabs-1", recursive=False)
        for name in names:
            file = source / name
            file.write_text(name)
            file.chmod((0o777 if name.endswith(".sh") else 0o666) & ~umask)
            os.utime(file, (mtime, mtime))
            out.add(file, f"mlabs-1/{name}")
    return archive


def test_the_same_files_are_the_same_archive(script, tmp_path, monkeypatch):
    reproducible = script("ui/reproducible")
    one = packed(tmp_path / "one", 1_000_000, 0o022, ("a.py", "b.sh"))
    other = packed(tmp_path / "other", 2_000_000, 0o002, ("b.sh", "a.py"))
    before = one.read_bytes()
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    reproducible.repack(one)
    assert one.read_bytes() == before
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    for archive in (one, other):
        reproducible.repack(archive)
    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(one) as archive:
        found = {member.name: (member.mode, member.mtime, member.uname) for member in archive}
    assert found == {
        "mlabs-1": (0o755, 1790000000, ""),
        "mlabs-1/a.py": (0o644, 1790000000, ""),
        "mlabs-1/b.sh": (0o755, 1790000000, ""),
    }


@pytest.mark.parametrize(
    ("second", "differing"),
    [({"a": b"1"}, []), ({"a": b"2"}, ["a"]), ({}, ["a"]), ({"a": b"1", "b": b""}, ["b"])],
    ids=["same", "other bytes", "one is missing", "one more"],
)
def test_two_builds_are_compared(pack, tmp_path, second, differing):
    for name, files in (("first", {"a": b"1"}), ("second", second)):
        (tmp_path / name).mkdir()
        for file, data in files.items():
            (tmp_path / name / file).write_bytes(data)
    assert pack.unequal(tmp_path / "first", tmp_path / "second") == differing


def test_others_check_the_checksums(pack, tmp_path):
    (tmp_path / "mlabs-1.whl").write_bytes(b"wheel")
    (tmp_path / pack.SUMS).write_text(pack.sums(tmp_path))
    check = ["sha256sum", "--check", "--strict", pack.SUMS]
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "mlabs-1.whl").write_bytes(b"whee1")
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 1


def test_others_check_the_signature(pack, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    key = [
        "gpg",
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "release@mlabs.invalid",
        "ed25519",
        "sign",
    ]
    try:
        subprocess.run(key, check=True, capture_output=True)
        sums = tmp_path / pack.SUMS
        sums.write_text("0  mlabs-1.whl\n")
        pack.sign(sums, "release@mlabs.invalid")
        check = ["gpg", "--batch", "--verify", f"{sums}.asc", sums]
        assert subprocess.run(check, check=False, capture_output=True).returncode == 0
        sums.write_text("1  mlabs-1.whl\n")
        assert subprocess.run(check, check=False, capture_output=True).returncode == 1
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False)
