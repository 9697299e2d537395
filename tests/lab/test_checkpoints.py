"""A fork goes on from what a run of its original made: the files are there, whole and read-only."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime

import pytest
from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site
from ulid import ULID

from mlabs_ext.lab.checkpoints import Checkpoints
from mlabs_ext.lab.client import Client

__all__ = ["migrated", "site", "start_site"]

FILES = {"model/weights.bin": b"w" * 3_000_000, "history.json": b"{}"}


@pytest.fixture
def run(site):
    """A run of ada's public lab x, with files."""
    site.publish(name="x")
    run = str(ULID())
    started = datetime.now(UTC).isoformat()
    body = {"id": run, "lab": "ada/x", "started": started, "environment": "python"}
    assert site.as_("ada").post("api/v1/runs", json=body).status_code == 201
    for path, data in FILES.items():
        assert site.as_("ada").put(f"api/v1/runs/{run}/outputs/{path}", content=data).status_code == 201
    return run


@pytest.fixture
async def bob(site, tmp_path):
    client = Client(url=site.url, token="bob-token")
    yield Checkpoints(client=client, root=tmp_path)
    client.close()


def fork(site, outputs):
    return site.as_("bob").post("api/v1/labs/ada/x/fork", json={"outputs": outputs})


async def test_the_outputs_are_beside_the_notebook_read_only(site, run, bob, tmp_path):
    lab = await asyncio.to_thread(fork, site, run)
    assert (lab.status_code, lab.json()["checkpoint"]) == (201, run)
    assert await bob.attempt("bob/x")
    folder = tmp_path / "x" / "checkpoint"
    assert {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == FILES
    for path in (folder, *folder.rglob("*")):
        assert not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH), path


async def test_what_is_there_is_not_fetched_again(site, run, bob, tmp_path):
    await asyncio.to_thread(fork, site, run)
    folder = tmp_path / "x" / "checkpoint"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    assert await bob.attempt("bob/x")
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


async def test_a_service_that_does_not_answer_is_asked_again(site, run, bob, tmp_path):
    await asyncio.to_thread(fork, site, run)
    there, bob.client.url = bob.client.url, "http://127.0.0.1:9/"
    bob.client.attempts = 1
    assert not await bob.attempt("bob/x")
    assert not (tmp_path / "x" / "checkpoint").exists()
    bob.client.url = there
    assert await bob.attempt("bob/x")
    assert (tmp_path / "x" / "checkpoint" / "history.json").exists()


async def test_an_original_that_is_private_now_gives_nothing_more(site, run, bob, tmp_path):
    await asyncio.to_thread(fork, site, run)
    change = {"visibility": "private"}
    await asyncio.to_thread(lambda: site.as_("ada").patch("api/v1/labs/ada/x", json=change))
    assert await bob.attempt("bob/x"), "it is not tried for ever"
    assert not (tmp_path / "x" / "checkpoint").exists()


def test_only_runs_of_that_lab_with_outputs_can_be_gone_on_from(site, run):
    site.publish(name="y")
    other = str(ULID())
    started = datetime.now(UTC).isoformat()
    body = {"id": other, "lab": "ada/y", "started": started, "environment": "python"}
    site.as_("ada").post("api/v1/runs", json=body)
    for outputs in (other, str(ULID())):
        answer = fork(site, outputs)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "outputs_absent")


def test_the_fork_page_carries_the_run_along(site, run):
    session = site.session("bob")
    navigate = {"Sec-Fetch-Mode": "navigate"}
    assert "Fork from here" in session.get(f"@ada/x/runs/{run}", headers=navigate).text
    asked = session.get(f"fork/@ada/x?outputs={run}", headers=navigate).text
    assert "checkpoint/" in asked
    form = {"outputs": run, "open": "later", "_xsrf": session.headers["X-XSRFToken"], "key": "k"}
    sent = session.post("fork/@ada/x", data=form, headers={**navigate, "Sec-Fetch-Site": "same-origin"})
    assert sent.status_code == 303
    assert site.as_("bob").get("api/v1/labs/bob/x").json()["checkpoint"] == run


async def test_a_server_of_the_fork_has_them(site, run, tmp_path):
    await asyncio.to_thread(fork, site, run)
    server = UserServer(tmp_path, site.url, lab="bob/x")
    server.token = "bob-token"
    await server.start()
    try:
        file = server.root / "x" / "checkpoint" / "model" / "weights.bin"
        for _ in range(600):
            if file.exists():
                break
            await asyncio.sleep(0.05)
        assert file.read_bytes() == FILES["model/weights.bin"]
    finally:
        await server.stop()
