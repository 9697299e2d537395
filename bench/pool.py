"""How much faster two lent machines train a search than one: in turns, each machine on a core of its own.

    python bench/pool.py [--rounds 3] [--jobs 12] [--epochs 6] [--rows 6000]

A real service with its referee and `mlabs volunteer`; a round is from the search's POST until its last job
has ended. Nobody is new, so that nothing is done twice but the slices that chance checks. The service
and its referee take what they need of the same cores.

Goal: at least 1.7 times.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from _ratios import interval
from support.pool import rows, spec
from support.service_process import ServiceProcess
from support.up import COMMAND, environment
from support.waiting import free_port, until

SETTINGS = ("--Community.signed_out=True", "--Community.trust_after=0")
LAYER = {"kind": "dense", "units": 64, "activation": "tanh", "initialiser": "glorotUniform", "dropout": 0}
FEATURES = 32
# Seconds.
LOOK = 0.5


class Machine:
    """A volunteer on one core, which waits for work."""

    def __init__(self, service: ServiceProcess, folder: Path, core: int):
        self.lines = folder / f"core-{core}-{time.monotonic_ns()}"
        url = service.url.removesuffix("/services/mlabs/")
        command = [
            "taskset",
            "-c",
            str(core),
            COMMAND,
            "volunteer",
            url,
            "--anonymous",
            "--cpu",
            "100",
            "--json",
        ]
        with self.lines.open("wb") as opened:
            self.process = subprocess.Popen(command, stdout=opened, env=environment())
        until(lambda: self.state.get("name"), 60, self.lines.read_text)

    @property
    def state(self) -> dict:
        said = self.lines.read_text().splitlines()
        return json.loads(said[-1]) if said else {}

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def seconds(service: ServiceProcess, cores: list[int], options: argparse.Namespace, folder: Path) -> float:
    """How long a search takes on machines on these cores."""
    jobs = [
        spec(seed=n, epochs=options.epochs, layers=[LAYER, LAYER], rows=options.rows, shape=[FEATURES])
        for n in range(options.jobs)
    ]
    with ExitStack() as stack:
        ada = stack.enter_context(service.client("ada"))
        for core in cores:
            stack.callback(Machine(service, folder, core).close)
        blocks = rows(options.rows, 1, (FEATURES,)), rows(options.rows // 5, 2, (FEATURES,))
        train, held_out = (ada.post("api/v1/jobs/data", content=block).json()["digest"] for block in blocks)
        asked = {"data": {"train": train, "held_out": held_out}, "consent": True, "jobs": jobs}
        begun = time.monotonic()
        search = ada.post("api/v1/searches", json=asked).raise_for_status().json()
        found = search
        while not found["ended"]:
            # As a page that looks now and then, which costs the machines little.
            time.sleep(LOOK)
            found = ada.get(f"api/v1/searches/{search['id']}").json()
        took = time.monotonic() - begun
    assert [job["status"] for job in found["jobs"]] == ["succeeded"] * options.jobs, found
    return took


def main() -> None:
    """Print a line."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--jobs", type=int, default=12)
    arguments.add_argument("--epochs", type=int, default=6)
    arguments.add_argument("--rows", type=int, default=6000)
    options = arguments.parse_args()
    if shutil.which("taskset") is None or (os.cpu_count() or 1) < 2:
        sys.exit("This needs taskset and two cores.")
    print(f"load of this machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    one, two = [], []
    with tempfile.TemporaryDirectory() as folder:
        service = ServiceProcess(Path(folder, "data"), free_port(), *SETTINGS).start()
        try:
            for _ in range(options.rounds):
                one.append(seconds(service, [0], options, Path(folder)))
                two.append(seconds(service, [0, 1], options, Path(folder)))
                print(f"one machine {one[-1]:.1f} s, two {two[-1]:.1f} s", flush=True)
        finally:
            service.stop()
    ratio, low, high = interval(one, two)
    alone, both = statistics.median(one), statistics.median(two)
    print(
        f"{options.jobs} jobs: one machine {alone:.1f} s, two {both:.1f} s; "
        f"{ratio:.2f} times as fast [{low:.2f}, {high:.2f}]"
    )


if __name__ == "__main__":
    main()
