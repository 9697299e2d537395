"""The Docker engine of labs is killed and started again, and nothing is lost."""

from __future__ import annotations

import pytest

from campaign.short import loses_nothing

# An engine of one's own, with a gigabyte of image: minutes.
pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.mark.timeout(900)
def test_labs_in_containers_lose_nothing_with_their_engine():
    loses_nothing("short-docker", 1)
