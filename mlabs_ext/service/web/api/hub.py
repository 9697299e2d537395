"""What the hub says about itself, over REST."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation


class HubStatusHandler(BaseHandler):
    """Accelerators, the queue for them, warm containers, images."""

    @operation(
        "What the hub said about itself last; for administrators", answer=wire.HubStatus, access="read"
    )
    async def get(self) -> None:
        """Read."""
        self.answer(await self.run(self.app.hub_status.get, self.viewer))

    @operation(
        "From the hub: what it says about itself; parts that are left out stay",
        body=wire.HubReport,
        answer=wire.HubStatus,
        access="hub",
    )
    async def put(self) -> None:
        """Keep."""
        self.answer(await self.run(self.app.hub_status.put, self.viewer, self.body(wire.HubReport)))


class QueueHandler(BaseHandler):
    """The queues for accelerators."""

    @operation(
        "What one would wait for each kind of accelerator, and for how long others waited; it names nobody",
        answer=tuple[wire.Queue, ...],
        access="read",
    )
    async def get(self) -> None:
        """Look."""
        self.answer(await self.run(self.app.queues.look, self.viewer))


CALLS = [Route("/hub/status", HubStatusHandler), Route("/queue", QueueHandler)]
