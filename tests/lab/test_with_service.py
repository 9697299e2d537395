"""The extension against the real service: what the stand-in takes, the service must take too."""

from __future__ import annotations

import asyncio
import json
import logging

from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site
from support.waiting import eventually

from mlabs_ext.service.logs import JsonFormatter

__all__ = ["migrated", "site", "start_site"]

PATH = "mnist/mnist.ipynb"


async def test_open_run_publish_fork_remember(site, tmp_path):
    ada, bob = site.as_("ada"), site.as_("bob")
    draft = await asyncio.to_thread(ada.post, "api/v1/labs", json={"name": "mnist", "title": "Digits"})
    assert draft.json()["version"] == 0
    server = UserServer(tmp_path, site.url)
    server.token = "ada-token"
    await server.start()
    try:
        response = await server.request("GET", "mlabs/api/open?lab=ada/mnist")
        assert response.headers["Location"] == f"/lab/tree/{PATH}"
        ids = server.write_notebook(PATH, ["print('hello')", "1 / 0"])
        notebook = await server.open_notebook()
        await notebook.run_all(["print('hello')", "1 / 0"], ids)
        await notebook.execute("a = 1\nprint('bad \\x00')\nfloat('nan')", ids[0])
        published = await server.api("POST", "mlabs/api/publish", {"path": PATH}, 201)
        assert published["lab"]["version"] == 1
        assert (await server.api("GET", f"mlabs/api/lab?path={PATH}"))["dirty"] is False
        await notebook.shut_down()
        await eventually(lambda: not server.kept_runs())
        # What is sent is in the list of the service a moment later.
        while len((here := await server.api("GET", f"mlabs/api/history?path={PATH}"))["items"]) < 2:
            await asyncio.sleep(0.1)
        there = (await asyncio.to_thread(bob.get, "api/v1/labs/ada/mnist/runs")).json()
        assert [(run["run_all"], run["status"], run["cells"]) for run in here["items"]] == [
            (False, "succeeded", 1),
            (True, "failed", 2),
        ]
        assert here["items"][1]["error"] == {
            "ename": "ZeroDivisionError",
            "evalue": "division by zero",
            "cell": ids[1],
        }
        newest = here["items"][0]["id"]
        assert [run["id"] for run in there["items"] if run["version"]] == [newest]
        ada.headers["Accept"] = "application/json"
        events = (await asyncio.to_thread(ada.get, f"api/v1/runs/{newest}/events")).json()
        assert [event["type"] for event in events["items"]] == ["execute", "output", "output", "done", "end"]
        fork = await asyncio.to_thread(bob.post, "api/v1/labs/ada/mnist/fork", json={})
        assert fork.json()["forked_from"] == {"lab": "ada/mnist", "version": 1}
        (server.root / PATH).unlink()
        assert (await server.request("GET", "mlabs/api/open?lab=ada/mnist")).code == 302
        assert json.loads((server.root / PATH).read_text())["metadata"]["mlabs"]["lab"] == "ada/mnist"
        snippet = await server.api("GET", f"mlabs/api/embed?path={PATH}")
        assert "/services/mlabs/embed/@ada/mnist" in snippet["html"]
    finally:
        await server.stop()


async def test_another_runtime(site, tmp_path):
    ada = site.as_("ada")
    await asyncio.to_thread(ada.post, "api/v1/labs", json={"name": "mnist"})
    server = UserServer(tmp_path, site.url)
    server.token = "ada-token"
    await server.start()
    try:
        server.write_notebook(PATH, ["1"])
        api = f"mlabs/api/runtime?path={PATH}"
        state = await server.api("GET", api)
        assert (state["wanted"]["environment"], state["restart"]) == ("python", False)
        there = (await asyncio.to_thread(ada.get, "api/v1/environments")).json()
        assert [each["name"] for each in state["environments"]] == [each["name"] for each in there]
        other = next(each["name"] for each in there if each["available"] and each["name"] != "python")
        state = await server.api("PUT", api, {"environment": other})
        assert (state["wanted"]["environment"], state["restart"]) == (other, True)
        lab = (await asyncio.to_thread(ada.get, "api/v1/labs/ada/mnist")).json()
        assert lab["environment"] == other
        refused = await server.api("PUT", api, {"environment": "nonsense"}, 422)
        assert refused["error"]["code"] == "environment_unknown"
        assert (await server.api("GET", "mlabs/api/limits"))["ends"] is None
        assert "is not known" not in server.log
    finally:
        await server.stop()


async def test_what_is_shared_to_edit_is_published_to_its_owners_lab(site, tmp_path):
    bob = site.as_("bob")
    await asyncio.to_thread(site.publish, "bob", name="plots", visibility="private")
    share = await asyncio.to_thread(bob.put, "api/v1/labs/bob/plots/shares/ada", json={"access": "edit"})
    assert share.status_code == 200
    server = UserServer(tmp_path, site.url)
    server.token = "ada-token"
    await server.start()
    try:
        server.write_notebook("theirs.ipynb", ["3"], {"mlabs": {"lab": "bob/plots"}})
        beside = await server.api("GET", "mlabs/api/lab?path=theirs.ipynb")
        assert (beside["lab"]["owner"], beside["dirty"], beside["foreign"]) == ("bob", True, False)
        published = await server.api("POST", "mlabs/api/publish", {"path": "theirs.ipynb"}, 200)
        assert (published["lab"]["owner"], published["lab"]["version"]) == ("bob", 2)
        version = (await asyncio.to_thread(bob.get, "api/v1/labs/bob/plots/versions/2")).json()
        assert (version["author"], version["lab"]) == ("ada", "bob/plots")
        await asyncio.to_thread(bob.delete, "api/v1/labs/bob/plots/shares/ada")
        mine = await server.api("POST", "mlabs/api/publish", {"path": "theirs.ipynb"}, 201)
        assert (mine["lab"]["owner"], mine["lab"]["visibility"]) == ("ada", "private")
        assert "bob/plots is not there for you" in mine["note"]
    finally:
        await server.stop()


async def test_one_id_leads_from_jupyterlab_to_the_record(site, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    id = "a-click-on-share-0001"
    server = UserServer(tmp_path, site.url)
    server.token = "ada-token"
    await server.start()
    try:
        server.write_notebook(PATH, ["1"])
        headers = {"X-Request-ID": id}
        answer = await server.request("POST", "mlabs/api/publish", {"path": PATH}, headers=headers)
        assert answer.code == 201
        assert answer.headers["X-Request-ID"] == id
        # A line is written after its answer.
        await eventually(lambda: f"POST /mlabs/api/publish: 201, request {id}" in server.log)
    finally:
        await server.stop()
    lines = [json.loads(JsonFormatter().format(line)) for line in caplog.records]
    logged = [line for line in lines if line["logger"] == "mlabs.access" and line.get("request") == id]
    assert [(line["method"], line["path"], line["user"]) for line in logged][-1] == (
        "POST",
        "/services/mlabs/api/v1/labs",
        "ada",
    )
    record = await asyncio.to_thread(site.as_("admin").get, "api/v1/audit", params={"request": id})
    assert [entry["action"] for entry in record.json()["items"]] == ["published"]
