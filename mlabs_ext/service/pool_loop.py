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
from mlabs_ext.service.pool_disputes import Disputes, Truth
from mlabs_ext.service.pool_leases import Leases
from mlabs_ext.service.pool_verdicts import Judged, Question
from mlabs_ext.service.rounds import Rounds

# How often it is seen how far rounding leads before somebody is blamed: by chance it leads nowhere at times.
SHAKES = 2


class Judge(Protocol):
    """Who can judge: the referee, which is a process of its own."""

    async def judge(self, asked: Question) -> Judged:
        """Score a checkpoint on the held-out rows, and find out the loss that its worker claims."""

    async def slice(self, asked: Question, out: Path, backend: str = "", shaken: int = 0) -> None:
        """Do a slice, on this backend if one is named, and write the checkpoint to a file; `shaken` says how
        what it begins with is changed to see how far rounding leads.
        """

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
        if self.verdicts.community.enabled and not await self._run(self.leases.rests):
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
            backends = asked.backends or ("",)
            truths = {name: await self._truth(asked, name) for name in backends}
            shaken: list[Truth] = []
            # Each costs as much as the slice: it is done only where somebody would be blamed otherwise.
            while len(shaken) < SHAKES and await self._run(self.verdicts.unclear, asked, truths, shaken):
                shaken.append(await self._truth(asked, backends[0], len(shaken) + 1))
            await self._run(self.verdicts.recomputed, asked, truths, shaken)
        except MLabsError as error:
            if isinstance(error, Unavailable):
                raise
            self.log.warning("The referee cannot %s for lease %s: %s", asked.kind, asked.lease, error)
            await self._run(self.verdicts.failed, asked)

    async def _truth(self, asked: Question, backend: str, shaken: int = 0) -> Truth:
        with tempfile.TemporaryDirectory(prefix="mlabs-slice-") as folder:
            out = Path(folder) / "checkpoint"
            await self.referee.slice(asked, out, backend, shaken)
            truth: Truth = await self._run(self.verdicts.truth, asked, out)
            return truth

    async def close(self) -> None:
        """End the referee too."""
        await super().close()
        await self.referee.close()
