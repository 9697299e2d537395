"""Sends what the outbox holds. Several processes may do so at once, and each may end at any moment."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.channels import CONFIRM
from mlabs_ext.service.deliveries import Deliveries, Parcel
from mlabs_ext.service.letters import Letters
from mlabs_ext.service.mail import Mail, NotSent
from mlabs_ext.service.outbound import Outbound

T = TypeVar("T")
AT_ONCE = 16
log = logging.getLogger("mlabs.deliveries")


class DeliveryLoop:
    """One task for each delivery under way."""

    def __init__(
        self, deliveries: Deliveries, letters: Letters, mail: Mail, outbound: Outbound, pool: Executor
    ):
        self.deliveries, self.letters, self.pool = deliveries, letters, pool
        self.mail, self.outbound = mail, outbound
        self.under_way: set[asyncio.Task[None]] = set()

    async def watch(self) -> None:
        """Go on for ever; a round that fails is logged, and the next one tries again."""
        try:
            while True:
                try:
                    await self.round()
                except (OSError, MLabsError, self.deliveries.store.Error):
                    log.exception("The outbox could not be looked up")
                await asyncio.sleep(self.deliveries.interval)
        finally:
            await self.close()

    async def round(self) -> None:
        """Begin all that is due."""
        for parcel in await self._run(self.deliveries.claim, AT_ONCE - len(self.under_way)):
            task = asyncio.create_task(self._noted(parcel))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)

    async def close(self) -> None:
        """Wait for none of it: when their lease is over, they are sent again."""
        tasks = list(self.under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def one(self, delivery: str) -> None:
        """Send this one now, once; somebody waits for how it goes."""
        if parcel := await self._run(self.deliveries.claim_one, delivery):
            await self._until_done(parcel, once=True)

    async def _noted(self, parcel: Parcel) -> None:
        """Send it; what cannot be noted is sent again when its lease is over."""
        try:
            await self._until_done(parcel)
        except (OSError, MLabsError, self.deliveries.store.Error) as error:
            log.warning("How delivery %s went could not be noted: %s", parcel.id, error)

    async def _until_done(self, parcel: Parcel, once: bool = False) -> None:
        """Send it and note how that went."""
        try:
            await self._send(parcel)
        except (NotSent, MLabsError) as error:
            final = once or (isinstance(error, NotSent) and error.final)
            words = error.message if isinstance(error, MLabsError) else str(error)
            log.info("Delivery %s by %s, try %d: %s", parcel.id, parcel.channel, parcel.tries, words)
            await self._run(self.deliveries.failed, parcel, words, final)
        except Exception:
            log.exception("Delivery %s by %s", parcel.id, parcel.channel)
            words = "Something is wrong with MLabs itself; the service's log says what."
            await self._run(self.deliveries.failed, parcel, words, once)
        else:
            await self._run(self.deliveries.sent, parcel)

    async def _send(self, parcel: Parcel) -> None:
        """Send it, unless what it was for is gone: an address that was changed, a run that was deleted."""
        if parcel.channel == "webhook":
            if parcel.webhook:
                await self._post(parcel, parcel.webhook)
        elif parcel.email and parcel.confirmed == (parcel.kind != CONFIRM):
            if not self.mail.host:
                raise NotSent("This MLabs sends no mail any more.", final=True)
            await self.mail.send(self.letters.mail(parcel))

    async def _post(self, parcel: Parcel, url: str) -> None:
        signed = self.letters.webhook(parcel, int(time.time()))
        status = await self.outbound.post(url, signed.body, signed.headers)
        if 300 <= status < 400:
            raise NotSent(f"It answered with a redirect ({status}): none is followed, enter where it leads.")
        if not 200 <= status < 300:
            raise NotSent(f"It answered with the status {status}.")

    async def _run(self, rule: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, rule, *args)
