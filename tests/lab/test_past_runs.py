"""What can be done with one run of a notebook: with the real service."""

from __future__ import annotations

import asyncio
import json

import pytest
from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site
from support.waiting import eventually

__all__ = ["migrated", "site", "start_site"]

PATH = "mnist/mnist.ipynb"
HISTORY = "mlabs/api/history"
LOSSES = "import mlabs\nfor step in range(5):\n    mlabs.log(loss={start} / (step + 1), step=step)"
ABSENT = "0" * 26


async def test_a_run_is_looked_at_compared_and_repeated(site, tmp_path):
    ada = site.as_("ada")
    await asyncio.to_thread(ada.post, "api/v1/labs", json={"name": "mnist", "title": "Digits"})
    server = UserServer(tmp_path, site.url)
    server.token = "ada-token"
    await server.start()
    try:
        cells = [LOSSES.format(start=2.0), "rate = 1"]
        ids = server.write_notebook(PATH, cells)
        notebook = await server.open_notebook()
        await notebook.run_all(cells, ids)
        again = [LOSSES.format(start=1.0), "rate = 2\nrate"]
        server.write_notebook(PATH, again)
        await notebook.run_all(again, ids)
        await notebook.shut_down()
        await eventually(lambda: not server.kept_runs())
        # The service may still be at what it was told last.
        while len(runs := (await server.api("GET", f"{HISTORY}?path={PATH}&status=succeeded"))["items"]) < 2:
            await asyncio.sleep(0.1)
        newer, older = (run["id"] for run in runs)

        asked = f"{HISTORY}/series?run={ABSENT}&ended={newer}&ended={older}"
        series = (await server.api("GET", asked))["series"]
        assert {run: each[0]["values"][-1] for run, each in series.items()} == {newer: 0.2, older: 0.4}
        assert (await server.api("GET", asked))["series"] == series

        executed = await server.api("GET", f"{HISTORY}/notebook?run={older}")
        assert [cell["id"] for cell in executed["cells"]] == ids

        found = await server.api("GET", f"{HISTORY}/compare?path={PATH}&a={older}&b={newer}")
        assert [cell["change"] for cell in found["cells"]] == ["changed", "changed"]
        assert found["metrics"] == {"loss": [0.4, 0.2]}

        now = json.loads((server.root / PATH).read_text())
        now["cells"][1]["source"] = "rate = 3"
        now["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "# Never sent"})
        found = await server.api("POST", f"{HISTORY}/compare", {"run": older, "notebook": now})
        assert [(line["old"], line["new"]) for line in found["cells"][1]["lines"]] == [
            ("rate = 1", "rate = 3")
        ]

        repeated = await server.api("POST", f"{HISTORY}/again", {"path": PATH, "run": older}, 202)
        assert (repeated["kind"], repeated["status"], repeated["lab"]) == ("batch", "queued", "ada/mnist")
        order = (await asyncio.to_thread(ada.get, f"api/v1/runs/{repeated['id']}/order")).json()
        assert "rate = 1" in order["notebook"]
        twice = await server.api("POST", f"{HISTORY}/again", {"path": PATH, "run": repeated["id"]}, 202)
        assert twice["rerun_of"] == repeated["id"]

        for wanted, count in (("kind=batch", 2), ("status=succeeded", 2), ("status=failed", 0)):
            page = await server.api("GET", f"{HISTORY}?path={PATH}&{wanted}")
            assert (wanted, len(page["items"])) == (wanted, count)
    finally:
        await server.stop()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "notebook?run=x", None, 400, "run_invalid"),
        ("GET", "series?run=../labs", None, 400, "run_invalid"),
        ("GET", f"series?{'&'.join([f'run={ABSENT}'] * 101)}", None, 400, "too_many_runs"),
        ("GET", f"compare?path={PATH}&a={ABSENT}&b=", None, 400, "run_invalid"),
        ("GET", f"compare?path=else.ipynb&a={ABSENT}&b={ABSENT}", None, 404, "not_a_lab"),
        ("POST", "compare", {"run": "x", "notebook": {}}, 422, "fields_invalid"),
        ("POST", "compare", {"run": ABSENT, "notebook": []}, 400, "notebook_invalid"),
        ("POST", "again", {"path": "else.ipynb", "run": ABSENT}, 404, "not_a_lab"),
        ("POST", "again", {"run": ABSENT}, 422, "fields_invalid"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_cannot_be_is_told(server, method, path, body, status, code):
    answer = await server.api(method, f"{HISTORY}/{path}", body, status)
    assert answer["error"]["code"] == code
