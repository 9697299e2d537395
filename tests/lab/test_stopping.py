"""A server that is asked to stop from within."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = {"id": "01X", "lab": "ada/mnist", "server": "", "plan": "free", "ends": None, "reason": None}


async def test_the_service_is_asked(server, service):
    service.open_servers = []
    error = await server.api("POST", "mlabs/api/stop", {}, status=503)
    assert error["error"]["code"] == "server_unknown"
    service.open_servers = [OPEN]
    await server.api("POST", "mlabs/api/stop", {}, status=202)
    assert [path for method, path, _ in service.requests if method == "DELETE"] == [
        "/services/mlabs/api/v1/me/servers/01X"
    ]
