"""What a person is told of the queue for accelerators: how long, how many, and nobody's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden
from mlabs_ext.service.hub_status import HubStatus
from mlabs_ext.service.queues import Queues

NOW = datetime.now(UTC)


@pytest.fixture
def queues(rules, monkeypatch):
    status = HubStatus(store=rules.store, addresses=rules.addresses)
    kinds = [["none"], ["none", "gpu"], ["gpu"]]
    catalogue = SimpleNamespace(public=lambda: [SimpleNamespace(accelerators=kind) for kind in kinds])
    monkeypatch.setattr(Queues, "now", lambda self: NOW)
    return Queues(store=rules.store, addresses=rules.addresses, catalogue=catalogue, hub_status=status)


def gpu(*holders: str, shares: int = 1) -> wire.HubGpu:
    people = [wire.HubPerson(name, f"{name}/lab") for name in holders]
    return wire.HubGpu("GPU-1", "A100", None, people, shares)


def waiting(*names: str) -> list[wire.HubWaiting]:
    return [wire.HubWaiting(name, f"{name}/lab", place) for place, name in enumerate(names, 1)]


def waits(*ages: float, use: float | None = 600) -> wire.HubWaits:
    return wire.HubWaits([NOW - timedelta(seconds=age) for age in ages], use, 90)


@pytest.mark.parametrize(
    ("gpus", "queue", "judged", "old", "told"),
    [
        ([gpu()], [], waits(), 0, (1, 0, 0)),
        ([gpu()], [], waits(), 9999, (1, 0, 0)),
        ([gpu("bob", shares=2)], [], waits(0), 0, (1, 0, 0)),
        ([gpu("bob")], [], waits(240), 0, (0, 0, 360)),
        ([gpu("bob")], waiting("cyd", "dan"), waits(240), 0, (0, 2, 1560)),
        ([gpu("bob")], waiting("cyd", "cyd", "ada"), waits(0), 0, (0, 1, 2400)),
        ([gpu("bob")], waiting("cyd"), waits(0, use=None), 0, (0, 1, None)),
        ([gpu("bob")], waiting("cyd"), waits(0), 200, (None, 0, None)),
        ([], [], waits(), 0, (None, 0, None)),
    ],
    ids=[
        "free", "free, and nothing happened since", "a share is free", "the next", "two wait", "my own too",
        "not known yet", "the hub is silent", "none here",
    ],
)  # fmt: skip
def test_what_one_would_wait(rules, queues, gpus, queue, judged, old, told):
    at = NOW - timedelta(seconds=old)
    queues.hub_status.put(rules.spawner, wire.HubReport(at=at, gpus=gpus, queue=queue, waits=judged))
    free, people, seconds = told
    seen = queues.look(rules.ada)
    assert seen == [wire.Queue("gpu", free=free, people=people, seconds=seconds, usual_wait=90)]
    assert not any(name in msgspec.json.encode(seen).decode() for name in ("bob", "cyd", "dan", "lab"))


def test_a_hub_that_says_nothing_of_accelerators(rules, queues):
    assert queues.look(rules.ada) == [wire.Queue("gpu")]


def test_a_hub_of_before_that_says_nothing_of_times(rules, queues):
    queues.hub_status.put(rules.spawner, wire.HubReport(gpus=[gpu("bob")], queue=[]))
    assert queues.look(rules.ada) == [wire.Queue("gpu", free=0)]


def test_only_who_is_signed_in_is_told(rules, queues):
    with pytest.raises(Forbidden):
        queues.look(rules.nobody)
