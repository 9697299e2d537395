"""The original of a notebook's lab, by the extension against the real service."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import cells, migrated, site, start_site

__all__ = ["migrated", "site", "start_site"]

PATH = "mnist/mnist.ipynb"


@pytest.fixture
async def server(site, tmp_path) -> Any:
    """ada's server for her fork of bob's lab, which has a newer version by now."""

    def prepare() -> None:
        site.publish("bob", name="mnist", notebook=cells("# MNIST", "x = 1", "y = 2"))
        assert site.as_("ada").post("api/v1/labs/bob/mnist/fork", json={}).status_code == 201
        newer = {"notebook": cells("# MNIST", "x = 10", "y = 2", "z = 3")}
        assert site.as_("bob").post("api/v1/labs/bob/mnist/versions", json=newer).status_code == 201

    await asyncio.to_thread(prepare)
    server = UserServer(tmp_path, site.url)
    server.token = "ada-token"
    await server.start()
    await server.request("GET", "mlabs/api/open?lab=ada/mnist")
    yield server
    await server.stop()


async def test_what_is_new_and_a_merge(server):
    found = (await server.api("GET", f"mlabs/api/upstream?path={PATH}"))["upstream"]
    assert (found["lab"], found["base"], found["latest"], found["new"]) == ("bob/mnist", 1, 2, 1)
    mine = cells("# MNIST", "x = 5", "y = 2")
    asked = {"notebook": mine, "version": 2}
    merge = await server.api("POST", f"mlabs/api/merge?path={PATH}", asked)
    [conflict] = merge["merged"]["conflicts"]
    assert (conflict["mine"], conflict["theirs"]) == ("x = 5", "x = 10")
    asked["choices"] = {conflict["id"]: {"take": "theirs"}}
    merge = await server.api("POST", f"mlabs/api/merge?path={PATH}", asked)
    said = ["".join(cell["source"]) for cell in merge["merged"]["notebook"]["cells"]]
    assert said == ["# MNIST", "x = 10", "y = 2", "z = 3"]
    noted = merge["merged"]["notebook"]["metadata"]["mlabs"]["upstream"]
    assert noted == {"lab": "bob/mnist", "version": 2}


async def test_a_proposal_is_of_what_was_published(server, site):
    bad = await server.api("POST", f"mlabs/api/propose?path={PATH}", {"title": "Same"}, 422)
    assert bad["error"]["code"] == "nothing_to_propose"
    server.write_notebook(PATH, ["print('mine')"])
    await server.api("POST", "mlabs/api/publish", {"path": PATH})
    made = await server.api("POST", f"mlabs/api/propose?path={PATH}", {"title": "Mine"}, 201)
    assert (made["lab"], made["source"], made["version"]) == ("bob/mnist", "ada/mnist", 2)
    again = await server.api("POST", f"mlabs/api/propose?path={PATH}", {"title": "Mine"}, 409)
    assert again["error"]["code"] == "proposal_open"


async def test_what_has_no_original(server, site):
    await asyncio.to_thread(site.publish, "ada", name="own")
    server.write_notebook("other.ipynb", ["1"], {"mlabs": {"lab": "ada/own"}})
    server.write_notebook("no-lab.ipynb", ["1"])
    for path in ("other.ipynb", "no-lab.ipynb"):
        assert await server.api("GET", f"mlabs/api/upstream?path={path}") == {"upstream": None}
    refused = await server.api("POST", "mlabs/api/merge?path=other.ipynb", {}, 422)
    assert refused["error"]["code"] == "not_a_fork"
    absent = await server.api("POST", "mlabs/api/propose?path=no-lab.ipynb", {"title": "T"}, 404)
    assert absent["error"]["code"] == "not_a_lab"
