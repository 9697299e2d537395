"""How much is recorded of a run: a marker takes the place of what is too much."""

from __future__ import annotations

import msgspec

from mlabs_ext import wire
from mlabs_ext.errors import TooLarge
from mlabs_ext.service import orm

SHOWN = ("output", "update")
ENDS = ("done", "kernel", "end")
# Bytes that other events may have once a run has shown all that is recorded of one.
SMALL = 16 * 1024
# Beyond so many times that it is refused.
FULL = 4
# Characters of what is said of a file that cannot be kept whole.
WORDS = 1000


def recorded(run: orm.Run, event: wire.RunEvent, data: bytes, largest: int, room: int) -> bytes:
    """What is kept of an event's `data`; `largest` bytes of one and `room` bytes of its run are.

    Notes what the run takes up: from the first event that finds no room on, none does. TooLarge where the run
    goes on far beyond that.
    """
    if run.size > FULL * room and event.type not in ENDS:
        raise TooLarge("This run has said more than is recorded of one: begin another.", "run_too_large")
    came, over = len(data), run.size > room
    full = run.size + came > room
    most = largest if not full else 0 if event.type in SHOWN else min(SMALL, largest)
    if came > most:
        data = msgspec.json.encode(_capped(event, came, quiet=over).data)
    run.size += len(data) if over else came
    return data


def _capped(event: wire.RunEvent, size: int, quiet: bool) -> wire.RunEvent:
    """The event with a marker for what is too much, or with nothing if `quiet`; `size` in bytes."""
    note = "" if quiet else f"[{size:,} bytes were left out: more than is recorded]\n"
    data = dict(event.data)
    if event.type == "output":
        data["output"] = {"output_type": "stream", "name": "stderr", "text": note}
    elif event.type == "update":
        data |= {"data": {"text/plain": note}, "metadata": {}}
    elif event.type == "execute":
        data["code"] = f"# {note}"
    elif event.type == "metric":
        # What all of its steps come to is kept apart.
        data.pop("points", None)
    elif event.type == "asset":
        data |= {name: data[name][:WORDS] for name in ("digest", "type", "error") if data.get(name)}
    return msgspec.structs.replace(event, data=data)
