"""Schedules over REST."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation


class ScheduleHandler(BaseHandler):
    """When a lab runs by itself."""

    @operation("When a lab of one's own runs by itself", answer=wire.Schedule, access="read")
    async def get(self, owner: str, lab: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.schedules.get, self.viewer, owner, lab))

    @operation(
        "Set when a lab of one's own runs by itself; a paused schedule goes on, unless `paused` is true",
        body=wire.ScheduleChange,
        answer=wire.Schedule,
        access="write",
    )
    async def put(self, owner: str, lab: str) -> None:
        """Set."""
        self.require_user()
        fields = self.body(wire.ScheduleChange)
        self.answer(await self.run(self.app.schedules.set, self.viewer, owner, lab, fields))

    @operation("Remove a lab's schedule; a run that it began goes on", status=204, access="write")
    async def delete(self, owner: str, lab: str) -> None:
        """Remove."""
        await self.run(self.app.schedules.delete, self.viewer, owner, lab)
        self.set_status(204)


CALLS = [Route("/labs/{owner}/{lab}/schedule", ScheduleHandler)]
