"""When a lab runs by itself: set, paused, resumed and removed by its owner."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.service import cron
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.new import accelerators
from mlabs_ext.service.web.pages.written import further, seconds, text

# What people choose most, with the hour in words.
PRESETS = {
    "hourly": ("Hourly", "0 * * * *", "at every full hour"),
    "daily": ("Daily", "0 6 * * *", "at 6:00"),
    "weekly": ("Weekly", "0 6 * * 1", "on Mondays at 6:00"),
    "monthly": ("Monthly", "0 6 1 * *", "on the first of the month at 6:00"),
}
OWN = "own"
FIELDS = ("preset", "cron", "timezone", "image", "accelerator", "minutes", "more")


class SchedulePage(Page):
    """`BASE/@{owner}/{lab}/schedule`."""

    async def get(self, owner: str, name: str) -> None:
        """Show the schedule, and the form that sets it."""
        self.require_user()
        lab, schedule = await self.found(owner, name)
        self.ask(lab, schedule, form_of(schedule))

    def ask(
        self,
        lab: wire.Lab,
        schedule: wire.Schedule | None,
        form: dict[str, str],
        problem: str = "",
        status: int = 200,
    ) -> None:
        """Show the form with what was entered."""
        self.page(
            "schedule.html",
            status,
            lab=lab,
            schedule=schedule,
            times=[spoken(at, schedule.timezone) for at in schedule.upcoming] if schedule else [],
            form=SimpleNamespace(**form),
            presets=PRESETS,
            zones=sorted(cron.zones()),
            accelerators=accelerators(self.app.catalogue.public()),
            mine=self.viewer.name == lab.owner,
            problem=problem,
        )

    async def post(self, owner: str, name: str) -> None:
        """Do what the pressed button says, and show what came of it."""
        self.require_user()
        lab, schedule = await self.found(owner, name)
        pressed = self.field("do") or "save"
        if pressed == "save":
            given = form_of(schedule) | self.given(*FIELDS)
            if not await self.attempt(
                self.save(lab, schedule, given), partial(self.ask, lab, schedule, given)
            ):
                return
        else:
            await self.change(lab, pressed)
        self.go(f"{self.app.base_url}{lab_path(lab)}/schedule")

    async def save(
        self, lab: wire.Lab, schedule: wire.Schedule | None, form: dict[str, str]
    ) -> wire.Schedule:
        """Call the rule with what the form gives; the form has no environment, so that one stays."""
        fields = fields_of(form) | {"environment": schedule and schedule.environment}
        change = shaped(wire.ScheduleChange, fields)
        return await self.run(self.app.schedules.set, self.viewer, lab.owner, lab.name, change)

    async def change(self, lab: wire.Lab, pressed: str) -> None:
        """Pause, resume or remove."""
        whose = self.viewer, lab.owner, lab.name
        if pressed == "remove":
            await self.run(self.app.schedules.delete, *whose)
        elif pressed in ("pause", "resume"):
            await self.run(self.app.schedules.pause, *whose, pressed == "pause")
        else:
            raise BadInput("A schedule is saved, paused, resumed or removed.", "form_invalid")

    async def found(self, owner: str, name: str) -> tuple[wire.Lab, wire.Schedule | None]:
        """The lab and its schedule; to others than its owner the lab has no such page."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        if not self.viewer.acts_for(lab.owner):
            raise NotFound("There is nothing at this address.")
        return lab, await self.run(self.app.schedules.find, self.viewer, owner, name)


def form_of(schedule: wire.Schedule | None) -> dict[str, str]:
    """The form's fields as the schedule has them, or as a new one begins."""
    if schedule is None:
        new = {"preset": "daily", "timezone": "UTC", "image": "recorded"}
        return dict.fromkeys(FIELDS, "") | new
    known = {expression: name for name, (_, expression, _) in PRESETS.items()}
    given = schedule.parameters or {}
    return {
        "preset": known.get(schedule.cron, OWN),
        "cron": "" if schedule.cron in known else schedule.cron,
        "timezone": schedule.timezone,
        "image": schedule.image,
        "accelerator": schedule.accelerator or "",
        "minutes": f"{schedule.timeout / 60:g}" if schedule.timeout else "",
        "more": "\n".join(f"{name} = {text(value)}" for name, value in given.items()),
    }


def fields_of(form: dict[str, str]) -> dict[str, Any]:
    """What the form asks for, as the rule takes it."""
    preset = PRESETS.get(form["preset"])
    return {
        "cron": preset[1] if preset else form["cron"],
        "timezone": form["timezone"] or "UTC",
        "image": form["image"],
        "accelerator": form["accelerator"] or None,
        "parameters": further(form["more"].splitlines()) or None,
        "timeout": seconds(form["minutes"]) if form["minutes"] else None,
    }


def spoken(at: datetime, zone: str) -> str:
    """`Mon 30 Nov 2026, 06:00`, by the clocks of a zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y, %H:%M}"
