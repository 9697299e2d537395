"""Moments from outside, made safe to compute with, and spans of time in words."""

from __future__ import annotations

from datetime import UTC, datetime

from mlabs_ext.errors import Unusable


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; without a zone it is taken as UTC. Years that no clock shows are refused."""
    if not 1970 < moment.year < 9000:
        raise Unusable(f"{moment.isoformat()} is not a time that anything here happened at.", "time_invalid")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `2 h 03 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
