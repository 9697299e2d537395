"""A lab's server has the datasets that the lab uses: whole, read-only, and those alone."""

from __future__ import annotations

import asyncio
import stat

import pytest

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site

from mlabs_ext.lab.client import Client
from mlabs_ext.lab.datasets import DataFolder

__all__ = ["migrated", "site", "start_site"]

FILES = {"in/big.bin": b"w" * 3_000_000, "a table.csv": b"a,b\n1,2\n"}


def make(site, name="birds", files=FILES, to="datasets"):
    parts = [("file", (path, data)) for path, data in files.items()]
    answer = site.as_("ada").post(f"api/v1/{to}", files=parts, data={"name": name} if name else {})
    assert answer.status_code == 201, answer.text


def attach(site, lab="x", dataset="birds", **fields):
    answer = site.as_("ada").put(f"api/v1/labs/ada/{lab}/data/ada/{dataset}", json=fields)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def birds(site):
    """ada's private dataset, in two versions, and her labs x and y."""
    make(site)
    make(site, None, {"new.csv": b"3"}, "datasets/ada/birds/versions")
    for lab in "xy":
        site.publish(name=lab)
    return site


@pytest.fixture
async def ada(site, tmp_path):
    client = Client(url=site.url, token="ada-token")
    yield DataFolder(client=client, root=tmp_path, mounted=str(tmp_path / "mounted"))
    client.close()


def inside(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


async def test_the_files_are_beside_the_notebook_read_only(birds, ada, tmp_path):
    await asyncio.to_thread(attach, birds, version=1)
    assert await ada.attempt("ada/x")
    folder = tmp_path / "x" / "data" / "ada" / "birds"
    assert inside(folder.resolve()) == FILES
    for path in (folder.resolve(), *folder.resolve().rglob("*")):
        assert not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH), path
    assert (folder / "a table.csv").read_bytes() == FILES["a table.csv"]


@pytest.mark.parametrize("harm", ["changed", "added", "removed"])
async def test_what_was_changed_is_fetched_again_by_the_next_server(birds, ada, tmp_path, harm):
    """No mode of a file keeps root out."""
    await asyncio.to_thread(attach, birds, version=1)
    assert await ada.attempt("ada/x")
    folder = (tmp_path / "x" / "data" / "ada" / "birds").resolve()
    table = folder / "a table.csv"
    folder.chmod(0o700)
    table.chmod(0o600)
    if harm == "removed":
        table.unlink()
    else:
        (table if harm == "changed" else folder / "new.csv").write_bytes(b"a,b\n9,9\n")
    again = DataFolder(client=ada.client, root=tmp_path, mounted=str(tmp_path / "mounted"))
    assert await again.attempt("ada/x")
    assert inside(folder) == FILES
    before = table.stat().st_ino
    once_more = DataFolder(client=ada.client, root=tmp_path, mounted=str(tmp_path / "mounted"))
    assert await once_more.attempt("ada/x")
    assert table.stat().st_ino == before, "what is whole is left alone"


async def test_the_link_follows_what_the_lab_uses(birds, ada, tmp_path):
    for lab in "xy":
        await asyncio.to_thread(attach, birds, lab, version=1)
        assert await ada.attempt(f"ada/{lab}")
    await asyncio.to_thread(attach, birds, "x")
    assert await ada.attempt("ada/x")
    versions = tmp_path / ".mlabs" / "data" / "ada" / "birds"
    link = tmp_path / "x" / "data" / "ada" / "birds"
    assert inside(link.resolve()) == {"new.csv": b"3"}
    assert {path.name for path in versions.iterdir()} == {"1", "2"}, "y goes on with the first"
    await asyncio.to_thread(attach, birds, "y")
    assert await ada.attempt("ada/y")
    assert {path.name for path in versions.iterdir()} == {"2"}
    (tmp_path / "x" / "data" / "ada" / "mine.txt").write_text("mine")
    gone = await asyncio.to_thread(birds.as_("ada").delete, "api/v1/labs/ada/x/data/ada/birds")
    assert gone.status_code == 204
    assert await ada.attempt("ada/x")
    assert [path.name for path in link.parent.iterdir()] == ["mine.txt"]


async def test_what_is_mounted_is_not_fetched(birds, ada, tmp_path):
    there = tmp_path / "mounted" / "ada" / "birds"
    there.mkdir(parents=True)
    await asyncio.to_thread(attach, birds)
    assert await ada.attempt("ada/x")
    assert (tmp_path / "x" / "data" / "ada" / "birds").readlink() == there
    assert not (tmp_path / ".mlabs" / "data").exists()


async def test_what_is_not_mounted_has_links_in_its_place(birds, ada, tmp_path):
    ada.links = ada.mounted
    for version, files in ((1, FILES), (2, {"new.csv": b"3"})):
        await asyncio.to_thread(attach, birds, version=version)
        for _ in range(2):
            assert await ada.attempt("ada/x")
            assert inside((tmp_path / "mounted" / "ada" / "birds").resolve()) == files
            assert inside((tmp_path / "x" / "data" / "ada" / "birds").resolve()) == files
    gone = await asyncio.to_thread(birds.as_("ada").delete, "api/v1/labs/ada/x/data/ada/birds")
    assert gone.status_code == 204
    assert await ada.attempt("ada/x")
    assert not list((tmp_path / "mounted" / "ada").iterdir())


async def test_what_is_too_large_or_in_the_way_is_left_alone(birds, ada, tmp_path):
    ada.max_size = 10
    await asyncio.to_thread(attach, birds, version=1)
    assert await ada.attempt("ada/x")
    assert not (tmp_path / "x" / "data").exists()
    ada.max_size = 10_000_000
    mine = tmp_path / "x" / "data" / "ada" / "birds"
    mine.mkdir(parents=True)
    (mine / "own.csv").write_text("1")
    assert await ada.attempt("ada/x")
    assert inside(mine) == {"own.csv": b"1"}


async def test_a_service_that_stops_in_between_leaves_no_half(birds, ada, tmp_path):
    await asyncio.to_thread(attach, birds, version=1)
    blob = next(
        path
        for path in (tmp_path / "data-0" / "blobs").rglob("*")
        if path.is_file() and path.stat().st_size == 3_000_000
    )
    away = blob.rename(blob.with_name("away"))
    await ada.attempt("ada/x")
    assert not (tmp_path / "x" / "data").exists()
    away.rename(blob)
    assert await ada.attempt("ada/x")
    assert inside((tmp_path / "x" / "data" / "ada" / "birds").resolve()) == FILES
