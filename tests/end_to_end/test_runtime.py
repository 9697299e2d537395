"""`%runtime` and the runtime's API in a server as `mlabs up` starts it: layers, scopes and proxy included."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from support.person import Person
from support.up import Up

MIME = "application/vnd.mlabs.runtime+json"


@pytest.fixture(scope="module")
def ada(mlabs_up: Up) -> Iterator[Person]:
    person = Person(mlabs_up.url, "ada", mlabs_up.password)
    yield person
    person.close()


def outputs_of(ada: Person, lab: str) -> list[dict]:
    """What the cells of the lab's only run show, once it has ended."""
    deadline = time.monotonic() + 60
    while True:
        runs = ada.ok("GET", f"labs/ada/{lab}/runs")["items"]
        if runs and runs[0]["ended"]:
            return [cell["outputs"] for cell in ada.ok("GET", f"runs/{runs[0]['id']}/notebook")["cells"]]
        assert time.monotonic() < deadline, runs
        time.sleep(0.3)


def test_a_notebook_asks_for_another_runtime(ada: Person) -> None:
    ada.ok("POST", "labs", json={"name": "runtimes", "environment": "python"})
    server = ada.start("runtimes")
    path = ada.open(server, "ada/runtimes")
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": code, "outputs": [],
         "execution_count": None}
        for n, code in enumerate(["%runtime", "%runtime theano", "import mlabs; mlabs.runtime()"])
    ]  # fmt: skip
    content = ada.notebook(server, path) | {"cells": cells}
    saved = ada.http.put(f"{server}api/contents/{path}", json={"type": "notebook", "content": content})
    assert saved.is_success, saved.text
    assert [reply["status"] for reply in ada.execute(server, path)] == ["ok"] * 3
    overview, asked, package = outputs_of(ada, "runtimes")
    assert "This notebook runs in Python." in "".join(overview[0]["data"]["text/plain"])
    assert asked[0]["data"][MIME] == {"environment": "theano", "accelerator": "none"}
    assert "environment='python'" in "".join(package[0]["data"]["text/plain"])

    api = f"{server}mlabs/api/runtime?path={path}"
    state = ada.http.get(api).json()
    assert (state["lab"], state["restart"]) == ("ada/runtimes", False)
    assert state["running"]["image"], "what exactly runs is known"
    changed = ada.http.put(api, json={"environment": "theano", "accelerator": "none"})
    assert changed.json()["restart"] is changed.is_success is True, changed.text
    assert ada.ok("GET", "labs/ada/runtimes")["environment"] == "theano"
    assert json.dumps(ada.notebook(server, path)["metadata"]).count("theano") == 1
    refused = ada.http.put(api, json={"environment": "nonsense"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "environment_unknown")
    assert '"mlabsLabPage": "/services/mlabs/@ada/runtimes"' in ada.http.get(f"{server}lab").text
    ada.stop("runtimes")
