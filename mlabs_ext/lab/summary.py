"""What a run's own events say about it, so that history shows it before the service has heard of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct, field

from mlabs_ext.lab.metric_values import NAMES
from mlabs_ext.wire import Run, RunCreate, RunError, RunEvent, RunStatus


class Summary(Struct):
    """The state of a run after the events added so far."""

    status: RunStatus = "running"
    cells: int = 0
    ended: datetime | None = None
    last: datetime | None = None
    error: RunError | None = None
    running: set[str] = field(default_factory=set)
    metrics: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Any] = field(default_factory=dict)

    def add(self, event: RunEvent) -> None:
        """Take one more event into account."""
        self.last = event.time
        match event.type:
            case "execute":
                self.cells += 1
                self.error = None
                self.running.add(event.data["execution"])
            case "done":
                self.running.discard(event.data["execution"])
            case "output":
                self._output(event)
            case "usage":
                self.resources |= event.data
            case "metric":
                self.metrics = dict(list((self.metrics | event.data["values"]).items())[:NAMES])
            case "end":
                self.status, self.ended = event.data["status"], event.time
                self.running.clear()

    def run(self, create: RunCreate, user: str, base: str) -> Run:
        """The run as the service would show it; `base` ends in a slash."""
        ended = self.ended
        return Run(
            id=create.id,
            lab=create.lab,
            version=None,
            user=user,
            kind=create.kind,
            run_all=create.run_all,
            status=self.status,
            busy=bool(self.running),
            environment=create.environment,
            image=create.image,
            accelerator=create.accelerator,
            parameters=create.parameters,
            started=create.started,
            ended=ended,
            duration=max((ended - create.started).total_seconds(), 0.0) if ended else None,
            cells=self.cells,
            error=self.error if self.status != "succeeded" else None,
            metrics=self.metrics,
            code_sha256=None,
            url=f"{base}@{create.lab}/runs/{create.id}",
            resources=self.resources,
        )

    def _output(self, event: RunEvent) -> None:
        output: dict[str, Any] = event.data["output"]
        if output.get("output_type") == "error":
            self.error = RunError(output["ename"], output["evalue"], event.cell)
