"""What the hub says about itself: kept by part, told to administrators only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden

GPU = wire.HubGpu("GPU-1", "Fake A100", 40 * 1024**3, [wire.HubPerson("ada", "ada/mnist")])


@pytest.fixture
def status(rules):
    from mlabs_ext.service.hub_status import HubStatus

    return HubStatus(store=rules.store, addresses=rules.addresses)


def test_parts_are_reported_apart_and_the_newest_word_counts(rules, status):
    before = datetime.now(UTC) - timedelta(minutes=5)
    assert status.get(rules.admin) == wire.HubStatus()
    status.put(rules.spawner, wire.HubReport(at=before, gpus=[], queue=[]))
    status.put(rules.spawner, wire.HubReport(warm=[wire.HubWarm("python", ready=2)]))
    status.put(rules.spawner, wire.HubReport(gpus=[GPU]))
    now = status.get(rules.admin)
    assert (now.gpus, now.queue, now.warm, now.images) == ([GPU], [], [wire.HubWarm("python", ready=2)], None)
    assert now.said["queue"] == before < now.said["gpus"]


@pytest.mark.parametrize("who", ["nobody", "ada", "admin"])
def test_only_the_hub_speaks_for_itself(rules, status, who):
    with pytest.raises(Forbidden):
        status.put(getattr(rules, who), wire.HubReport(gpus=[]))


@pytest.mark.parametrize("who", ["nobody", "ada"])
def test_only_administrators_listen(rules, status, who):
    with pytest.raises(Forbidden):
        status.get(getattr(rules, who))
