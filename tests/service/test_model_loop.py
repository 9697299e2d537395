"""kill -9 of the service while it converts a model: it is converted all the same, once it is back."""

from __future__ import annotations

import signal

import pytest
from support.models import keras, upload
from support.service_process import ServiceProcess
from support.waiting import free_port, until

from mlabs_ext.service.model_queue import SILENT


@pytest.fixture
def service(tmp_path):
    service = ServiceProcess(tmp_path / "data", free_port()).start()
    yield service
    service.stop()


def status(service: ServiceProcess, name: str) -> str:
    with service.client() as ada:
        return ada.get(f"api/v1/models/ada/{name}/versions/1").json()["status"]


def cut_off(service: ServiceProcess) -> str:
    """A model whose conversion the service had begun, and did not end."""
    for number in range(10):
        name = f"m{number}"
        with service.client() as ada:
            assert upload(ada, keras("attention.keras3.keras"), "models?wait=0", name=name).status_code == 202
        until(lambda name=name: status(service, name) != "queued")
        service.stop(signal.SIGKILL)
        service.start()
        if status(service, name) == "converting":
            return name
    raise AssertionError("Each was converted before it could be cut off.")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_conversion_that_is_cut_off_is_begun_again(service):
    name = cut_off(service)
    until(lambda: status(service, name) == "ready", SILENT.total_seconds() + 60)
    with service.client(None) as reader:
        served = reader.get(f"models/ada/{name}/latest/model.json")
        assert served.status_code == 200
        (group,) = served.json()["weightsManifest"]
        parts = [reader.get(str(served.url.join(path))) for path in group["paths"]]
    assert sum(len(part.content) for part in parts) > 0
    assert all(part.status_code == 200 for part in parts)
