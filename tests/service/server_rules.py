"""A hub over all rules about servers: what it would say, with plans and a clock that a test sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError
from mlabs_ext.service.plan_file import read
from mlabs_ext.service.viewers import Viewer

PLANS = {
    "free": {"concurrent_servers": 1, "cpu_hours": 10, "longest_run": 3600, "memory": "2G", "cpus": 1.5},
    "pro": {
        "groups": ["pro", "staff"],
        "concurrent_servers": 3,
        "gpu_hours": 2,
        "idle_timeout": 600,
        "environments": ["python", "pytorch"],
    },
}


class Hub:
    """What the hub would say: `ask`, `change` and `alive` at a time that the test sets."""

    def __init__(self, rules: SimpleNamespace):
        self.rules, self.servers = rules, rules.servers
        self.time = datetime(2026, 2, 10, 8, tzinfo=UTC)
        self.servers.listening = self.time - timedelta(days=1)
        self.servers.now = rules.people.now = rules.plans.now = lambda: self.time

    def configure(self, plans: dict[str, Any]) -> None:
        self.rules.plans.known = read(plans, self.rules.catalogue)

    def wait(self, **span: float) -> None:
        self.time += timedelta(**span)

    def ask(
        self,
        user: str = "ada",
        server: str | None = None,
        environment: str = "python",
        accelerator: str = "none",
        groups: Sequence[str] = (),
        id: str | None = None,
    ) -> wire.Grant:
        id = id or str(ULID())
        fields = wire.ServerCreate(
            id=id,
            user=user,
            lab=f"{user}/{server or 'lab'}",
            server=server or f"s-{id[-8:].lower()}",
            environment=environment,
            accelerator=accelerator,
            groups=list(groups),
        )
        return self.servers.reserve(self.rules.spawner, fields)

    def change(self, id: str, **fields: Any) -> wire.Server:
        return self.servers.change(self.rules.spawner, id, wire.ServerChange(**fields))

    def start(self, **asked: Any) -> str:
        id = self.ask(**asked).id
        self.change(id, started=self.time)
        return id

    def alive(self, *ids: str) -> dict[str, wire.ServerEnd]:
        return {end.id: end for end in self.servers.alive(self.rules.spawner, list(ids))}

    def mine(self, viewer: Viewer | None = None) -> list[str]:
        return [server.id for server in self.servers.mine(viewer or self.rules.ada)]

    def used(self, viewer: Viewer | None = None) -> wire.Usage:
        return self.rules.people.me(viewer or self.rules.ada).usage


@pytest.fixture
def hub(rules: SimpleNamespace) -> Hub:
    hub = Hub(rules)
    hub.configure(PLANS)
    return hub


def refused(call: Callable[[], Any], code: str, status: int) -> MLabsError:
    with pytest.raises(MLabsError) as refusal:
        call()
    assert (refusal.value.code, refusal.value.status) == (code, status)
    return refusal.value
