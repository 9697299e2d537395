"""Decides, for one kernel, where a run begins and ends and what is part of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, Protocol

from msgspec import Struct

from mlabs_ext.lab import messages, metric_values
from mlabs_ext.lab.messages import Message
from mlabs_ext.lab.run_all import Request, RunAll
from mlabs_ext.wire import EventType

# A front end that sends one cell after the other must not end its "Run all" between two of them.
GRACE = 1.0
# A server that restarts or ends a kernel interrupts it first, and says so only when it is done.
GRACE_INTERRUPTED = 10.0
REMEMBERED = 10_000
DIED = "The kernel died while this cell ran. Most often it ran out of memory."

Ending = Literal["restarted", "dead", "shutdown"]


class Record(Protocol):
    """Where steps go: the outbox, by way of the recorder."""

    def add(self, run: str, kind: EventType, time: datetime, cell: str | None, data: dict[str, Any]) -> None:
        """Take one step of a run."""


class Execution(Struct):
    """A cell that runs, or has run, in the open run."""

    cell: str | None
    started: datetime
    raised: bool = False


class OpenRun:
    """A run that goes on."""

    def __init__(self, run: str, lab: str, run_all: RunAll | None, time: datetime):
        self.id = run
        self.lab = lab
        self.run_all = run_all
        self.last = self.started = time
        self.active = 0.0
        self.raised = False
        self.interrupted = False
        self.cut_off = False
        self.executions: dict[str, Execution] = {}
        self.running: dict[str, Execution] = {}


class RunTracker:
    """One kernel's state. `begin_run(run_all, time)` opens a run in the record and returns its id and lab."""

    def __init__(
        self, record: Record, begin_run: Callable[[RunAll | None, datetime], tuple[str, str]], idle: float
    ):
        self._record = record
        self._begin_run = begin_run
        self._idle = idle
        self.open: OpenRun | None = None
        self.pending: dict[str, Request] = {}

    def requested(self, request: Request) -> None:
        """A front end asks for an execution."""
        self.pending[request.id] = request
        if len(self.pending) > REMEMBERED:
            self.pending.pop(next(iter(self.pending)))

    def expects(self, message: Message) -> bool:
        """Whether it is clear without a further look which run this execution belongs to."""
        run_all = self.open.run_all if self.open else None
        return not self.keeps(message) or bool(run_all and self._key(message) in run_all.left)

    def keeps(self, message: Message) -> bool:
        """Whether the execution is a person's, and not a tool's behind the scenes."""
        request = self.pending.get(message.parent)
        return request is None or request.kept

    def execute(self, message: Message, lab: str, run_all: RunAll | None, now: float) -> None:
        """A cell begins. `run_all` is the new "Run all" that it is the first cell of."""
        self._finish_unheard(message, now)
        key = self._key(message)
        if self.open and (run_all or self.open.lab != lab or not self._continues(key)):
            self._end(message.time)
        if not self.open:
            self.open = OpenRun(*self._begin_run(run_all, message.time), run_all, message.time)
            if run_all:
                run_all.takes(key)
        request = self.pending.pop(message.parent, None)
        execution = Execution(request.cell if request else None, message.time)
        self.open.executions[message.parent] = self.open.running[message.parent] = execution
        if len(self.open.executions) > REMEMBERED:
            self.open.executions.pop(next(iter(self.open.executions)))
        self.open.raised = self.open.interrupted = self.open.cut_off = False
        data = {
            "execution": message.parent,
            "code": _code(message),
            "execution_count": messages.count(message.content),
        }
        self._add("execute", message.time, execution.cell, data, now)

    def _finish_unheard(self, message: Message, now: float) -> None:
        """A kernel does one thing after the other: that it begins anew says that what ran before is done."""
        for request, execution in list(self.open.running.items() if self.open else ()):
            self._finished(request, execution, message.time, now)

    def step(self, message: Message, now: float) -> None:
        """Anything else that a kernel says about an execution."""
        if message.type == "status":
            if message.content.get("execution_state") == "idle":
                self._idle_again(message, now)
        elif self.open and (execution := self.open.executions.get(message.parent)):
            if message.type == "comm_msg":
                self._metric(message, execution, now)
            else:
                self._output(message, execution, now)

    def interrupted(self, time: datetime, now: float) -> None:
        """Somebody interrupted the kernel."""
        if self.open and (self.open.running or self.open.cut_off):
            self.open.interrupted, self.open.cut_off = True, False
            self._add("kernel", time, None, {"state": "interrupted"}, now)

    def ended(self, how: Ending, time: datetime, now: float) -> None:
        """The kernel's process is gone; a restarted one begins anew."""
        self.pending.clear()
        if not self.open:
            return
        stopped = self._cut_off(how, time, now)
        if how != "shutdown":
            self._add("kernel", time, None, {"state": how}, now)
        self._end(max(time, self.open.last), stopped)

    def tick(self, now: float) -> None:
        """End what is over by the clock; its end is when it last did something."""
        if self.open and not self.open.running:
            quiet = now - self.open.active
            grace = GRACE_INTERRUPTED if self.open.cut_off else GRACE
            if quiet > self._idle or (self.open.run_all and quiet > grace and not self._more_coming()):
                self._end(self.open.last)

    def _key(self, message: Message) -> str:
        request = self.pending.get(message.parent)
        return request.key if request else message.parent

    def _continues(self, key: str) -> bool:
        run_all = self.open.run_all if self.open else None
        return run_all is None or run_all.takes(key)

    def _more_coming(self) -> bool:
        run_all = self.open.run_all if self.open else None
        return bool(run_all and any(request.key in run_all.left for request in self.pending.values()))

    def _idle_again(self, message: Message, now: float) -> None:
        self.pending.pop(message.parent, None)  # aborted, if it never began
        execution = self.open.running.get(message.parent) if self.open else None
        if not self.open or not execution:
            return
        self._finished(message.parent, execution, message.time, now)
        over = self.open.run_all and self.open.run_all.over and not self.open.running
        if over and not self.open.cut_off:
            self._end(message.time)

    def _finished(self, request: str, execution: Execution, time: datetime, now: float) -> None:
        if self.open:
            self.open.running.pop(request, None)
            self.open.raised = execution.raised
            self._done(request, execution, "error" if execution.raised else "ok", time, now)

    def _output(self, message: Message, execution: Execution, now: float) -> None:
        content = message.content
        data: dict[str, Any] = {"execution": message.parent}
        if message.type == "clear_output":
            self._add("clear", message.time, execution.cell, {**data, "wait": bool(content.get("wait"))}, now)
            return
        shown = messages.display_id(content)
        if message.type == "update_display_data":
            if shown:
                update = messages.output(message)
                data = {"display_id": shown, "data": update["data"], "metadata": update["metadata"]}
                self._add("update", message.time, execution.cell, data, now)
            return
        if message.type == "error":
            execution.raised = True
            # An execution is one of an open run.
            assert self.open is not None
            self.open.cut_off = content.get("ename") == "KeyboardInterrupt" and not self.open.interrupted
        data |= {"output": messages.output(message)} | ({"display_id": shown} if shown else {})
        self._add("output", message.time, execution.cell, data, now)

    def _metric(self, message: Message, execution: Execution, now: float) -> None:
        for data in metric_values.events(metric_values.points_of(message.content)):
            self._add("metric", message.time, execution.cell, data, now)

    def _cut_off(
        self, how: Ending, time: datetime, now: float, words: str | None = None
    ) -> Literal["stopped", "failed"] | None:
        """Finish what was running when the kernel went; `words` say how it died."""
        running = list(self.open.running.items()) if self.open else []
        for request, execution in running:
            if how == "dead":
                data = {"execution": request, "output": kernel_died(words or DIED)}
                self._add("output", time, execution.cell, data, now)
            self._done(request, execution, "error" if how == "dead" else "aborted", time, now)
        if how == "dead":
            return "failed" if running else None
        return "stopped" if running or (self.open and self.open.cut_off) else None

    def _done(self, request: str, execution: Execution, status: str, time: datetime, now: float) -> None:
        duration = max((time - execution.started).total_seconds(), 0.0)
        data = {"execution": request, "status": status, "duration": duration}
        self._add("done", time, execution.cell, data, now)

    def _add(
        self, kind: EventType, time: datetime, cell: str | None, data: dict[str, Any], now: float
    ) -> None:
        if self.open:
            self.open.last, self.open.active = max(time, self.open.last), now
            self._record.add(self.open.id, kind, time, cell, data)

    def _end(self, time: datetime, stopped: Literal["stopped", "failed"] | None = None) -> None:
        if self.open:
            status = stopped or ("failed" if self.open.raised else "succeeded")
            self._record.add(self.open.id, "end", time, None, {"status": status})
            self.open = None


def kernel_died(words: str) -> dict[str, Any]:
    """What a cell shows whose kernel went."""
    return {"output_type": "error", "ename": "KernelDied", "evalue": words, "traceback": [words]}


def _code(message: Message) -> str:
    code = message.content.get("code")
    return code if isinstance(code, str) else ""
