"""kill -9 of a real service amid a training of the pool: what was acknowledged counts once, and the job ends.

Nothing stands in for anything here: TensorFlow.js trains, and the service's own referee judges.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from support.pool import decoded, rows, spec
from support.service_process import ServiceProcess
from support.waiting import free_port, until

from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.pool_referee import Referee
from mlabs_ext.service.pool_verdicts import Question


class Lender:
    """A worker that trains with TensorFlow.js."""

    def __init__(self, service: ServiceProcess, name: str, runner: asyncio.Runner, folder):
        self.runner, self.folder = runner, folder
        self.trainer = Referee(Blobs(directory=str(folder / f"blobs-{name}")))
        machine = {"kind": "machine", "backend": "wasm", "speed": 1000}
        with service.client(name) as person:
            made = person.post("api/v1/workers", json=machine).json()
        # What a kill leaves of a connection is nothing to go on with.
        headers = {"Authorization": f"worker {made['token']}", "Connection": "close"}
        self.client = httpx.Client(base_url=f"{service.url}api/v1/", headers=headers, timeout=30)

    def claim(self) -> dict | None:
        answer = self.client.post("jobs/claim")
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.status_code == 200 else None

    def train(self, lease: dict) -> bytes:
        blobs, start = self.trainer.blobs, None
        if lease["start"]:
            start = blobs.put(self.client.get(f"jobs/checkpoints/{lease['start']}").content)
            assert start == lease["start"]
        train = blobs.put(self.client.get(f"jobs/data/{lease['data']}").content)
        spec, out = decoded(lease["spec"]), self.folder / "out"
        asked = Question("slice", "", spec, start, None, lease["from"], lease["to"], train, train, None)
        self.runner.run(self.trainer.slice(asked, out))
        return out.read_bytes()

    def bring(self, lease: dict, body: bytes) -> httpx.Response:
        return self.client.post(f"jobs/{lease['job']}/result?lease={lease['lease']}", content=body)

    def close(self) -> None:
        self.runner.run(self.trainer.close())
        self.client.close()


@pytest.fixture
def service(migrated, tmp_path) -> Iterator[ServiceProcess]:
    shutil.copytree(migrated, tmp_path / "data")
    process = ServiceProcess(tmp_path / "data", free_port()).start()
    yield process
    process.stop()


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.timeout(400)
def test_kill_nine_amid_a_training_loses_nothing_and_counts_nothing_twice(service, clients, tmp_path):
    ada = clients.enter_context(service.client("ada"))
    sent = [ada.post("api/v1/jobs/data", content=rows(40 - 30 * held, held)).json() for held in (0, 1)]
    data = {"train": sent[0]["digest"], "held_out": sent[1]["digest"]}
    body = {"data": data, "consent": True, "spec": spec(epochs=6), "every": 2}
    job = ada.post("api/v1/jobs", json=body).json()["id"]

    def killed() -> None:
        service.stop(signal.SIGKILL)
        service.start()

    def shown() -> dict:
        return ada.get(f"api/v1/jobs/{job}").json()

    with asyncio.Runner() as runner:
        lenders = [Lender(service, name, runner, tmp_path) for name in ("bob", "carol")]
        kills = 1
        while shown()["status"] != "succeeded":
            for lender in lenders:
                lease = lender.claim()
                if lease is None:
                    time.sleep(0.1)
                    continue
                if kills:
                    killed()
                    # Who asks again after that has the same lease.
                    assert lender.claim()["lease"] == lease["lease"]
                result = lender.train(lease)
                assert lender.bring(lease, result).json() == {"status": "received"}
                if kills:
                    kills -= 1
                    killed()
                assert lender.bring(lease, result).json() == {"status": "received"}
                until(lambda: "received" not in {one["status"] for one in shown()["slices"]})
        for lender in lenders:
            lender.close()
    found = shown()
    work = [one for one in found["slices"] if not one["check"]]
    assert [(one["from"], one["to"]) for one in work] == [(0, 2), (2, 4), (4, 6)]
    assert [score["epoch"] for score in found["scores"]] == [2, 4, 6]
    assert {one["status"] for one in found["slices"]} == {"accepted"}
    assert len(ada.get(f"api/v1/jobs/{job}/checkpoint").content) > 200
