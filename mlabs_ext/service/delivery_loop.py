"""Sends what the outbox holds. Several processes may do so at once, and each may end at any moment."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Executor

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.channels import CONFIRM
from mlabs_ext.service.deliveries import Deliveries, Parcel
from mlabs_ext.service.letters import Letters
from mlabs_ext.service.mail import Mail, NotSent
from mlabs_ext.service.outbound import Outbound
from mlabs_ext.service.rounds import Rounds

AT_ONCE = 16
log = logging.getLogger("mlabs.deliveries")


class DeliveryLoop(Rounds):
    """One task for each delivery under way."""

    log = log
    what = "The outbox"

    def __init__(
        self, deliveries: Deliveries, letters: Letters, mail: Mail, outbound: Outbound, pool: Executor
    ):
        super().__init__(deliveries.store, pool)
        self.deliveries, self.letters = deliveries, letters
        self.mail, self.outbound = mail, outbound

    @property
    def interval(self) -> float:
        """As set for the outbox."""
        return self.deliveries.interval

    async def round(self) -> None:
        """Begin all that is due; what a process leaves is sent again when its lease is over."""
        for parcel in await self._run(self.deliveries.claim, AT_ONCE - len(self.under_way)):
            self.begin(parcel.id, self._noted, parcel)

    async def one(self, delivery: str) -> None:
        """Send this one now, once; somebody waits for how it goes."""
        if parcel := await self._run(self.deliveries.claim_one, delivery):
            await self._until_done(parcel, once=True)

    async def _noted(self, parcel: Parcel) -> None:
        """Send it; what cannot be noted is sent again when its lease is over."""
        try:
            await self._until_done(parcel)
        except self.passing as error:
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
            # Whatever is wrong with one, it is not sent for ever, and who waits for a test is told.
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
