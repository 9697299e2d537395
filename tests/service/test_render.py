import asyncio
import gzip
import json
import os
import shutil
import signal
import time

import psutil
import pytest
import pytest_asyncio

from mlabs_ext.errors import Unavailable
from mlabs_ext.notebook import sha256
from mlabs_ext.service import render
from mlabs_ext.service.render import Renderer
from mlabs_ext.service.render_headers import headers
from mlabs_ext.service.rendering.document import Choice


def notebook(*sources, **metadata):
    cells = [
        {"cell_type": "markdown", "id": f"c{n}", "metadata": {}, "source": source}
        for n, source in enumerate(sources)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}).encode()


# The parser looks for the end of each of these environments, in all that follows.
SLOW = notebook(r"\begin{a}" * 100_000)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def steady(tmp_path_factory):
    """A renderer whose worker lives as long as this module's tests."""
    made = Renderer(directory=str(tmp_path_factory.mktemp("steady")), workers=1)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def renderer(tmp_path):
    """One to be broken."""
    made = Renderer(directory=str(tmp_path / "renders"), workers=1)
    yield made
    await made.close()


async def document(renderer, data):
    return await renderer.document(data, sha256(data))


@pytest.fixture
def workers():
    """Lists the worker processes that the test started."""

    def all_of_them():
        found = psutil.Process().children()
        return {child for child in found if "mlabs_ext.service.rendering" in child.cmdline()}

    before = all_of_them()
    return lambda: list(all_of_them() - before)


async def test_a_notebook_becomes_a_document(steady):
    shown = await document(steady, notebook("# Title", "second"))
    assert shown.complete
    html = shown.html()
    assert gzip.decompress(shown.page) == html
    assert b"<title>Title</title>" in html
    assert b"second" in html
    assert b"second" not in shown.html(cells="1")
    assert b'data-theme="dark"' in shown.html(theme="dark")


async def test_what_a_document_tells_is_kept_with_it(renderer):
    data = notebook("# One", "## Two")
    digest = sha256(data)
    assert (await renderer.about(digest)).outline == []
    await document(renderer, data)
    kept = Renderer(directory=renderer.directory)
    for one in (renderer, kept):
        assert [heading.name for heading in (await one.about(digest)).outline] == ["One", "Two"]


async def test_a_document_is_made_once(renderer, monkeypatch):
    data = notebook("x")
    first, second = await asyncio.gather(document(renderer, data), document(renderer, data))
    assert first is second is renderer.cached(sha256(data))
    await renderer.close()
    again = Renderer(directory=renderer.directory)
    monkeypatch.setattr(again, "_workers", None)
    kept = await document(again, data)
    assert (kept.etag, kept.page) == (first.etag, first.page)
    assert kept.html(theme="dark") == first.html(theme="dark")


async def test_etags_tell_notebooks_choices_and_renderers_apart(steady):
    one, two = await document(steady, notebook("one")), await document(steady, notebook("two"))
    tags = {one.etag, two.etag, one.etag_of(Choice(theme="dark")), one.etag_of(Choice(cells="1"))}
    assert len(tags) == 4
    assert one.etag_of(Choice()) == one.etag
    assert steady.version in one.etag


async def test_posters_cost_nothing_to_send(renderer):
    heavy = {"output_type": "stream", "name": "stdout", "text": "x" * 400_000}
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "source": "x", "execution_count": 1}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell | {"outputs": [heavy]}]}
    shown, plain = (
        await document(renderer, json.dumps(book).encode()),
        await document(renderer, notebook("x")),
    )
    posters = Choice(heavy="click")
    assert b"Show output (391 KB)" in gzip.decompress(shown.ready(posters))
    assert b"x" * 400_000 in gzip.decompress(shown.ready(Choice()))
    assert shown.ready(Choice(theme="dark")) is None
    assert shown.etag_of(posters) != shown.etag
    assert plain.ready(posters) is plain.page
    assert plain.etag_of(posters) == plain.etag
    again = Renderer(directory=renderer.directory)
    kept = await document(again, json.dumps(book).encode())
    assert kept.ready(posters) == shown.ready(posters)
    assert b"x" * 400_000 in kept.html_of(Choice(heavy="click", full="c"))


