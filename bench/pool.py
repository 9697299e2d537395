"""How much faster two lent machines train a search than one: in turns, each machine on a core of its own.

A real service with its referee and `mlabs volunteer`; a round is from the search's POST until its last job
has ended. Nobody is new, so that nothing is done twice but the slices that chance checks. The service
and its referee take what they need of the same cores.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from _rows import Absent, Effort, Goal, Row
from support.pool import rows as table
from support.pool import spec
from support.service_process import ServiceProcess
from support.up import COMMAND, environment
from support.waiting import free_port, until

SETTINGS = ("--Community.signed_out=True", "--Community.trust_after=0")
LAYER = {"kind": "dense", "units": 64, "activation": "tanh", "initialiser": "glorotUniform", "dropout": 0}
FEATURES, ROWS = 32, 6000
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


def seconds(service: ServiceProcess, cores: list[int], jobs: list[dict], folder: Path) -> float:
    """How long a search takes on machines on these cores."""
    with ExitStack() as stack:
        ada = stack.enter_context(service.client("ada"))
        for core in cores:
            stack.callback(Machine(service, folder, core).close)
        blocks = table(ROWS, 1, (FEATURES,)), table(ROWS // 5, 2, (FEATURES,))
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
    assert [job["status"] for job in found["jobs"]] == ["succeeded"] * len(jobs), found
    return took


def rows(effort: Effort) -> Iterator[Row]:
    """One row."""
    if shutil.which("taskset") is None or (os.cpu_count() or 1) < 2:
        raise Absent("this needs taskset and two cores")
    count, epochs = effort.either(12, 4), effort.either(6, 2)
    shape = {"layers": [LAYER, LAYER], "rows": ROWS, "shape": [FEATURES]}
    jobs = [spec(seed=n, epochs=epochs, **shape) for n in range(count)]
    one, two = [], []
    with tempfile.TemporaryDirectory() as folder:
        service = ServiceProcess(Path(folder, "data"), free_port(), *SETTINGS).start()
        try:
            for _ in range(effort.rounds(3, 1)):
                one.append(seconds(service, [0], jobs, Path(folder)))
                two.append(seconds(service, [0, 1], jobs, Path(folder)))
        finally:
            service.stop()
    yield Row(
        work=f"a search of {count} jobs on two lent machines",
        ours=two,
        peer=one,
        unit="s",
        peer_is="one lent machine",
        # 1.7 times as fast.
        goal=Goal(1 / 1.7),
        own=True,
    )
