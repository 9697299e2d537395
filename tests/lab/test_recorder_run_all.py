"""Which runs are a "Run all": by the front end's word, or by a burst of the whole notebook."""

from __future__ import annotations

import pytest
from lab.user_server import UserServer
from support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

CELLS = ["a = 1", "", "b = a + 1", "print(b)"]
IDS = ["c0", "c1", "c2", "c3"]


def kinds(service) -> list[tuple[bool, int, str]]:
    """Of each run, oldest first: whether it was a "Run all", its cells, its status."""
    ended = service.ended()
    return [
        (
            service.runs[run].run_all,
            sum(event.type == "execute" for event in service.events[run]),
            ended.get(run),
        )
        for run in sorted(service.runs)
    ]


async def test_run_all_by_the_front_ends_word(service, notebook):
    await notebook.execute("0", "c0")
    assert await notebook.run_all(CELLS, IDS) == ["ok"] * 3
    await notebook.execute("b", "c3")
    await notebook.shut_down()
    await eventually(lambda: len(service.ended()) == 3)
    assert kinds(service) == [(False, 1, "succeeded"), (True, 3, "succeeded"), (False, 1, "succeeded")]


async def test_run_all_whose_word_comes_late(service, notebook):
    requests = [notebook.send(code, id) for code, id in zip(CELLS, IDS, strict=True) if code]
    await notebook.until(requests[-1], "execute_reply")
    await notebook.server.api("POST", "mlabs/api/run-all", {"path": "mnist/mnist.ipynb", "cells": IDS}, 204)
    await eventually(service.ended)
    assert kinds(service) == [(True, 3, "succeeded")]


async def test_run_all_that_raises(service, notebook):
    # The kernel aborts what has reached it by the time of the error.
    cells = ["import time; time.sleep(1)", "1/0", "3"]
    assert await notebook.run_all(cells, ["c0", "c1", "c2"]) == ["ok", "error", "aborted"]
    await eventually(service.ended)
    assert kinds(service) == [(True, 2, "failed")]


async def test_run_all_that_ends_with_an_empty_cell(service, notebook):
    await notebook.run_all(["1", "2", " "], ["c0", "c1", "c2"])
    await eventually(service.ended)
    assert kinds(service) == [(True, 2, "succeeded")]


async def test_run_all_of_one_cell(service, server):
    ids = server.write_notebook("mnist/mnist.ipynb", [" ", "1", ""])
    notebook = await server.open_notebook()
    await notebook.run_all(["", "1", ""], ids)
    await eventually(service.ended)
    assert kinds(service) == [(True, 1, "succeeded")]


async def test_restart_and_run_all(service, server, notebook):
    server.write_notebook("mnist/mnist.ipynb", CELLS)
    await notebook.execute("0", "c0")
    body = {"path": "mnist/mnist.ipynb", "cells": IDS}
    await notebook.server.api("POST", "mlabs/api/run-all", body, 204)
    await notebook.restart()
    assert await notebook.run_all(CELLS, IDS, mark=False) == ["ok"] * 3
    await eventually(lambda: len(service.ended()) == 2)
    assert kinds(service) == [(False, 1, "succeeded"), (True, 3, "succeeded")]


async def test_what_follows_a_restart_is_no_burst_with_what_came_before(service, tmp_path):
    """However late the recorder looks: a slow machine hears the restart before it judges the first cell."""
    slow = UserServer(tmp_path, service.url, options=("--Recorder.patience=5", "--Recorder.window=2"))
    await slow.start()
    try:
        slow.write_notebook("mnist/mnist.ipynb", CELLS)
        notebook = await slow.open_notebook()
        await notebook.execute("0", "c0")
        await notebook.restart()
        await notebook.run_all(CELLS, IDS, mark=False)
        await eventually(lambda: len(service.ended()) == 2)
    finally:
        await slow.stop()
    assert kinds(service) == [(False, 1, "succeeded"), (True, 3, "succeeded")]


@pytest.mark.parametrize("with_ids", [True, False], ids=["cell ids", "no cell ids"])
async def test_run_all_by_a_burst(service, server, with_ids):
    ids = server.write_notebook("mnist/mnist.ipynb", CELLS)
    notebook = await server.open_notebook()
    await notebook.run_all(CELLS, ids if with_ids else [None] * 4, mark=False)
    await eventually(service.ended)
    assert kinds(service) == [(True, 3, "succeeded")]


async def test_a_burst_that_is_not_the_whole_notebook(service, server):
    ids = server.write_notebook("mnist/mnist.ipynb", CELLS)
    notebook = await server.open_notebook()
    await notebook.run_all(CELLS[:3], ids[:3], mark=False)
    await notebook.shut_down()
    await eventually(service.ended)
    assert kinds(service) == [(False, 2, "succeeded")]
