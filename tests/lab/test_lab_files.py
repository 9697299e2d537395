"""Files that lie beside a lab come to its folder, each once, and take nothing's place."""

from __future__ import annotations

import asyncio

import pytest
from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site
from support.waiting import eventually

from mlabs_ext.lab.client import Client
from mlabs_ext.lab.lab_files import LabFiles

__all__ = ["migrated", "site", "start_site"]

FILES = {"data/x 1.csv": b"x" * 3_000_000, "y.csv": b"y"}


@pytest.fixture
async def files(site, tmp_path):
    """What ada's server does for her lab x, which has files beside it."""
    await asyncio.to_thread(site.publish, name="x")
    for path, data in FILES.items():
        await asyncio.to_thread(put, site, path, data)
    client = Client(url=site.url, token="ada-token")
    yield LabFiles(client=client, root=tmp_path)
    client.close()


def put(site, path, data):
    assert site.as_("ada").put(f"api/v1/labs/ada/x/assets/{path}", content=data).status_code == 201


def there(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


async def test_they_are_beside_the_notebook(files, tmp_path):
    assert await files.attempt("ada/x")
    assert there(tmp_path / "x") == FILES


async def test_what_was_changed_or_removed_stays_so(site, files, tmp_path):
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "y.csv").write_bytes(b"mine")
    assert await files.attempt("ada/x")
    assert (folder / "y.csv").read_bytes() == b"mine"
    (folder / "y.csv").unlink()
    await asyncio.to_thread(put, site, "z.csv", b"z")
    assert await files.attempt("ada/x")
    assert sorted(there(folder)) == ["data/x 1.csv", "z.csv"]


async def test_what_would_take_the_place_of_something_is_left_alone(site, files, tmp_path):
    for path in ("x.ipynb", "outputs/m.bin", "checkpoint/m.bin", ".hidden"):
        await asyncio.to_thread(put, site, path, b"x")
    assert await files.attempt("ada/x")
    assert there(tmp_path / "x") == FILES


async def test_too_much_is_not_fetched(files, tmp_path):
    files.max_size = 3_000_000
    assert await files.attempt("ada/x")
    assert not (tmp_path / "x").exists()


async def test_a_service_that_does_not_answer_is_asked_again(files, tmp_path):
    url, files.client.url = files.client.url, "http://127.0.0.1:9/"
    files.client.attempts = 1
    assert not await files.attempt("ada/x")
    files.client.url = url
    assert await files.attempt("ada/x")
    assert there(tmp_path / "x") == FILES


async def test_a_server_of_the_lab_has_them(site, files, tmp_path):
    server = UserServer(tmp_path / "home", site.url, lab="ada/x")
    server.token = "ada-token"
    await server.start()
    try:
        await eventually((server.root / "x" / "y.csv").exists)
        assert (server.root / "x" / "y.csv").read_bytes() == b"y"
    finally:
        await server.stop()
