"""Packages come from the indexes of this machine, and only those that are locked."""

from __future__ import annotations

import hashlib
import zipfile

import pytest

from mlabs_images import fetch

HASH = "--hash=sha256:"


def wheel(folder, name, tag="py3-none-any"):
    file = folder / f"{name}-1.0-{tag}.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "")
    return file


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that this machine's pip asks, and nothing else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "fetched"
    folder.mkdir()
    return folder


def names(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize(
    ("tag", "machine"),
    [
        pytest.param("py3-none-any", "x86_64", id="any platform"),
        pytest.param("cp311-cp311-manylinux_2_28_x86_64", "x86_64", id="the images' Python and processor"),
        pytest.param("cp39-abi3-manylinux2014_aarch64", "aarch64", id="an engine on another processor"),
    ],
)
def test_a_wheel_for_the_image_is_fetched_whatever_this_machine_is(index, target, tmp_path, tag, machine):
    file = wheel(index, "tinypackage", tag)
    lock = tmp_path / "a.lock"
    lock.write_text(f"tinypackage==1.0 {HASH}{digest(file)}\n")
    said = []
    fetch.wheels(lock, target, machine, said.append)
    assert names(target) == [file.name]
    assert any("tinypackage" in line for line in said)


@pytest.mark.parametrize("wrong", ["hash", "platform"])
def test_nothing_else_is(index, target, tmp_path, wrong):
    file = wheel(index, "tinypackage", "py3-none-any" if wrong == "hash" else "cp312-cp312-macosx_11_0_arm64")
    lock = tmp_path / "a.lock"
    lock.write_text(f"tinypackage==1.0 {HASH}{digest(file) if wrong == 'platform' else '0' * 64}\n")
    with pytest.raises(fetch.FetchFailed):
        fetch.wheels(lock, target, "x86_64", lambda line: None)
    assert names(target) == []


@pytest.fixture
def source_index(tmp_path, monkeypatch):
    """An index with the source of one project, which would be no good to this machine's Python."""
    folder = tmp_path / "simple" / "my-source"
    folder.mkdir(parents=True)
    archive = folder / "My_Source-1.0.tar.gz"
    archive.write_bytes(b"not even an archive")
    link = f'<a href="{archive.name}#sha256={digest(archive)}">{archive.name}</a>'
    (folder / "index.html").write_text(link)
    monkeypatch.setenv("PIP_INDEX_URL", folder.parent.as_uri())
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    return archive


def test_a_source_is_fetched_without_running_it(source_index, target, tmp_path):
    lock = tmp_path / "a.lock"
    lock.write_text(f"# made\nmy.source==1.0 \\\n    {HASH}{'1' * 64} \\\n    {HASH}{digest(source_index)}\n")
    fetch.sources(lock, target, lambda line: None)
    assert (target / source_index.name).read_bytes() == source_index.read_bytes()


def test_a_source_that_is_not_the_locked_one_is_refused(source_index, target, tmp_path):
    lock = tmp_path / "a.lock"
    lock.write_text(f"my-source==1.0 \\\n    {HASH}{digest(source_index)}\n")
    source_index.write_bytes(b"somebody else's")
    with pytest.raises(fetch.FetchFailed, match="its hash differs"):
        fetch.sources(lock, target, lambda line: None)
    assert names(target) == []


def test_a_source_that_no_index_has_is_named(source_index, target, tmp_path):
    lock = tmp_path / "a.lock"
    lock.write_text(f"my-source==1.0 \\\n    {HASH}{'2' * 64}\n")
    with pytest.raises(fetch.FetchFailed, match=r"my-source that is locked"):
        fetch.sources(lock, target, lambda line: None)


def test_what_an_interrupted_fetch_leaves_does_not_count(tmp_path):
    (tmp_path / "half.whl").touch()
    assert not fetch.complete(tmp_path)
    assert fetch.complete(fetch.finish(tmp_path))
