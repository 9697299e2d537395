"""What may be chosen: the catalogue as far as the plan goes, also in the file that kernels read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from lab.fake_service import FakeService

from mlabs_ext.errors import Unavailable
from mlabs_ext.lab import choices as module
from mlabs_ext.lab.choices import Choices
from mlabs_ext.lab.client import Client
from mlabs_ext.wire import Allowance


@pytest_asyncio.fixture
async def service():
    fake = FakeService()
    await fake.up()
    yield fake
    await fake.down()


@pytest_asyncio.fixture
async def choices(service, tmp_path):
    client = Client(url=service.url, token=service.token, attempts=1)
    yield Choices(client, tmp_path / "runtime" / "file.json")
    client.close()


def offered(environments) -> dict:
    return {each.name: each.accelerators if each.available else each.reason for each in environments}


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        (None, {"python": ["none"], "pytorch": ["none", "gpu"], "caffe": "It needs cmake."}),
        ({}, {"python": ["none"], "pytorch": ["none", "gpu"], "caffe": "It needs cmake."}),
        ({"accelerators": ["none"]}, {"python": ["none"], "pytorch": ["none"], "caffe": "It needs cmake."}),
        (
            {"environments": ["python"], "accelerators": None, "memory": 5},
            {
                "python": ["none"],
                "pytorch": "It is not part of the plan 'free'.",
                "caffe": "It needs cmake.",
            },
        ),
    ],
    ids=["no plans", "no limits", "no accelerators", "one environment"],
)
async def test_the_plan(service, choices, limits, allowed):
    if limits is not None:
        service.me["plan"] = {"name": "free", "limits": limits}
    assert offered(await choices.all()) == allowed
    file = json.loads(choices._file.read_text())
    assert [entry["available"] for entry in file["environments"]] == [
        isinstance(value, list) for value in allowed.values()
    ]


async def test_what_is_left_of_the_plan(service, choices):
    await choices.all()
    assert choices.allowance is None, "there are no plans"
    service.me |= {
        "plan": {"name": "free", "limits": {"accelerators": ["none"], "cpu_hours": 40, "gpu_hours": 1}},
        "usage": {"cpu_hours": 33.5, "gpu_hours": 2.5},
        "period_end": "2026-12-01T00:00:00Z",
    }
    choices._asked = float("-inf")
    await choices.all()
    assert choices.allowance == Allowance("free", 6.5, 0.0, datetime(2026, 12, 1, tzinfo=UTC), ["gpu"])
    service.me["plan"]["limits"] = {}
    choices._asked = float("-inf")
    await choices.all()
    assert choices.allowance == Allowance("free", None, None, datetime(2026, 12, 1, tzinfo=UTC), [])


async def test_an_answer_is_kept(service, choices, monkeypatch):
    await choices.all()
    asked = len(service.requests)
    await choices.all()
    assert len(service.requests) == asked
    monkeypatch.setattr(module, "FRESH", -1.0)
    service.fault = lambda path, body: Unavailable("away")
    assert len(await choices.all()) == 3, "what was known stays"


async def test_without_any_answer(service, choices):
    service.fault = lambda path, body: Unavailable("away")
    with pytest.raises(Unavailable):
        await choices.all()
    assert not choices._file.exists()
