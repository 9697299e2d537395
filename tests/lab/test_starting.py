"""What the launcher offers."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_environments_that_are_here_and_labs_of_ones_own(service, server):
    service.add_lab("ada/waves", title="Waves")
    service.add_lab("bob/theirs")
    points = await server.api("GET", "mlabs/api/starting")
    assert points["base"] == "/services/mlabs/"
    assert [each["name"] for each in points["environments"]] == ["python", "pytorch"]
    assert [lab["name"] for lab in points["labs"]] == ["waves"]


async def test_a_service_that_is_down_is_told_of(service, server):
    await server.api("GET", "mlabs/api/starting")
    await service.down()
    try:
        answer = await server.api("GET", "mlabs/api/starting", status=503)
        assert answer["error"]["code"] == "service_unavailable"
    finally:
        await service.up()
