"""Watching a run over HTTP: replay, then live, to its end, and again after every loss of the connection."""

from __future__ import annotations

from typing import Any

import pytest
from support.sse import watch
from ulid import ULID

START = "2026-01-01T12:00:00Z"
STREAM = {"Accept": "text/event-stream"}


def begin(site, lab: str = "ada/x") -> str:
    run = str(ULID())
    body = {"id": run, "lab": lab, "started": START, "environment": "python"}
    assert site.as_("ada").post("api/v1/runs", json=body).status_code == 201
    return run


def event(seq: int, kind: str, **data: Any) -> dict[str, Any]:
    return {"seq": seq, "type": kind, "time": START, "cell": "c", "data": data}


def printed(seq: int, text: str = "x\n") -> dict[str, Any]:
    shown = {"output_type": "stream", "name": "stdout", "text": text}
    return event(seq, "output", execution="e", output=shown)


def tell(site, run: str, *events: dict[str, Any]) -> dict[str, Any]:
    answer = site.as_("ada").post(f"api/v1/runs/{run}/events", json={"events": events})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def run(site) -> str:
    site.publish(name="x")
    return begin(site)


def test_a_late_watcher_sees_all_from_the_beginning_then_live_to_the_end(site, run):
    tell(site, run, event(1, "execute", execution="e", code="1"), printed(2))
    with watch(site.as_(None), run) as stream:
        assert stream.answer.headers["Content-Type"] == "text/event-stream"
        assert stream.answer.headers["Access-Control-Allow-Origin"] == "*"
        first, *steps = stream.step(2)
        assert (first.event, first.data["id"], first.data["status"]) == ("run", run, "running")
        assert [(one.event, one.id, one.data["seq"]) for one in steps] == [("step", "1", 1), ("step", "2", 2)]
        tell(site, run, printed(3, "é\n\u2028"))
        assert stream.step(3)[-1].data["data"]["output"]["text"] == "é\n\u2028"
        tell(site, run, event(4, "done", execution="e", status="ok"), event(5, "end", status="succeeded"))
        rest = stream.rest()
    assert [one.event for one in rest if one.event != "watching"] == ["step", "step", "run", "final"]
    assert rest[-1].data["status"] == "succeeded"
