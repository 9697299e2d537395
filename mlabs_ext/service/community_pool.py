"""All that is about the community pool, built once and put together."""

from __future__ import annotations

from concurrent.futures import Executor
from datetime import datetime
from typing import Any

from traitlets.config import LoggingConfigurable

from mlabs_ext.service.community import Community
from mlabs_ext.service.pool_data import PoolRows
from mlabs_ext.service.pool_disputes import Disputes
from mlabs_ext.service.pool_leases import Leases
from mlabs_ext.service.pool_loop import PoolLoop
from mlabs_ext.service.pool_numbers import PoolNumbers
from mlabs_ext.service.pool_referee import Referee
from mlabs_ext.service.pool_results import Results
from mlabs_ext.service.pool_seals import LeaseSeals
from mlabs_ext.service.pool_switch import PoolSwitch
from mlabs_ext.service.pool_workers import PoolWorkers
from mlabs_ext.service.searches import Searches

CLASSES: list[type[LoggingConfigurable]] = [Community, Referee]


class CommunityPool:
    """The rules, and what judges in the background; `shared` is what all rules stand on."""

    def __init__(
        self, parent: LoggingConfigurable | None, shared: dict[str, Any], secret: bytes, pool: Executor
    ) -> None:
        self.limits = Community(parent=parent)
        seals = LeaseSeals(secret)
        given = {**shared, "parent": parent, "community": self.limits}
        self.switch = PoolSwitch(**given)
        self.limits.paused = self.switch.paused
        self.rows = PoolRows(**given)
        self.searches = Searches(**given)
        self.workers = PoolWorkers(seals=seals, **given)
        self.leases = Leases(seals=seals, **given)
        self.results = Results(**given)
        self.verdicts = Disputes(**given)
        self.numbers = PoolNumbers(**given)
        self.referee = Referee(shared["blobs"], parent=parent)
        self.loop = PoolLoop(self.verdicts, self.leases, self.referee, pool)

    def sweep(self, now: datetime) -> None:
        """Take back what was not brought, and forget what is over for long."""
        self.leases.expire(now)
        self.searches.sweep(now)
        self.rows.sweep(now)
        self.workers.sweep(now)
