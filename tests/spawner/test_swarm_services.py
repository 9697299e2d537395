"""A manager that fails says nothing about servers; one that knows of no service says that it is gone."""

from __future__ import annotations

import pytest
from docker.errors import APIError, NotFound
from jupyterhub import orm
from requests import Response
from requests.exceptions import ChunkedEncodingError
from requests.exceptions import ConnectionError as NoConnection
from support.fake_cluster import spawner_of

from mlabs_spawner.swarm import SwarmLabSpawner
from mlabs_spawner.swarm_services import SwarmServices


def answer(status):
    """What the engine's client raises of an answer of this status."""
    said = Response()
    said.status_code = status
    kind = NotFound if status == 404 else APIError
    return kind("rpc error: The swarm does not have a leader", response=said)


@pytest.fixture
def one(tmp_path):
    """A server's spawner, as a hub that starts again has it."""
    session = orm.new_session_factory("sqlite:///:memory:")()
    yield spawner_of(
        session, SwarmLabSpawner, leases=str(tmp_path / "leases"), homes=str(tmp_path), url="http://10.0.0.1"
    )
    session.close()


@pytest.mark.parametrize(
    "failure",
    [answer(500), answer(503), NoConnection("refused"), ChunkedEncodingError("broken off")],
    ids=["an error", "no leader", "no answer", "half an answer"],
)
async def test_a_manager_that_fails_ends_no_server(one, failure, caplog):
    async def docker(*_, **__):
        raise failure

    one.docker = docker
    assert await SwarmServices.poll(one) is None
    assert "does not say whether" in caplog.text


@pytest.mark.parametrize("found", [answer(404), []], ids=["not found", "no task"])
async def test_what_is_gone_has_ended(one, found):
    async def docker(*_, **__):
        if isinstance(found, Exception):
            raise found
        return found

    one.docker = docker
    assert await SwarmServices.poll(one) == 0
