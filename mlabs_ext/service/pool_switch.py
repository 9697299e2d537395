"""The administrators' switch of the community pool: while it is off, nothing is given out."""

from __future__ import annotations

from sqlalchemy import select

from mlabs_ext.service import pool_trust
from mlabs_ext.service.community import PoolRules
from mlabs_ext.service.orm_pool import PoolLease, PoolPause
from mlabs_ext.service.rules import need_admin, need_write
from mlabs_ext.service.viewers import Viewer

# There is one switch.
ONLY = 1


class PoolSwitch(PoolRules):
    """The rules about it. `c.Community.enabled` is stronger: what it forbids nobody can switch on."""

    def paused(self) -> bool:
        """Whether an administrator has switched it off."""
        with self.store.read() as session:
            return session.get(PoolPause, ONLY) is not None

    def turn(self, viewer: Viewer, on: bool) -> None:
        """Switch it on or off, which may be so already; what is in training when it goes off waits."""
        need_admin(viewer)
        by = need_write(viewer)
        with self.store.write() as session:
            there = session.get(PoolPause, ONLY)
            if on and there:
                session.delete(there)
            elif not on and there is None:
                session.add(PoolPause(id=ONLY, by=by, since=self.now()))
        if not on:
            self._give_back()

    def _give_back(self) -> None:
        """End what workers are at and could not bring; each by itself, as workers end theirs."""
        with self.store.read() as session:
            live = session.scalars(select(PoolLease.id).where(PoolLease.status == "live")).all()
        for lease in live:
            with self.store.write() as session:
                pool_trust.over(session, session.get_one(PoolLease, lease), "released", self.now())
