"""Moments from outside, made safe to compute with."""

from __future__ import annotations

from datetime import UTC, datetime

from mlabs_ext.errors import Unusable


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; without a zone it is taken as UTC. Years that no clock shows are refused."""
    if not 1970 < moment.year < 9000:
        raise Unusable(f"{moment.isoformat()} is not a time that anything here happened at.", "time_invalid")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
