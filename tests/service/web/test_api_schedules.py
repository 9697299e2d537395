"""Schedules over REST."""

from __future__ import annotations

import pytest

SCHEDULE = "api/v1/labs/ada/mnist/schedule"


@pytest.fixture
def ada(site):
    site.publish("ada", name="mnist")
    return site.as_("ada")


def test_set_read_paused_and_removed(ada):
    absent = ada.get(SCHEDULE)
    assert (absent.status_code, absent.json()["error"]["code"]) == (404, "schedule_not_found")
    body = {"cron": "30 6 * * 1-5", "timezone": "Europe/Berlin", "parameters": {"rate": 0.5}}
    answer = ada.put(SCHEDULE, json=body)
    assert answer.status_code == 200
    schedule = answer.json()
    assert body.items() <= schedule.items()
    assert schedule["upcoming"][0] == schedule["next"] < schedule["upcoming"][1] < schedule["upcoming"][2]
    assert schedule["next"].endswith(":30:00Z")
    assert ada.get(SCHEDULE).json() == schedule
    paused = ada.put(SCHEDULE, json=body | {"paused": True}).json()
    assert (paused["next"], paused["upcoming"]) == (None, [])
    assert ada.delete(SCHEDULE).status_code == 204
    assert ada.get(SCHEDULE).status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "cron"),
        ({"cron": "0 25 * * *"}, "its hour is '25'; it takes 0 to 23"),
        ({"cron": "hourly"}, "Write five fields"),
        ({"cron": "* * * * *"}, "at least 1 hour"),
        ({"cron": "@daily", "timezone": "Berlin"}, "Europe/Berlin"),
        ({"cron": "@daily", "image": "old"}, "image"),
        ({"cron": "@daily", "next": "2026-01-01T00:00:00Z"}, "next"),
        ({"cron": "9" * 5000 + " * * * *"}, "length"),
    ],
)
def test_what_does_not_fit_is_said(ada, body, words):
    answer = ada.put(SCHEDULE, json=body)
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("who", "status"), [("bob", 404), ("admin", 404), (None, 403), ("ada-read", 403), ("stranger", 403)]
)
def test_who_may_not(site, ada, who, status):
    assert site.as_(who).put(SCHEDULE, json={"cron": "@daily"}).status_code == status


def test_the_lab_says_whether_it_was_reproduced(site, ada):
    run = ada.post("api/v1/labs/ada/mnist/runs").json()["id"]
    assert "reproduced" not in ada.get("api/v1/labs/ada/mnist").json()
    executed(ada, run)
    again = ada.post("api/v1/labs/ada/mnist/runs", json={"rerun_of": run}).json()["id"]
    executed(ada, again)
    found = site.as_(None).get("api/v1/labs/ada/mnist").json()["reproduced"]
    assert (found["passed"], found["run"], found["image"]) == (True, again, "image-1")
    assert "reproduced" not in site.as_(None).get("api/v1/labs").json()["items"][0]


def executed(ada, run, status="succeeded"):
    """What the run's server says."""
    now = "2026-11-20T12:00:00Z"
    body = {"id": run, "lab": "ada/mnist", "started": now, "environment": "python", "kind": "batch"}
    assert ada.post("api/v1/runs", json=body | {"image": "image-1"}).status_code == 201
    end = {"seq": 1, "type": "end", "time": now, "data": {"status": status}}
    assert ada.post(f"api/v1/runs/{run}/events", json={"events": [end]}).is_success
