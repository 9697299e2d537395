"""What the service reads and draws in the background, by real workers."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import pytest_asyncio
from service.conftest import cells
from service.rendering.test_thumbnail import bomb, figure, picture
from support.waiting import eventually

from mlabs_ext import wire
from mlabs_ext.errors import Unavailable
from mlabs_ext.service.index_loop import IndexLoop
from mlabs_ext.service.index_queue import IndexQueue
from mlabs_ext.service.render import Renderer
from mlabs_ext.service.render_pool import WorkerFailed
from mlabs_ext.service.thumbnails import Thumbnails

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def renderer(tmp_path_factory):
    made = Renderer(directory=str(tmp_path_factory.mktemp("renders")), workers=1)
    yield made
    await made.close()


@pytest.fixture
def loop(rules, renderer):
    queue = IndexQueue(store=rules.store, blobs=rules.blobs)
    thumbnails = Thumbnails(store=rules.store, blobs=rules.blobs, addresses=rules.addresses)
    with ThreadPoolExecutor(2) as pool:
        yield IndexLoop(queue, thumbnails, renderer, pool)


def drawn(name: str, *outputs, words: str = "zebra") -> bytes:
    made = cells(f"# {words}", *(f"plot({n})" for n in range(len(outputs))))
    for cell, output in zip(made["cells"][1:], outputs, strict=True):
        cell["outputs"] = [output]
    return json.dumps(made).encode()


def publish(rules, name: str, *outputs, viewer=None) -> wire.Lab:
    return rules.labs.create(viewer or rules.ada, wire.LabCreate(name=name), drawn(name, *outputs))


async def test_figures_become_thumbnails(rules, loop):
    publish(rules, "plot", figure(bomb(60_000, 60_000)), figure(picture(), alt="Red"))
    publish(rules, "none")
    rules.labs.fork(rules.bob, "ada", "plot", wire.ForkCreate(name="copy"))
    assert all(lab.thumbnail is None for lab in rules.labs.find(rules.nobody)[0])
    await loop.round()
    found = {lab.name: lab.thumbnail for lab in rules.labs.find(rules.nobody)[0]}
    assert found["plot"] == wire.Thumbnail("/services/mlabs/thumbnails/ada/plot/1.webp", "Red", 300, 200)
    assert found["copy"].url == "/services/mlabs/thumbnails/bob/copy/1.webp"
    assert found["none"] is None
    one, other = (loop.thumbnails.find(rules.nobody, *lab, 1) for lab in (("ada", "plot"), ("bob", "copy")))
    assert one.digest == other.digest
    assert rules.blobs.get(one.digest)[:4] == b"RIFF"
    assert {lab.name for lab in rules.labs.find(rules.nobody, q="zebra")[0]} == {"plot", "none", "copy"}
    assert loop.queue.waiting() == []


async def test_a_notebook_that_kills_its_worker_has_no_picture(rules, loop, renderer, monkeypatch, caplog):
    async def draw(notebook):
        raise WorkerFailed("It took longer than 10 s.")

    monkeypatch.setattr(renderer, "draw", draw)
    publish(rules, "x", figure(picture()))
    await loop.round()
    assert "has no picture" in caplog.text
    assert rules.labs.get(rules.ada, "ada", "x").thumbnail is None
    assert loop.queue.waiting() == []


async def test_a_notebook_that_is_not_there_is_passed_over(rules, loop, caplog):
    publish(rules, "gone")
    rules.labs.fork(rules.bob, "ada", "gone", wire.ForkCreate(name="copy"))
    rules.blobs.delete(rules.versions.get(rules.ada, "ada", "gone", 1).notebook_sha256)
    publish(rules, "there", figure(picture()))
    await loop.round()
    assert "is not searched" in caplog.text
    assert rules.labs.get(rules.ada, "ada", "there").thumbnail
    assert loop.queue.waiting() == []


async def test_what_could_not_be_read_now_is_read_later(rules, loop, monkeypatch, caplog):
    publish(rules, "x", figure(picture()))
    get, away = rules.blobs.get, [True]

    def sometimes(digest):
        if away:
            raise Unavailable("The store does not answer.")
        return get(digest)

    monkeypatch.setattr(rules.blobs, "get", sometimes)
    monkeypatch.setattr(IndexLoop, "interval", 0.05)
    with caplog.at_level(logging.ERROR):
        watching = asyncio.create_task(loop.watch())
        await eventually(lambda: "could not be looked up" in caplog.text)
        away.clear()
        await eventually(lambda: rules.labs.get(rules.ada, "ada", "x").thumbnail)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
