"""Brings what the outbox keeps to the service: in order, again and again until it is acknowledged."""

from __future__ import annotations

import asyncio
import random
import time

from traitlets import Float, Instance
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import (
    Conflict,
    Forbidden,
    Full,
    MLabsError,
    NotFound,
    TooLarge,
    TooMany,
    Unavailable,
    Unusable,
)
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.journal import Journal
from mlabs_ext.lab.kept import Kept
from mlabs_ext.lab.outbox import Outbox
from mlabs_ext.lab.refusals import passable
from mlabs_ext.wire import EventsAccepted, Run

FIRST_PAUSE = 0.3


class Delivery(LoggingConfigurable):
    """One loop over the runs in the outbox; a run that the service refuses never holds up another."""

    outbox = Instance(Outbox)
    client = Instance(Client)
    heartbeat = Float(
        45.0,
        help="""Seconds without news after which a run that is open is reported as alive. Default: 45; the
        service takes it for lost after 300. Example: `c.Delivery.heartbeat = 20`.""",
    ).tag(config=True)
    longest_pause = Float(
        10.0,
        help="""Seconds between tries while the service does not answer, at most. Default: 10. Example:
        `c.Delivery.longest_pause = 60`.""",
    ).tag(config=True)
    spacing = Float(
        0.1,
        help="""Seconds between batches while a run prints without end. Default: 0.1. Example:
        `c.Delivery.spacing = 1`.""",
    ).tag(config=True)

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        self._news = asyncio.Event()
        self._answers = asyncio.Event()
        self._progress = asyncio.Event()
        self._failures = 0
        self.outbox.on_written(self._news.set)
        self.client.on_answer(self._answers.set)

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._news.clear()
            self._answers.clear()
            error = await self.round()
            self._progress.set()
            if error is None:
                self._failures = 0
                await self._rest(self._news, self._until_next())
                await asyncio.sleep(self.spacing)
            else:
                self._failures += 1
                if self._failures == 2:
                    self.log.warning(
                        "MLabs: the service does not answer; recorded runs wait in %s", self.outbox.directory
                    )
                await self._rest(self._answers, self._pause(self._failures, error))

    async def round(self) -> Unavailable | None:
        """Offer every run's next batch once. Returns the error where the service is not there."""
        for kept in list(self.outbox.runs.values()):
            if kept.not_before <= time.monotonic():
                try:
                    await self._offer(kept)
                except Unavailable as error:
                    return error
        return None

    async def flush(self, timeout: float) -> bool:
        """Deliver what there is now; False where it could not be done within `timeout` seconds."""
        await self.outbox.settle()
        wanted = [(kept, kept.next - 1) for kept in self.outbox.runs.values()]
        deadline = time.monotonic() + timeout
        self._answers.set()
        while any(kept.acknowledged < last and not kept.given_up for kept, last in wanted):
            left = deadline - time.monotonic()
            if left <= 0 or self._failures > 1:
                return False
            self._progress.clear()
            self._news.set()
            await self._rest(self._progress, left)
        return True

    async def _offer(self, kept: Kept) -> None:
        """Register the run if need be, and send its next batch; what fails for good is put aside."""
        try:
            if not kept.registered and kept.stored:
                await self.client.send("POST", "runs", kept.create, Run, key=kept.create.id, attempts=1)
                kept.registered = True
            if kept.registered:
                await self._send(kept)
        except FileNotFoundError:
            await self.outbox.reject(
                kept, NotFound("Its files in the outbox were deleted.", "events_deleted")
            )
        except Unavailable:
            raise
        except MLabsError as error:
            if not passing(error):
                await self.outbox.reject(kept, error)
                return
            kept.failures += 1
            kept.not_before = time.monotonic() + self._pause(kept.failures, error)
            if kept.failures == 1:
                self.log.warning("MLabs: run %s waits: %s", kept.create.id, error.message)
        else:
            kept.failures = 0

    async def _send(self, kept: Kept) -> None:
        lines = await self.outbox.batch(kept)
        beat = not kept.ended and time.monotonic() - kept.sent_at > self.heartbeat
        if not lines and not beat and not (kept.ended and kept.delivered):
            return
        if lines or beat:
            upto = await self._post(kept, lines)
        else:
            upto = kept.acknowledged
        if lines and upto <= kept.acknowledged:
            raise Unavailable("The MLabs service did not take the events.", "service_unavailable")
        await self.outbox.acknowledge(kept, max(upto, kept.acknowledged))

    async def _post(self, kept: Kept, lines: list[bytes]) -> int:
        """Send one batch, as far as it is taken; the number up to which the service then has the run."""
        replaced: set[int] = set()
        while True:
            try:
                accepted = await self._sent(kept, lines)
            except (TooLarge, Unusable) as error:
                before = len(replaced)
                lines = passable(lines, error, replaced)
                if len(replaced) > before:
                    self.log.warning("MLabs: run %s lacks a step: %s", kept.create.id, error.message)
            except Conflict as error:
                return rewound(kept, error)
            else:
                kept.sent_at = time.monotonic()
                kept.watching = accepted.watching
                return accepted.acknowledged

    async def _sent(self, kept: Kept, lines: list[bytes]) -> EventsAccepted:
        body = b'{"events":[' + b",".join(lines) + b"]}"
        path = f"runs/{kept.create.id}/events"
        return await self.client.send("POST", path, body, EventsAccepted, attempts=1)

    def _until_next(self) -> float:
        """Seconds until something is to be done even without news."""
        runs = self.outbox.runs.values()
        due = [kept.not_before - time.monotonic() for kept in runs if kept.acknowledged < kept.durable]
        return max(min([*due, self.heartbeat / 3]), 0.0)

    def _pause(self, failures: int, error: MLabsError) -> float:
        """Seconds to wait after so many failures in a row; never less than the service asks for."""
        pause = min(FIRST_PAUSE * 2 ** min(failures, 16), self.longest_pause)
        asked = (error.detail or {}).get("retry_after")
        pause = max(pause, asked) if isinstance(asked, int | float) else pause
        return pause * random.uniform(0.7, 1.0)  # noqa: S311

    @staticmethod
    async def _rest(event: asyncio.Event, seconds: float) -> None:
        waiting = asyncio.ensure_future(event.wait())
        await asyncio.wait([waiting], timeout=seconds)
        waiting.cancel()


def passing(error: MLabsError) -> bool:
    """Whether the same request may succeed later. A token that is refused today may be renewed tomorrow."""
    return isinstance(error, TooMany | Forbidden | Full) or error.status >= 500


def rewound(kept: Kept, error: Conflict) -> int:
    """Go back to where the service says that its record ends; the error again if that is not possible."""
    expected = (error.detail or {}).get("expected")
    if (
        not isinstance(expected, int)
        or expected - 1 == kept.acknowledged
        or expected < first_number(kept.journal)
    ):
        raise error
    kept.acknowledged = expected - 2
    return expected - 1


def first_number(journal: Journal) -> int:
    """The first event that is still on this disk."""
    return journal.segments[0].first if journal.segments else 1
