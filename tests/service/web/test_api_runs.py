"""Runs over HTTP, as a user's server tells of them and as others read them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ulid import ULID

START = "2026-01-01T12:00:00Z"


def begin(site, lab: str = "ada/x", **fields: Any) -> str:
    run = str(ULID())
    body = {"id": run, "lab": lab, "started": START, "environment": "python"} | fields
    answer = site.as_("ada").post("api/v1/runs", json=body)
    assert (answer.status_code, answer.json()["id"]) == (201, run), answer.text
    return run


def event(seq: int, kind: str, **data: Any) -> dict[str, Any]:
    return {"seq": seq, "type": kind, "time": START, "cell": "c", "data": data}


def events() -> list[dict[str, Any]]:
    shown = {"output_type": "stream", "name": "stdout", "text": "2\n"}
    return [
        event(1, "execute", execution="e", code="print(1 + 1)", execution_count=1),
        event(2, "output", execution="e", output=shown),
        event(3, "done", execution="e", status="ok", duration=0.1),
        event(4, "end", status="succeeded"),
    ]


def test_a_run_from_its_beginning_to_its_end(site):
    site.publish(name="x")
    run, ada, anybody = begin(site), site.as_("ada"), site.as_(None)
    assert anybody.get(f"api/v1/runs/{run}").json()["status"] == "running"
    path = f"api/v1/runs/{run}/events"
    assert ada.post(path, json={"events": events()[:1]}).json() == {"acknowledged": 1, "watching": 0}
    assert anybody.get(f"api/v1/runs/{run}").json()["busy"] is True
    assert ada.post(path, json={"events": events()}).json() == {"acknowledged": 4, "watching": 0}
    ended = anybody.get(f"api/v1/runs/{run}").json()
    assert (ended["status"], ended["busy"], ended["cells"], ended["duration"]) == ("succeeded", False, 1, 0.0)
    anybody.headers["Accept"] = "application/json"
    page = anybody.get(f"{path}?after=1&limit=2").json()
    assert ([item["seq"] for item in page["items"]], page["next"]) == ([2, 3], "3")
    rest = anybody.get(f"{path}?after={page['next']}").json()
    assert ([item["seq"] for item in rest["items"]], rest["next"]) == ([4], None)
    executed = anybody.get(f"api/v1/runs/{run}/notebook")
    assert executed.headers["Content-Type"] == "application/x-ipynb+json"
    assert executed.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    (cell,) = json.loads(executed.text)["cells"]
    assert "".join(cell["outputs"][0]["text"]) == "2\n"


def test_a_gap_says_what_is_expected(site):
    site.publish(name="x")
    answer = site.as_("ada").post(f"api/v1/runs/{begin(site)}/events", json={"events": events()[1:]})
    error = answer.json()["error"]
    assert (error["status"], error["code"], error["detail"]) == (409, "events_gap", {"expected": 1})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"events": 3},
        {"events": [{}]},
        {"events": [event(0, "end", status="lost")]},
        {"events": events() * 300},
    ],
    ids=["nothing", "no list", "no event", "number 0", "too many"],
)
def test_batches_that_do_not_fit(site, body):
    site.publish(name="x")
    answer = site.as_("ada").post(f"api/v1/runs/{begin(site)}/events", json=body)
    assert answer.status_code == 422


def test_lists_and_their_filters(site):
    site.publish(name="x")
    for hour in (10, 11, 12):
        begin(site, started=f"2026-01-01T{hour}:00:00Z", environment="jax" if hour == 11 else "python")

    def hours(who: str | None, path: str) -> list[int]:
        answer = site.as_(who).get(f"api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return [int(item["started"][11:13]) for item in answer.json()["items"]]

    assert hours(None, "labs/ada/x/runs") == hours("ada", "me/runs") == [12, 11, 10]
    assert hours("bob", "me/runs") == []
    assert hours(None, "labs/ada/x/runs?environment=jax") == [11]
    assert hours(None, "labs/ada/x/runs?since=2026-01-01T11:00:00Z&until=2026-01-01T12:00:00Z") == [11]
    assert hours(None, "labs/ada/x/runs?since=2026-01-01T13:00:00+02:00") == [12, 11]
    first = site.as_(None).get("api/v1/labs/ada/x/runs?limit=2").json()
    assert hours(None, f"labs/ada/x/runs?limit=2&cursor={first['next']}") == [10]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("since=yesterday", "time_invalid"),
        ("until=2026-13-01T00:00:00Z", "time_invalid"),
        ("cursor=x", "cursor_invalid"),
        ("limit=1000", "limit_invalid"),
    ],
)
def test_queries_of_lists_that_are_refused(site, query, code):
    site.publish(name="x")
    answer = site.as_(None).get(f"api/v1/labs/ada/x/runs?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize("query", ["after=-1", "after=x", f"after={2**70}", "limit=0", "limit=1001"])
def test_queries_of_events_that_are_refused(site, query):
    site.publish(name="x")
    assert site.as_(None).get(f"api/v1/runs/{begin(site)}/events?{query}").status_code == 400


def test_runs_follow_their_labs_visibility(site):
    site.publish(name="x")
    run = begin(site)
    site.as_("ada").patch("api/v1/labs/ada/x", json={"visibility": "private"})
    for path in (f"runs/{run}", f"runs/{run}/events", f"runs/{run}/notebook"):
        for who, status in (("bob", 404), ("ada", 200)):
            headers = {"Accept": "application/json"}
            assert site.as_(who).get(f"api/v1/{path}", headers=headers).status_code == status


def test_who_i_am(site):
    site.publish(name="x")
    begin(site)
    me = site.as_("ada").get("api/v1/me").json()
    assert (me["name"], me["admin"]) == ("ada", False)
    assert {name: me["usage"][name] for name in ("labs", "runs", "running")} == {
        "labs": 1,
        "runs": 1,
        "running": 1,
    }
    assert me["usage"]["storage_bytes"] > 100
    assert site.as_("admin").get("api/v1/me").json()["admin"] is True


def test_the_catalogue(site):
    environments = site.as_(None).get("api/v1/environments").json()
    assert {"python", "pytorch", "theano"} <= {spec["name"] for spec in environments}
    assert [spec["name"] for spec in environments if spec["default"]] == ["python"]
