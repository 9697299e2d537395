"""A stand-in for the service, and user servers: one for what does not stop it, others for what does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from lab.fake_service import FakeService
from lab.user_server import FrontEnd, UserServer


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared_service() -> AsyncIterator[FakeService]:
    fake = FakeService()
    await fake.up()
    yield fake
    await fake.down()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared_server(shared_service, tmp_path_factory) -> AsyncIterator[UserServer]:
    server = UserServer(tmp_path_factory.mktemp("home"), shared_service.url)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def service(shared_service: FakeService) -> FakeService:
    shared_service.forget()
    shared_service.add_lab("ada/mnist")
    return shared_service


@pytest_asyncio.fixture(loop_scope="module")
async def server(service: FakeService, shared_server: UserServer) -> AsyncIterator[UserServer]:
    yield shared_server
    await shared_server.close_all()


@pytest_asyncio.fixture(loop_scope="module")
async def notebook(server: UserServer) -> FrontEnd:
    """A tab with the notebook of lab ada/mnist, its kernel fresh."""
    return await server.open_notebook()


@pytest_asyncio.fixture(loop_scope="module")
async def own_server(service: FakeService, tmp_path: Path) -> AsyncIterator[UserServer]:
    """A server that a test may stop."""
    server = UserServer(tmp_path, service.url)
    await server.start()
    yield server
    await server.stop()
