"""Trainings that a browser tells of: runs of its person's own labs, and of nobody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.node import node
from traitlets.config import Config

BOARD = "api/v1/labs/ada/flowers/board"
SCRIPT = Path(__file__).parents[3] / "ui" / "web" / "tests" / "write_records.ts"
EXPECTED = {
    "finished": ("succeeded", None, 0.9),
    "early": ("succeeded", None, None),
    "stopped": ("stopped", "stopped", None),
    "diverged": ("failed", "raised", None),
}


@pytest.fixture
def told(site):
    """What the trainer says, by how each training ended; it is for a lab of ada's."""
    site.publish("ada", name="flowers")
    done = node(SCRIPT, "ada/flowers")
    assert done.returncode == 0, done.stderr
    return {one["end"]: one for one in json.loads(done.stdout)}


def seconds(events: list[dict]) -> float:
    """How long a training took: a hundredth for each epoch."""
    return sum(len(event["data"].get("points", [])) for event in events) / 100


def test_each_training_is_a_run_like_any_other(site, told, subtests):
    ada = site.session("ada")
    for end, (status, reason, score) in EXPECTED.items():
        with subtests.test(end):
            run, events = told[end]["run"], told[end]["events"]
            assert ada.post("api/v1/runs", json=run).status_code == 201
            for _ in range(2):
                sent = ada.post(f"api/v1/runs/{run['id']}/events", json={"events": events})
                assert sent.json()["acknowledged"] == len(events), sent.text
            found = site.as_(None).get(f"api/v1/runs/{run['id']}").json()
            assert (found["status"], found["reason"]) == (status, reason)
            assert found["environment"] == "tensorflow.js in the browser"
            assert found["duration"] == pytest.approx(seconds(events), abs=0.1)
            assert found["metrics"].get("test_accuracy") == score
            name = "mae" if end == "early" else "accuracy"
            series = ada.get(f"api/v1/runs/{run['id']}/metrics?points=2000").json()["series"]
            counts = {one["name"]: one["count"] for one in series}
            points = sum(len(event["data"].get("points", [])) for event in events)
            # That which went back to its best epoch says that epoch's values once more.
            assert counts[f"val_{name}"] == counts["loss"] == points + (end == "early")
            (row,) = (row for row in ada.get(BOARD).json()["items"] if row["run"]["id"] == run["id"])
            assert row["metrics"]["val_loss"]["last_step"] == {"early": 1}.get(end, points)
            if end == "early":
                assert row["metrics"]["val_loss"]["last"] == row["metrics"]["val_loss"]["max"] == 1
            executed = ada.get(f"api/v1/runs/{run['id']}/notebook").json()
            assert "nothing ran on a server" in "".join(executed["cells"][0]["source"])
            assert ("best epoch 1, validation loss: 1.000" in str(executed["cells"])) == (end == "early")
            page = ada.get(f"@ada/flowers/runs/{run['id']}", headers={"Sec-Fetch-Mode": "navigate"})
            assert page.status_code == 200 and "WebAssembly" in page.text
            assert "Open in trainer" in page.text and "Run again" not in page.text
            again = ada.post("api/v1/labs/ada/flowers/runs", json={"rerun_of": run["id"]})
            assert (again.status_code, again.json()["error"]["code"]) == (422, "run_in_browser")


def test_nobody_forges_runs_of_others(site, told):
    run, events = told["early"]["run"], told["early"]["events"]
    bob, ada = site.session("bob"), site.session("ada")
    assert bob.post("api/v1/runs", json=run).status_code == 404
    assert ada.post("api/v1/runs", json=run).status_code == 201
    assert bob.post(f"api/v1/runs/{run['id']}/events", json={"events": events}).status_code == 404
    assert bob.put(f"api/v1/runs/{run['id']}/outputs/model/model.json", content=b"{}").status_code == 404
    assert site.as_(None).post("api/v1/runs", json=run).status_code == 403
    token = ada.headers.pop("X-XSRFToken")
    refused = ada.post(f"api/v1/runs/{run['id']}/events", json={"events": events})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "xsrf_invalid")
    ada.headers.update({"X-XSRFToken": token, "Origin": "https://elsewhere.example"})
    assert ada.post(f"api/v1/runs/{run['id']}/events", json={"events": events}).status_code == 403
    assert ada.get(f"api/v1/runs/{run['id']}").json()["status"] == "running"


def test_how_often_a_browser_tells_of_runs_is_limited(start_site):
    site = start_site(Config(Traffic={"per_person": 3}))
    ada = site.session("ada")
    answers = [ada.post("api/v1/runs", json={}).status_code for _ in range(6)]
    assert answers[-1] == 429
