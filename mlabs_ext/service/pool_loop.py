"""Has the referee look at what workers bring, one by one, and takes back leases that have run out."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from mlabs_ext.errors import MLabsError, Unavailable
from mlabs_ext.service.pool_disputes import Disputes
from mlabs_ext.service.pool_leases import Leases
from mlabs_ext.service.pool_verdicts import Judged, Question
from mlabs_ext.service.rounds import Rounds


class Judge(Protocol):
    """Who can judge: the referee, which is a process of its own."""

    async def judge(self, asked: Question) -> Judged:
        """Score a checkpoint on the held-out rows, and find out the loss that its worker claims."""

    async def slice(self, asked: Question, out: Path, backend: str = "") -> None:
        """Do a slice, on this backend if one is named, and write the checkpoint to a file."""

    async def close(self) -> None:
        """End what is still going on."""


class PoolLoop(Rounds):
    """One task at a time: the referee is one process."""

    log = logging.getLogger("mlabs.community")
    what = "The results of the community pool"
    interval = 0.4

    def __init__(self, verdicts: Disputes, leases: Leases, referee: Judge, pool: Executor):
        super().__init__(verdicts.store, pool)
        self.verdicts, self.leases, self.referee = verdicts, leases, referee

    async def round(self) -> None:
        """Take back what was not brought, and begin to judge unless that goes on."""
        if self.verdicts.community.enabled:
            await self._run(self.leases.expire, datetime.now(UTC))
            self.begin("referee", self._judge_all)

    async def _judge_all(self) -> None:
        try:
            while asked := await self._run(self.verdicts.next):
                await self.answer(asked)
        except self.passing:
            self.log.exception("A result could not be judged now")
            await asyncio.sleep(5 * self.interval)

    async def answer(self, asked: Question) -> None:
        """Have one question answered; what the referee fails at is asked again, a few times."""
        if asked.kind == "compare":
            await self._run(self.verdicts.compare, asked)
            return
        try:
            if asked.kind == "judge":
                found = await self.referee.judge(asked)
                await self._run(self.verdicts.judged, asked, found)
                return
            with tempfile.TemporaryDirectory(prefix="mlabs-slice-") as folder:
                made = {name: Path(folder) / f"checkpoint-{name}" for name in asked.backends or ("",)}
                for name, out in made.items():
                    await self.referee.slice(asked, out, name)
                await self._run(self.verdicts.recomputed, asked, made)
        except MLabsError as error:
            if isinstance(error, Unavailable):
                raise
            self.log.warning("The referee cannot %s for lease %s: %s", asked.kind, asked.lease, error)
            await self._run(self.verdicts.failed, asked)

    async def close(self) -> None:
        """End the referee too."""
        await super().close()
        await self.referee.close()
