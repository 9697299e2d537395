"""When this server ends, as its front end is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from lab.fake_service import FakeService

from mlabs_ext.errors import Unavailable
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.limits import Limits

REASON = "The 10 hours of this month are used up."


@pytest_asyncio.fixture
async def service():
    fake = FakeService()
    await fake.up()
    yield fake
    await fake.down()


@pytest_asyncio.fixture
async def limits(service):
    client = Client(url=service.url, token=service.token, attempts=1)
    yield Limits(client=client, lab="ada/mnist", server="mnist")
    client.close()


def server(lab: str = "ada/mnist", name: str = "mnist", minutes: float | None = None) -> dict:
    ends = None if minutes is None else (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    reason = None if minutes is None else REASON
    return {"id": "x", "lab": lab, "server": name, "plan": "free", "ends": ends, "reason": reason}


async def test_of_several_servers_it_is_this_one(service, limits):
    service.open_servers = [
        server("ada/other", "other", 1),
        server(name="run-1", minutes=2),
        server(minutes=9),
    ]
    await limits.ask()
    now = limits.now()
    assert (now.plan, now.reason) == ("free", REASON)
    assert 8 * 60 < now.left <= 9 * 60


async def test_one_whose_name_is_not_known_is_found_by_its_lab(service, limits):
    limits.server = ""
    service.open_servers = [server("ada/other", "other", 1), server(minutes=2)]
    await limits.ask()
    assert 100 < limits.left <= 120


async def test_no_limit(service, limits):
    service.open_servers = [server()]
    await limits.ask()
    assert (limits.now().ends, limits.now().left, limits.now().reason) == (None, None, None)


async def test_what_was_known_stays_while_the_service_is_away(service, limits):
    service.open_servers = [server(minutes=3)]
    await limits.ask()
    service.fault = lambda path, body: Unavailable("away")
    await limits.ask()
    assert limits.now().reason == REASON
    await service.down()
    await limits.ask()
    assert limits.now().reason == REASON


async def test_an_end_that_is_called_off(service, limits):
    service.open_servers = [server(minutes=3)]
    await limits.ask()
    service.open_servers = [server()]
    await limits.ask()
    assert limits.left is None


@pytest.mark.parametrize(
    ("minutes", "pause"), [(None, 60), (600, 60), (10, 60), (5, 30), (2, 12), (0.1, 5), (-5, 5)]
)
async def test_how_often_it_asks(service, limits, minutes, pause):
    service.open_servers = [server(minutes=minutes)]
    await limits.ask()
    assert limits.pause() == pytest.approx(pause, abs=0.5)
