"""Runs that wrote files, over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ulid import ULID

DATA = bytes(range(256)) * 1000


@pytest.fixture
def run(site):
    """A run of ada's public lab x, that made a model."""
    site.publish(name="x")
    return begin(site)


def begin(site, files=(("model/weights.bin", DATA),)):
    run = str(ULID())
    started = datetime.now(UTC).isoformat()
    body = {"id": run, "lab": "ada/x", "started": started, "environment": "python"}
    assert site.as_("ada").post("api/v1/runs", json=body).status_code == 201
    for path, data in files:
        answer = site.as_("ada").put(f"api/v1/runs/{run}/outputs/{path}", content=data)
        assert answer.status_code == 201, answer.text
    return run


def end(site, run):
    event = {"seq": 1, "type": "end", "time": datetime.now(UTC).isoformat(), "data": {"status": "succeeded"}}
    answer = site.as_("ada").post(f"api/v1/runs/{run}/events", json={"events": [event]})
    assert answer.status_code == 200, answer.text


def get(site, which, path="model/weights.bin", token=None, **headers):
    return site.as_(token).get(f"assets/ada/x/{which}/{path}", headers=headers)
