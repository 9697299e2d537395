"""What each kind of run event carries, checked before it is stored: what is stored can be shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mlabs_ext import wire
from mlabs_ext.errors import Unusable
from mlabs_ext.service.fields import plain
from mlabs_ext.service.times import utc

Count = Annotated[int, Meta(ge=0)]
Id = Annotated[str, Meta(max_length=255)]
Text = str | list[str]
Percent = Annotated[float, Meta(ge=0, le=100)]
Size = Annotated[int, Meta(ge=0)]
Step = Annotated[int, Meta(gt=-(2**53), lt=2**53)]
MetricName = Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\x00]*$")]
Number = float | Literal["NaN", "Infinity", "-Infinity"]
Values = Annotated[dict[MetricName, Number], Meta(min_length=1, max_length=200)]
PackageName = Annotated[str, Meta(max_length=200)]


class Stream(Struct, tag_field="output_type", tag="stream"):
    """Text on stdout or stderr."""

    name: str
    text: Text


class Display(Struct, tag_field="output_type", tag="display_data"):
    """Something shown, in one or several media types."""

    data: dict[str, Any]
    metadata: dict[str, Any] = {}


class Result(Display, tag_field="output_type", tag="execute_result"):
    """The value of a cell's last expression."""

    execution_count: Count | None = None


class Failure(Struct, tag_field="output_type", tag="error"):
    """An exception."""

    ename: str
    evalue: str
    traceback: list[str]


class Execute(Struct):
    """An execution begins."""

    execution: Id
    code: str
    execution_count: Count | None = None


class Output(Struct):
    """An execution shows something."""

    execution: Id
    output: Stream | Display | Result | Failure
    display_id: Id | None = None


class Update(Struct):
    """What was shown under a display id changes."""

    display_id: Id
    data: dict[str, Any]
    metadata: dict[str, Any] = {}


class Clear(Struct):
    """An execution takes back what it has shown, at once or when the next output comes."""

    execution: Id
    wait: bool = False


class Done(Struct):
    """An execution ends."""

    execution: Id
    status: Literal["ok", "error", "aborted"]
    duration: float | None = None


class Kernel(Struct):
    """Something happened to the kernel."""

    state: Literal["restarted", "interrupted", "dead"]


class Usage(Struct):
    """What the run has used so far, as far as measured: bytes, seconds; of its GPUs percent, bytes."""

    memory_peak: Size | UnsetType = UNSET
    cpu_seconds: Annotated[float, Meta(ge=0)] | UnsetType = UNSET
    gpu_utilization_mean: Percent | UnsetType = UNSET
    gpu_utilization_max: Percent | UnsetType = UNSET
    gpu_memory_peak: Size | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not msgspec.to_builtins(self):
            raise ValueError("nothing was measured")


class Metric(Struct):
    """The run logs numbers: the last of each name, and all steps if there are several."""

    values: Values
    step: Step | None = None
    points: Annotated[list[tuple[Step | None, float, Values]], Meta(max_length=1000)] = []


class Packages(Struct):
    """What is installed where the run executes."""

    packages: Annotated[dict[PackageName, Annotated[str, Meta(max_length=100)]], Meta(max_length=5000)]


class Made(Struct):
    """A file in `outputs/` was taken, or was not: then `error` says why. `size` in bytes."""

    path: Annotated[str, Meta(max_length=500)]
    size: Annotated[int, Meta(ge=0)]
    digest: str | None = None
    type: str | None = None
    error: str | None = None


class End(Struct):
    """The run ends."""

    status: Literal["succeeded", "failed", "stopped", "lost"]
    reason: wire.RunReason | None = None


SHAPES: dict[str, type[Struct]] = {
    "execute": Execute,
    "output": Output,
    "update": Update,
    "clear": Clear,
    "done": Done,
    "kernel": Kernel,
    "usage": Usage,
    "asset": Made,
    "metric": Metric,
    "packages": Packages,
    "end": End,
}


def checked(event: wire.RunEvent) -> Struct:
    """The event's data in its shape; Unusable where it does not fit."""
    plain(event.cell or "", "cell")
    utc(event.time)
    try:
        data = msgspec.convert(event.data, SHAPES[event.type])
    except msgspec.ValidationError as error:
        reason = f"Event {event.seq} ({event.type}) does not fit: {error}."
        raise Unusable(reason, "fields_invalid", {"seq": event.seq}) from error
    if isinstance(data, Execute | Output | Done | Clear):
        plain(data.execution, "execution")
    return data
