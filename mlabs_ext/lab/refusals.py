"""What goes to the service in the place of what it refuses: a step that does not fit costs no other one."""

from __future__ import annotations

from typing import Any

import msgspec

from mlabs_ext.errors import MLabsError, TooLarge
from mlabs_ext.lab.kept import left_out
from mlabs_ext.lab.messages import plain_id
from mlabs_ext.wire import EventType, RunEvent

WHY = 500
STATUSES = ("succeeded", "failed", "stopped", "lost")


def passable(lines: list[bytes], error: MLabsError, replaced: set[int]) -> list[bytes]:
    """The batch as the service may take it: fewer events, or one of them as something that always fits.

    `replaced` has the numbers of those that others stand for already. Raises the error where nothing helps.
    """
    if not lines:
        raise error
    place = place_of(lines, error)
    if place is None and len(lines) > 1:
        return lines[: len(lines) // 2]
    place = place or 0
    return [*lines[:place], other_line(lines[place], error, replaced), *lines[place + 1 :]]


def other_line(line: bytes, error: MLabsError, replaced: set[int]) -> bytes:
    """The event in another form; the error again where it was given its last one."""
    event = msgspec.json.decode(line, type=RunEvent)
    if isinstance(error, TooLarge) and len(less := stripped(event, line)) < len(line):
        return less
    if event.seq in replaced:
        raise error
    replaced.add(event.seq)
    return msgspec.json.encode(stand_in(event, error.message))


def place_of(lines: list[bytes], error: MLabsError) -> int | None:
    """Where the event is that the error is about; None where it does not say."""
    seq = (error.detail or {}).get("seq")
    if not isinstance(seq, int):
        return None
    place = seq - msgspec.json.decode(lines[0], type=RunEvent).seq
    return place if 0 <= place < len(lines) else None


def stripped(event: RunEvent, line: bytes) -> bytes:
    """The event without what makes it large."""
    note = f"an output of {len(line):,} bytes was left out"
    return msgspec.json.encode(msgspec.structs.replace(event, data=left_out(event.data, note)))


def stand_in(event: RunEvent, why: str) -> RunEvent:
    """What says with an event's number, and in its place if that is one, that it was not taken."""
    note = f"[MLabs: a step of this run ({event.type}) is missing: {' '.join(why.split())[:WHY]}]"
    kind, data = in_place(event, note)
    return RunEvent(event.seq, kind, event.time, plain_id(event.cell) if event.cell else None, data)


def in_place(event: RunEvent, note: str) -> tuple[EventType, dict[str, Any]]:
    """Type and data of a stand-in."""
    execution = {"execution": plain_id(str(event.data.get("execution") or ""))}
    match event.type:
        case "execute":
            # What the cell shows is shown below it, and nowhere else.
            return "execute", {**execution, "code": f"# {note}"}
        case "output":
            output = {"output_type": "stream", "name": "stderr", "text": f"{note}\n"}
            return "output", {**execution, "output": output}
        case "end":
            # How a run ended matters more than that something is not known of it.
            status = event.data.get("status")
            return "end", {"status": status if status in STATUSES else "lost"}
    # Nothing was ever shown by this name: the note is on record, and nobody's page changes.
    shown = {"display_id": f"mlabs-refused-{event.seq}", "metadata": {}}
    return "update", {**shown, "data": {"text/plain": note}}
