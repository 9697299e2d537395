"""All rules about schedules over one store, and a clock that shows what it is set to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from service.batch_rules import World

from mlabs_ext import wire
from mlabs_ext.service.schedule_queue import ScheduleQueue
from mlabs_ext.service.schedules import Schedules

MONDAY = datetime(2030, 1, 7, 12, 0, tzinfo=UTC)


class Scheduled(World):
    """The rules about batch runs with those about schedules; `pass_by` lets time go by."""

    def __init__(self, rules, plans=None, **queue):
        self.clock = MONDAY
        super().__init__(rules, plans)
        shared = {name: getattr(self.batches, name) for name in ("store", "blobs", "catalogue", "addresses")}
        shared |= {"plans": self.batches.plans, "batches": self.batches}
        self.schedules = Schedules(**shared)
        self.due = ScheduleQueue(**shared, **queue)
        for each in (self.schedules, self.due):
            each.now = self.now

    def now(self):
        return self.clock

    def put(self, lab="mnist", viewer=None, **fields):
        viewer = viewer or self.rules.ada
        return self.schedules.set(
            viewer, viewer.name, lab, wire.ScheduleChange(**{"cron": "0 * * * *", **fields})
        )

    def shown(self, lab="mnist"):
        return self.schedules.get(self.rules.ada, "ada", lab)

    def pass_by(self, **time):
        """Let time go by, and look what is due then."""
        self.clock += timedelta(**time)
        self.due.settle()
        return [run for lab, at in self.due.due() if (run := self.due.begin(lab, at))]

    def finish(self, run, status="succeeded", image="image-1"):
        """The run begins and ends."""
        shown = self.get(run)
        self.queue.claim()
        fields = wire.RunCreate(
            id=run, lab=shown.lab, started=self.now(), environment=shown.environment, kind="batch",
            image=image, parameters=shown.parameters,
        )  # fmt: skip
        self.rules.runs.register(self.rules.ada, fields)
        self.end(shown, status)


@pytest.fixture
def world(rules):
    rules.publish(name="mnist")
    return Scheduled(rules)
