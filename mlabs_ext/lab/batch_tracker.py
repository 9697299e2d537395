"""Tracks the kernel of a batch run: all that it does is one run, which ends when its runner says so."""

from __future__ import annotations

import math
from datetime import datetime

from msgspec import Struct

from mlabs_ext.lab.messages import Message
from mlabs_ext.lab.run_all import RunAll
from mlabs_ext.lab.run_tracker import Ending, OpenRun, Record, RunTracker, kernel_died
from mlabs_ext.wire import RunCreate, RunReason, RunStatus


class Over(Struct):
    """The runner's word that its run is over. `died` says how the kernel went, where it went by itself."""

    status: RunStatus
    reason: RunReason | None
    died: str | None = None


class BatchTracker(RunTracker):
    """Neither a pause nor the kernel's end is the end of the run; the end of its server is."""

    def __init__(self, record: Record, run: RunCreate):
        super().__init__(record, _begin_none, math.inf)
        self.open = OpenRun(run.id, run.lab, None, run.started)

    def expects(self, message: Message) -> bool:
        """It belongs to this run, whatever it is."""
        return True

    def execute(self, message: Message, lab: str, run_all: RunAll | None, now: float) -> None:
        """A cell begins; after the end of the run nothing does."""
        if self.open:
            super().execute(message, self.open.lab, None, now)

    def tick(self, now: float) -> None:
        """A batch run takes the time that it takes."""

    def ended(self, how: Ending, time: datetime, now: float) -> None:
        """The kernel goes with its server; whoever stopped that knows why, not the server."""
        if how == "shutdown":
            self.finish(Over("stopped", None), time, now)

    def finish(self, over: Over, time: datetime, now: float) -> None:
        """End the run; a cell that still runs was cut off."""
        if over.died:
            self._begin_unheard(time, now)
        self.pending.clear()
        if self.open is None:
            return
        if over.died and not self.open.running:
            self._add("output", time, None, {"execution": "", "output": kernel_died(over.died)}, now)
        self._cut_off("dead" if over.died else "shutdown", time, now, over.died)
        if over.died:
            self._add("kernel", time, None, {"state": "dead"}, now)
        end = {"status": over.status} | ({"reason": over.reason} if over.reason else {})
        self._record.add(self.open.id, "end", max(time, self.open.last), None, end)
        self.open = None

    def _begin_unheard(self, time: datetime, now: float) -> None:
        """A kernel that dies at once takes its first words with it: what it was asked to do it had begun."""
        if self.open and not self.open.running and self.pending:
            request = next(iter(self.pending.values()))
            message = Message("execute_input", request.id, time, {"code": request.code})
            super().execute(message, self.open.lab, None, now)

    @property
    def quiet(self) -> bool:
        """Whether all that was asked of the kernel has been heard to its end."""
        return not self.pending and not (self.open and self.open.running)

    def _continues(self, key: str) -> bool:
        return True


def _begin_none(run_all: RunAll | None, time: datetime) -> tuple[str, str]:
    raise AssertionError("a batch run's tracker begins no other run")
