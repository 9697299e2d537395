"""A campaign of a few minutes' size: what one machine knows of faults, and nothing is lost."""

from __future__ import annotations

import pytest

from campaign.short import loses_nothing


@pytest.mark.timeout(900)
def test_a_short_campaign_loses_nothing():
    loses_nothing("short", 2)


@pytest.mark.timeout(900)
@pytest.mark.postgresql
def test_a_short_campaign_with_postgresql_loses_nothing():
    loses_nothing("short-postgresql", 1)
