"""Batch runs over REST."""

from __future__ import annotations

import pytest

RUNS = "api/v1/labs/ada/mnist/runs"


@pytest.fixture
def ada(site):
    site.publish("ada", name="mnist")
    return site.as_("ada")


def test_a_run_is_asked_for(site, ada):
    answer = ada.post(RUNS, json={"parameters": {"rate": 0.5}, "timeout": 60})
    assert answer.status_code == 202
    run = answer.json()
    assert answer.headers["Location"] == run["url"] == f"/services/mlabs/@ada/mnist/runs/{run['id']}"
    assert (run["status"], run["kind"], run["parameters"]) == ("queued", "batch", {"rate": 0.5})
    assert ada.get(f"api/v1/runs/{run['id']}").json() == run
    assert ada.get(RUNS, params={"status": "queued", "kind": "batch"}).json()["items"] == [run]


def test_no_body_is_a_run_as_it_is(ada):
    assert ada.post(RUNS).json()["version"] == 1


def test_a_notebook_may_be_sent_along(site, ada, make_notebook):
    run = ada.post(RUNS, json={"notebook": make_notebook("print('mine')")}).json()
    assert run["version"] is None
    assert site.as_("bob").get(f"api/v1/runs/{run['id']}").status_code == 404
    order = ada.get(f"api/v1/runs/{run['id']}/order").json()
    assert "print('mine')" in order["notebook"]
    assert site.as_("bob").get(f"api/v1/runs/{run['id']}/order").status_code == 404


@pytest.mark.parametrize(
    ("who", "status"), [("bob", 404), ("admin", 404), (None, 403), ("ada-read", 403), ("stranger", 403)]
)
def test_who_may_not(site, ada, who, status):
    assert site.as_(who).post(RUNS, json={}).status_code == status
    run = ada.post(RUNS).json()["id"]
    # An administrator may stop what others started.
    assert site.as_(who).post(f"api/v1/runs/{run}/stop").status_code == (202 if who == "admin" else status)


@pytest.mark.parametrize(
    "body", [{"parameters": []}, {"timeout": 0}, {"version": 0}, {"image": "x"}, {"parameters": {"a b": 1}}]
)
def test_what_does_not_fit(ada, body):
    answer = ada.post(RUNS, json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_a_key_makes_it_one(ada):
    headers = {"Idempotency-Key": "k"}
    first = ada.post(RUNS, json={}, headers=headers)
    assert ada.post(RUNS, json={}, headers=headers).json() == first.json()
    assert ada.post(RUNS, json={"timeout": 1}, headers=headers).status_code == 422
    assert len(ada.get(RUNS).json()["items"]) == 1


def test_stopped_and_deleted(ada):
    run = ada.post(RUNS).json()["id"]
    stopped = ada.post(f"api/v1/runs/{run}/stop")
    assert (stopped.status_code, stopped.json()["status"], stopped.json()["reason"]) == (
        202, "stopped", "stopped",
    )  # fmt: skip
    assert ada.delete(f"api/v1/runs/{run}").status_code == 204
    assert ada.post(f"api/v1/runs/{run}/stop").status_code == 404


def test_the_hub_alone_is_told_what_it_needs(site, ada):
    run = ada.post(RUNS).json()["id"]
    hub = site.as_("spawner")
    assert hub.get(f"api/v1/runs/{run}/runtime").json()["error"]["code"] == "run_not_starting"
    site.service.batch_queue.claim()
    assert hub.get(f"api/v1/runs/{run}/runtime").json()["lab"] == "ada/mnist"
    assert ada.get(f"api/v1/runs/{run}/runtime").status_code == 403
