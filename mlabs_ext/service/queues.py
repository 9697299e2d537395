"""What whoever asks for an accelerator now would wait, told without a word about anybody."""

from __future__ import annotations

from datetime import timedelta

from mlabs_ext import waiting, wire
from mlabs_ext.accelerators import COMMUNITY, NONE
from mlabs_ext.service.hub_status import HubStatus
from mlabs_ext.service.rules import Rules, collaborator, need_read
from mlabs_ext.service.viewers import Viewer

# What the hub said longer ago than this says nothing about now, where something was held.
FRESH = timedelta(minutes=2)


class Queues(Rules):
    """The rules about queues. The hub has one for all kinds of accelerators."""

    hub_status: HubStatus = collaborator("What the hub said.")

    def look(self, viewer: Viewer) -> list[wire.Queue]:
        """The queue for each of the server's own kinds that an environment can use; for who is signed in."""
        need_read(viewer)
        there = [kind for entry in self.catalogue.public() for kind in entry.accelerators]
        return [self.of(viewer, kind) for kind in dict.fromkeys(there) if kind not in (NONE, COMMUNITY)]

    def of(self, viewer: Viewer, accelerator: str) -> wire.Queue:
        """The queue for one kind, as this viewer would stand in it."""
        status = self.hub_status.newest()
        waits = status.waits or wire.HubWaits()
        queue = wire.Queue(accelerator, usual_wait=waits.usual_wait)
        heard = status.said.get("gpus")
        held = sum(len(gpu.holders) for gpu in status.gpus or [])
        if not status.gpus or heard is None or (held and self.now() - heard > FRESH):
            return queue
        ahead = status.queue or []
        queue.people = len({one.user for one in ahead} - {viewer.name})
        queue.free = 0 if ahead else sum(max(0, gpu.shares - len(gpu.holders)) for gpu in status.gpus)
        queue.seconds = 0.0 if queue.free else self._expected(waits, len(ahead))
        return queue

    def _expected(self, waits: wire.HubWaits, ahead: int) -> float | None:
        since = [moment.timestamp() for moment in waits.held_since]
        return waiting.expected(since, waits.usual_use, ahead + 1, self.now().timestamp())[-1]
