"""From a saved notebook to a batch run: with the real service."""

from __future__ import annotations

import asyncio
import json

from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site

__all__ = ["migrated", "site", "start_site"]


async def test_any_notebook_of_ones_own_runs_in_the_background(site, tmp_path):
    ada = site.as_("ada")
    await asyncio.to_thread(ada.post, "api/v1/labs", json={"name": "mnist", "title": "Digits"})
    await asyncio.to_thread(site.publish, "bob", name="theirs")
    server = UserServer(tmp_path, site.url)
    server.token = "ada-token"
    await server.start()
    try:
        server.write_notebook("mnist/mnist.ipynb", ["print('draft')"])
        body = {"path": "mnist/mnist.ipynb", "parameters": {"rate": 1}}
        answer = await server.api("POST", "mlabs/api/background", body, 202)
        run = answer["run"]
        assert (run["status"], run["lab"], run["version"], run["parameters"], answer["metadata"]) == (
            "queued", "ada/mnist", None, {"rate": 1}, {},
        )  # fmt: skip
        order = (await asyncio.to_thread(ada.get, f"api/v1/runs/{run['id']}/order")).json()
        assert json.loads(order["notebook"])["cells"][0]["source"] == ["print('draft')"]

        server.write_notebook("new ideas.ipynb", ["1"])
        answer = await server.api("POST", "mlabs/api/background", {"path": "new ideas.ipynb"}, 202)
        assert answer["metadata"] == {"lab": "ada/new-ideas"}
        lab = (await asyncio.to_thread(ada.get, "api/v1/labs/ada/new-ideas")).json()
        assert (lab["version"], lab["title"]) == (0, "new ideas")

        server.write_notebook("theirs.ipynb", ["1"], {"mlabs": {"lab": "bob/theirs"}})
        refused = await server.api("POST", "mlabs/api/background", {"path": "theirs.ipynb"}, 422)
        assert refused["error"]["code"] == "not_your_lab"
        absent = await server.api("POST", "mlabs/api/background", {"path": "none.ipynb"}, 404)
        assert absent["error"]["code"] == "notebook_not_found"
    finally:
        await server.stop()
