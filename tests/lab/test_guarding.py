"""The publish guard over HTTP: what stops a publish, what an acknowledgement is good for, and fixes."""

from __future__ import annotations

import json

import pytest
from lab.user_server import UserServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "mnist/mnist.ipynb"
TOKEN = "ghp" + "_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE3fG6"
CODE = f'login("{TOKEN}")'


async def check(server: UserServer) -> list[dict]:
    return (await server.api("POST", "mlabs/api/check", {"path": PATH}))["findings"]


async def test_a_secret_stops_a_publish(service, server):
    server.write_notebook(PATH, ["1", CODE])
    [found] = await check(server)
    assert (found["kind"], found["severity"], found["cell"], found["cell_id"]) == (
        "github",
        "secret",
        2,
        "cell-1",
    )
    stopped = await server.api("POST", "mlabs/api/publish", {"path": PATH, "title": "Digits"}, 422)
    assert stopped["error"]["code"] == "guard_stopped"
    assert stopped["error"]["detail"] == {"findings": [found]}
    assert TOKEN[8:30] not in json.dumps(stopped)
    assert service.versions == []
    assert TOKEN[8:30] not in server.log


async def test_an_acknowledgement_holds_for_this_text(service, server):
    server.write_notebook(PATH, [CODE])
    [found] = await check(server)
    server.write_notebook(PATH, [f"{CODE}  # changed"])
    body = {"path": PATH, "acknowledged": [found["id"]]}
    assert (await server.api("POST", "mlabs/api/publish", body, 422))["error"]["code"] == "guard_stopped"
    server.write_notebook(PATH, ["another = 'cell'", CODE])
    await server.api("POST", "mlabs/api/publish", body, 201)
    assert len(service.versions) == 1


async def test_what_is_personal_does_not_stop(service, server):
    server.write_notebook(PATH, ["open('/home/lovelace/data/x.csv')"])
    assert [found["kind"] for found in await check(server)] == ["path"]
    await server.api("POST", "mlabs/api/publish", {"path": PATH}, 201)


async def test_the_servers_own_token_and_home(service, server):
    server.write_notebook(PATH, ["'owner-token'", f"open('{server.home}/x.csv')"])
    assert [found["kind"] for found in await check(server)] == ["server_token", "path"]


async def test_a_fix_answers_with_cells_and_leaves_the_file(service, server):
    server.write_notebook(PATH, ["1", CODE], {"note": TOKEN})
    before = (server.root / PATH).read_bytes()
    findings = await check(server)
    body = {"path": PATH, "findings": [findings[0]["id"]]}
    fixed = await server.api("POST", "mlabs/api/fix", body)
    [cell] = fixed["cells"]
    assert (cell["index"], cell["source"]) == (1, 'import os\nlogin(os.environ["GITHUB_TOKEN"])')
    assert "note" not in fixed["metadata"], "the same secret goes wherever it stands"
    assert (server.root / PATH).read_bytes() == before
    server.write_notebook(PATH, ["1", cell["source"]])
    await server.api("POST", "mlabs/api/publish", {"path": PATH}, 201)
    assert TOKEN.encode() not in service.notebooks["ada/mnist"][0]


async def test_names_that_colab_has_written_are_looked_for(service, server):
    server.write_notebook(PATH, ["# by Ada Lovelace"])
    file = server.root / PATH
    content = json.loads(file.read_text())
    content["cells"][0]["metadata"] = {"executionInfo": {"user": {"displayName": "Ada Lovelace"}}}
    file.write_text(json.dumps(content))
    assert [(found["kind"], found["where"]) for found in await check(server)] == [("name", "source")]


@pytest.mark.parametrize("endpoint", ["check", "fix"])
async def test_there_is_no_such_notebook(service, server, endpoint):
    body = {"path": "no/such.ipynb"} | ({"findings": []} if endpoint == "fix" else {})
    assert (await server.api("POST", f"mlabs/api/{endpoint}", body, 404))["error"][
        "code"
    ] == "notebook_not_found"
    assert (await server.api("POST", f"mlabs/api/{endpoint}", {}, 422))["error"]["code"] == "fields_invalid"
