"""All rules about batch runs over one store, and what the hub and a run's server would say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.names import run_server
from mlabs_ext.service.batch_queue import BatchQueue
from mlabs_ext.service.batches import Batches
from mlabs_ext.service.hub_status import HubStatus
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.starts import Starts

PLANS = {
    "one": {"concurrent_runs": 1, "concurrent_servers": 1, "environments": ["python"]},
    "none": {"groups": ["none"], "concurrent_runs": 0},
    "short": {"groups": ["short"], "longest_run": 60},
}


class World:
    """The rules; `moved` is how far their clock is ahead."""

    def __init__(self, rules: SimpleNamespace, plans: dict[str, Any] | None = None, **queue: Any):
        self.rules, self.moved = rules, timedelta()
        shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses")}
        shared["plans"] = Plans(plans=plans or {}, **shared)
        rules.servers.plans = rules.runs.plans = shared["plans"]
        starts = Starts(servers=rules.servers, hub_status=HubStatus(**shared), **shared)
        self.batches = Batches(starts=starts, **shared)
        self.queue = BatchQueue(**shared, **queue)
        for each in (self.batches, self.queue, rules.servers, rules.runs):
            each.now = self.now

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved

    def ask(self, lab: str = "mnist", viewer: Any = None, notebook: bytes | None = None, **fields: Any):
        viewer = viewer or self.rules.ada
        return self.batches.request(viewer, viewer.name, lab, wire.BatchCreate(**fields), notebook)

    def claim(self) -> list[str]:
        return [place.run for place in self.queue.claim()]

    def get(self, run: wire.Run | str) -> wire.Run:
        run_id = run if isinstance(run, str) else run.id
        return self.rules.runs.get(self.rules.admin, run_id)

    # what the hub says

    def server(self, run: wire.Run, started: bool = True) -> str:
        """The hub asks for a place for the run's server, and where it gets one, says that it began."""
        server = str(ULID())
        asked = wire.ServerCreate(server, run.user, run.lab, run_server(run.id), run.environment)
        self.rules.servers.reserve(self.rules.spawner, asked)
        if started:
            self.rules.servers.change(self.rules.spawner, server, wire.ServerChange(started=self.now()))
        return server

    def server_ends(self, server: str, reason: str | None = None) -> None:
        change = wire.ServerChange(ended=self.now(), reason=reason)
        self.rules.servers.change(self.rules.spawner, server, change)

    # what the run's server says

    def begin(self, run: wire.Run, viewer: Any = None) -> wire.Run:
        fields = wire.RunCreate(
            id=run.id, lab=run.lab, started=self.now(), environment=run.environment, kind="batch",
            image="image-1", parameters=run.parameters,
        )  # fmt: skip
        return self.rules.runs.register(viewer or self.rules.ada, fields)

    def end(self, run: wire.Run, status: str, reason: str | None = None, viewer: Any = None) -> None:
        data = {"status": status} | ({"reason": reason} if reason else {})
        event = wire.RunEvent(1, "end", self.now(), None, data)
        self.rules.runs.append(viewer or self.rules.ada, run.id, [event])


def cells(*sources: str, **metadata: Any) -> dict[str, Any]:
    made = [
        {
            "id": f"c{n}", "cell_type": "code", "metadata": {}, "source": source, "execution_count": 3,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "old"}],
        }
        for n, source in enumerate(sources)
    ]  # fmt: skip
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}