async def test_a_slow_notebook_is_given_up_and_the_next_one_is_shown(renderer, caplog, workers):
    renderer.timeout = 0.5
    await renderer.warm()
    started = time.monotonic()
    shown = await document(renderer, SLOW)
    assert time.monotonic() - started < 5
    assert not shown.complete
    assert b"Too complex to show" in shown.html()
    assert b'href="/x.ipynb"' in shown.html_of(Choice(), "/x.ipynb")
    assert "could not be rendered" in caplog.text
    assert not workers()
    renderer.timeout = 30
    assert (await document(renderer, notebook("fine"))).complete


async def test_a_failure_is_remembered_for_a_while(renderer, monkeypatch):
    renderer.timeout = 0.5
    await renderer.warm()
    await document(renderer, SLOW)
    monkeypatch.setattr(renderer, "_workers", None)
    assert not (await document(renderer, SLOW)).complete


async def test_the_last_good_document_stands_in(renderer):
    data = notebook("good")
    await document(renderer, data)
    newer = Renderer(directory=renderer.directory, assets_url="/elsewhere/", timeout=0.0)
    try:
        shown = await document(newer, data)
        assert b"good" in shown.html()
        assert b"good" in shown.html(theme="dark")
    finally:
        await newer.close()


async def test_a_killed_worker_is_replaced(renderer, workers):
    await renderer.warm()
    (worker,) = workers()
    os.killpg(worker.pid, signal.SIGKILL)
    assert not (await document(renderer, notebook("one"))).complete
    assert (await document(renderer, notebook("two"))).complete


async def test_too_much_memory_ends_only_that_notebook(tmp_path):
    renderer = Renderer(directory=str(tmp_path), memory=400 << 20, timeout=20)
    try:
        assert not (await document(renderer, notebook("x " * 40_000_000))).complete
        assert (await document(renderer, notebook("small"))).complete
    finally:
        await renderer.close()


async def test_not_a_notebook(steady):
    assert not (await document(steady, b"{}")).complete


async def test_no_more_workers_than_allowed(tmp_path, workers):
    renderer = Renderer(directory=str(tmp_path), workers=2)
    try:
        await asyncio.gather(*(document(renderer, notebook(str(n))) for n in range(12)))
        assert len(workers()) == 2
    finally:
        await renderer.close()
    assert not workers()


async def test_memory_is_bounded(steady, monkeypatch):
    monkeypatch.setattr(steady, "kept", 2000)
    for n in range(8):
        await document(steady, notebook(f"# {n}"))
    assert steady.cached(sha256(notebook("# 0"))) is None
    assert steady.cached(sha256(notebook("# 7"))) is not None
    assert (await document(steady, notebook("# 0"))).complete


async def test_workers_know_no_secrets(renderer, monkeypatch, workers):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    await renderer.warm()
    (worker,) = workers()
    assert "JUPYTERHUB_API_TOKEN" not in worker.environ()


async def test_without_the_ui_build_documents_are_plain(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(render, "STATIC", tmp_path)
    renderer = Renderer(directory=str(tmp_path))
    assert "ui/build.py" in caplog.text
    try:
        html = (await document(renderer, notebook("$x^2$"))).html()
    finally:
        await renderer.close()
    assert b"$x^2$" in html
    assert b"stylesheet" not in html


async def test_headers_wall_documents_in():
    sent = headers("https://hub.example/services/mlabs/")
    policy = dict(part.split(" ", 1) for part in sent["Content-Security-Policy"].split("; "))
    static = "https://hub.example/services/mlabs/static/render/"
    assert policy == {
        "sandbox": "allow-scripts",
        "default-src": "'none'",
        "script-src": f"'unsafe-inline' 'unsafe-eval' blob: {static}",
        "style-src": f"'unsafe-inline' {static}",
        "img-src": "data: blob:",
        "media-src": "data: blob:",
        "font-src": f"data: {static}",
        "connect-src": "'none'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "*",
    }
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert sent["Referrer-Policy"] == "strict-origin-when-cross-origin"


async def test_a_folder_that_was_emptied_is_filled_again(steady):
    digest = sha256(notebook("# One", "two"))
    shown = await steady.document(notebook("# One", "two"), digest)
    shutil.rmtree(steady.directory)
    with pytest.raises(Unavailable):
        shown.html("c1")
    assert steady.cached(digest) is None
    shown = await steady.document(notebook("# One", "two"), digest)
    assert b"two" in shown.html("c1")
