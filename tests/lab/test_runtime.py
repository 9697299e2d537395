"""`GET·PUT runtime`: where a notebook is to run and where it does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from lab.user_server import UserServer
from support.waiting import eventually

from mlabs_ext.errors import Forbidden, Unavailable, Unusable

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "mnist/mnist.ipynb"
API = f"mlabs/api/runtime?path={PATH}"
OPEN = "/services/mlabs/open/@ada/mnist"


def own(**fields: str) -> dict:
    return {"mlabs": fields}


def metadata(server: UserServer, path: str = PATH) -> dict:
    return json.loads((server.root / path).read_text())["metadata"]


@pytest.mark.parametrize(
    ("lab", "saved", "wanted", "restart", "problem"),
    [
        ({}, {}, ("python", "none"), False, None),
        ({"environment": "pytorch", "accelerator": "gpu"}, {}, ("pytorch", "gpu"), True, None),
        ({}, own(environment="pytorch", accelerator="gpu"), ("pytorch", "gpu"), True, None),
        ({"environment": "pytorch", "accelerator": "gpu"}, own(environment="python"), ("python", "none"),
         False, None),
        ({"environment": "pytorch", "accelerator": "gpu"}, own(environment="pytorch"), ("pytorch", "gpu"),
         True, None),
        ({"environment": "pytorch"}, {"accelerator": "GPU"}, ("pytorch", "gpu"), True, None),
        ({}, {"accelerator": "GPU"}, ("python", "gpu"), False, "Python has no accelerator 'gpu' here."),
        ({}, {"kaggle": {"isGpuEnabled": True}}, ("python", "gpu"), False, "Python has no accelerator 'gpu'"),
        ({}, own(environment="caffe"), ("caffe", "none"), False, "Caffe cannot be used here. It needs"),
        ({}, own(environment="torch"), ("torch", "none"), False, "There is no environment 'torch' here."),
    ],
    ids=["as the lab", "the lab's", "its own", "its own environment", "the lab's accelerator", "Colab's",
         "Colab's, in vain", "Kaggle's, in vain", "not available", "unknown"],
)  # fmt: skip
async def test_what_is_wanted(service, server, lab, saved, wanted, restart, problem):
    service.add_lab("ada/mnist", **lab)
    server.write_notebook(PATH, ["1"], saved)
    state = await server.api("GET", API)
    assert state["wanted"] == dict(zip(("environment", "accelerator"), wanted, strict=True))
    assert state["running"] == {"environment": "python", "accelerator": "none", "image": None}
    assert (state["lab"], state["restart"]) == ("ada/mnist", restart)
    assert state["problem"] is None if problem is None else state["problem"].startswith(problem)
    assert state["restart_url"] == f"{OPEN}?restart=1"
    assert [entry["name"] for entry in state["environments"]] == ["python", "pytorch", "caffe"]
    assert (state["ends"], state["reason"], state["plan"]) == (None, None, None)


async def test_what_an_accelerator_costs_in_time(service, server):
    server.write_notebook(PATH, ["1"])
    assert (await server.api("GET", API))["waits"] == {}
    service.queues = [{"accelerator": "gpu", "free": 0, "people": 1, "seconds": 300.0}]
    assert (await server.api("GET", API))["waits"] == {"gpu": "About 5 minutes; 1 person before you."}


async def test_a_change(service, server):
    server.write_notebook(PATH, ["1"], {"accelerator": "GPU", "mlabs": {"lab": "ada/mnist"}})
    state = await server.api("PUT", API, {"environment": "pytorch", "accelerator": "gpu"})
    assert (state["wanted"], state["restart"]) == ({"environment": "pytorch", "accelerator": "gpu"}, True)
    lab = service.labs["ada/mnist"]
    assert (lab.environment, lab.accelerator) == ("pytorch", "gpu")
    expected = {"lab": "ada/mnist", "environment": "pytorch", "accelerator": "gpu"}
    assert metadata(server) == {"accelerator": "GPU", "mlabs": expected}
    back = await server.api("PUT", API, {"environment": "python"})
    assert (back["wanted"], back["restart"]) == ({"environment": "python", "accelerator": "none"}, False)


async def test_a_file_that_says_so_already_is_not_touched(service, server):
    server.write_notebook(PATH, ["1"], own(environment="pytorch", accelerator="gpu"))
    before = (server.root / PATH).stat()
    await server.api("PUT", API, {"environment": "pytorch", "accelerator": "gpu"})
    assert (server.root / PATH).stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"environment": "torch"}, 422, "environment_unknown"),
        ({"environment": "caffe"}, 422, "environment_unavailable"),
        ({"environment": "python", "accelerator": "gpu"}, 422, "accelerator_unknown"),
        ({"environment": "pytorch", "accelerator": "tpu"}, 422, "accelerator_unknown"),
        ({}, 422, "fields_invalid"),
        ({"environment": "pytorch", "image": "evil"}, 422, "fields_invalid"),
        (b"{", 400, "json_invalid"),
    ],
    ids=["unknown", "unavailable", "no such", "unknown one", "nothing", "an image", "no JSON"],
)
async def test_what_cannot_be_had_changes_nothing(service, server, body, status, code):
    server.write_notebook(PATH, ["1"])
    answer = await server.api("PUT", API, body, status)
    assert answer["error"]["code"] == code
    assert metadata(server) == {}
    assert service.labs["ada/mnist"].environment == "python"


@pytest.mark.parametrize(
    "error",
    [Unusable("No such.", "environment_unknown"), Forbidden("Not yours."), Unavailable("Later.")],
    ids=["422", "403", "503"],
)
async def test_the_services_refusal_is_passed_on(service, server, error):
    server.write_notebook(PATH, ["1"])
    await server.api("GET", API)
    service.fault = lambda path, body: error if path == "labs/ada/mnist" and body else None
    answer = await server.api("PUT", API, {"environment": "pytorch"}, error.status)
    assert answer["error"]["message"]
    assert metadata(server) == {}


async def test_while_the_service_is_away_the_notebook_says_what_it_can(service, server):
    server.write_notebook(PATH, ["1"], own(environment="pytorch", accelerator="none"))
    service.fault = lambda path, body: Unavailable("away")
    state = await server.api("GET", API)
    assert state["wanted"]["environment"] == "pytorch"


async def test_a_notebook_that_is_no_lab_yet(service, server):
    server.write_notebook("else/x.ipynb", ["1"])
    path = "mlabs/api/runtime?path=else/x.ipynb"
    state = await server.api("PUT", path, {"environment": "pytorch", "accelerator": "gpu"})
    assert (state["lab"], state["restart"], state["restart_url"]) == (None, False, "")
    assert metadata(server, "else/x.ipynb")["mlabs"] == {"environment": "pytorch", "accelerator": "gpu"}
    assert service.labs["ada/mnist"].environment == "python"
    await server.api("POST", "mlabs/api/publish", {"path": "else/x.ipynb"}, 201)
    assert (service.versions[-1].environment, service.versions[-1].accelerator) == ("pytorch", "gpu")


async def test_the_notebook_of_another_lab_of_mine(service, server):
    service.add_lab("ada/other", environment="pytorch")
    server.write_notebook("else/o.ipynb", ["1"], own(lab="ada/other"))
    state = await server.api("GET", "mlabs/api/runtime?path=else/o.ipynb")
    assert (state["lab"], state["restart"]) == ("ada/other", True)
    assert state["restart_url"] == "/services/mlabs/open/@ada/other", "that one's server need not stop"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("", 400, "path_missing"),
        ("absent.ipynb", 404, "notebook_not_found"),
        ("mnist", 404, "notebook_not_found"),
    ],
    ids=["none", "absent", "folder"],
)
async def test_paths_that_are_none(service, server, path, status, code):
    server.write_notebook(PATH, ["1"])
    for method, body in (("GET", None), ("PUT", {"environment": "pytorch"})):
        answer = await server.api(method, f"mlabs/api/runtime?path={path}", body, status)
        assert answer["error"]["code"] == code


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", '{"nbformat": 4, "metadata": null, "cells": 3}', "[" * 100_000],
    ids=["empty", "list", "null", "wrong types", "deep"],
)
async def test_files_that_are_no_notebooks(service, server, text):
    server.write_notebook(PATH, [])
    (server.root / PATH).write_text(text)
    assert (await server.api("GET", API))["wanted"]["environment"] == "python"
    answer = await server.api("PUT", API, {"environment": "pytorch"}, 400)
    assert answer["error"]["code"] == "notebook_invalid"


async def test_odd_metadata_is_replaced(service, server):
    server.write_notebook(PATH, ["1"], {"mlabs": ["what?"]})
    await server.api("PUT", API, {"environment": "pytorch"})
    assert metadata(server)["mlabs"] == {"environment": "pytorch", "accelerator": "none"}


async def test_limits_are_told(service, tmp_path):
    ends = datetime.now(UTC) + timedelta(minutes=9)
    service.open_servers = [
        {"id": "x", "lab": "ada/mnist", "server": "mnist", "plan": "free", "ends": ends.isoformat(),
         "reason": "The longest run is over."}
    ]  # fmt: skip
    server = UserServer(tmp_path, service.url)
    await server.start()
    try:
        server.write_notebook(PATH, ["1"])
        told: dict = {}

        async def heard() -> bool:
            told.update(await server.api("GET", "mlabs/api/limits"))
            return told["ends"] is not None

        while not await heard():
            pass
        assert (told["plan"], told["reason"]) == ("free", "The longest run is over.")
        assert 480 < told["left"] <= 540
        state = await server.api("GET", API)
        assert (state["ends"], state["reason"], state["plan"]) == (told["ends"], told["reason"], "free")
    finally:
        await server.stop()
    await eventually(lambda: not server.kept_runs())
