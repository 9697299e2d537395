"""`mlabs.log`: numbers of a training, brought to its run without slowing it down.

A call only notes the numbers. They travel together, at most every half second, and less often the longer a
cell runs; of more than about a hundred steps at a time the extremes and evenly spread ones are kept. Where no
MLabs listens, nothing happens.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

from mlabs_kernel.numbers import NAMES, flat, number, told_apart

COMM = "mlabs-metrics"
# The user's server sets it for each kernel that it starts.
LISTENS = "MLABS_RUNTIMES"
INTERVAL = 0.5
SLOWEST = 10.0
# Steps of one message, as spread over the names in it.
KEPT = 100
# Never held longer than this many steps, however fast a loop is.
HELD = 20_000


class Point(NamedTuple):
    """One call: `at` in seconds since 1970."""

    step: int | None
    at: float
    values: dict[str, float | int | str]


def log(values: Any = None, /, step: Any = None, **named: Any) -> None:
    """Record numbers of a training.

    mlabs.log(loss=0.3, accuracy=0.9, step=epoch)
    mlabs.log({"train/loss": 0.3, "val": {"loss": 0.4}}, step=epoch)
    mlabs.log(model.fit(...))                 # what Keras returns: one step an epoch

    Numbers, and scalars of NumPy, PyTorch, TensorFlow and JAX, by name; `step` counts what you like.
    """
    if values is not None and not isinstance(values, Mapping):
        from mlabs_kernel.keras import log_history

        return log_history(values)
    both = {**(values or {}), **named}
    note({name: number(name, value) for name, value in flat(both)}, step)
    return None


def log_found(values: Mapping[Any, Any], step: Any) -> list[str]:
    """Record what a framework reports by itself; the names of what is no single number, which is left out."""
    numbers, others = told_apart(values)
    note(numbers, step)
    return others


def note(numbers: dict[str, float | int | str], step: Any) -> None:
    """Have one step sent, where there is something in it."""
    if numbers:
        _sender.take(Point(None if step is None else int(number("step", step)), time.time(), numbers))


class Sender:
    """Holds steps back until it is time to send them; knows nothing of what else the kernel does."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.points: list[Point] = []
        self.names: set[str] = set()
        self.parent: dict[str, Any] = {}
        self.timer: threading.Timer | None = None
        self.began = self.sent = float("-inf")
        self.hooked = False

    def take(self, point: Point) -> None:
        """Note a step; send what is due."""
        shell = listening()
        if shell is None:
            return
        parent = shell.display_pub.parent_header
        with self.lock:
            if parent.get("msg_id") != self.parent.get("msg_id"):
                self._send(shell)
                self.parent, self.began, self.names = parent, time.monotonic(), set()
            self.points.append(self._bounded(point))
            self._hook(shell)
            self._schedule(shell)

    def flush(self, *_: Any) -> None:
        """Send what is held: the cell ends."""
        shell = listening()
        if shell is not None and self.points:
            with self.lock:
                self._send(shell)

    def _bounded(self, point: Point) -> Point:
        """The step without names that are too many."""
        new = point.values.keys() - self.names
        room = NAMES - len(self.names)
        if len(new) > room:
            warnings.warn(
                f"mlabs.log: a run keeps {NAMES} names; others are left out.", RuntimeWarning, stacklevel=5
            )
            left_out = set(sorted(new)[max(room, 0) :])
            point = point._replace(values={k: v for k, v in point.values.items() if k not in left_out})
        self.names |= point.values.keys()
        return point

    def _schedule(self, shell: Any) -> None:
        """Send now where the last time was long ago, else when it will be."""
        now = time.monotonic()
        interval = min(max(INTERVAL, (now - self.began) / 1000), SLOWEST)
        if now - self.sent >= interval:
            self._send(shell)
        elif len(self.points) > HELD:
            self.points = thinned(self.points)
        elif self.timer is None:
            self.timer = threading.Timer(self.sent + interval - now, self.flush)
            self.timer.daemon = True
            self.timer.start()

    def _hook(self, shell: Any) -> None:
        if not self.hooked:
            shell.events.register("post_run_cell", self.flush)
            self.hooked = True

    def _send(self, shell: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        points, self.points = thinned(self.points), []
        if points:
            self.sent = time.monotonic()
            content = {"comm_id": COMM, "data": {"points": points}}
            # A message to a comm that no front end has opened: all of them pass over it in silence.
            kernel = shell.kernel
            kernel.session.send(kernel.iopub_socket, "comm_msg", content, parent={"header": self.parent})


def listening() -> Any:
    """The shell of a kernel that MLabs listens to; None elsewhere, as in a process that was forked off."""
    if LISTENS not in os.environ:
        return None
    import mlabs_kernel

    return mlabs_kernel.shell if mlabs_kernel.pid == os.getpid() else None


def thinned(points: list[Point]) -> list[Point]:
    """Of many steps those that show the course: of each stretch every name's extremes, and the last."""
    if len(points) <= KEPT:
        return points
    names = {name for point in points for name in point.values}
    stretches = max(KEPT // (2 * len(names)), 4)
    kept = {0, len(points) - 1}
    for part in range(stretches):
        start, end = part * len(points) // stretches, (part + 1) * len(points) // stretches
        for name in names:
            kept.update(extremes(points, name, range(start, end)))
    return [points[place] for place in sorted(kept)]


def extremes(points: list[Point], name: str, places: range) -> set[int]:
    """Where a name is lowest and highest, and the odd value that is no number to compare."""
    values = [(points[at].values[name], at) for at in places if name in points[at].values]
    numbers = [value for value in values if not isinstance(value[0], str)]
    odd = [value for value in values if isinstance(value[0], str)][:1]
    return {at for _, at in ([min(numbers), max(numbers)] if numbers else []) + odd}


_sender = Sender()
