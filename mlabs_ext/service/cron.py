"""Cron expressions: read, with words for what is wrong with one, and the times that they give in a zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from mlabs_ext.errors import Unusable

NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
# The fields in their order, by the names that the library's errors have for them.
FIELDS = {
    "minute": ("minute", "0 to 59"),
    "hour": ("hour", "0 to 23"),
    "day-of-month": ("day of the month", "1 to 31, or L for the last one"),
    "month": ("month", "1 to 12, or JAN to DEC"),
    "day-of-week": ("day of the week", "0 to 7 (0 and 7 are Sunday), or SUN to SAT"),
}
HOW = (
    "Write five fields: minute, hour, day of the month, month and day of the week, each a number, `*` for "
    "all, a range `1-5`, a list `1,15` or steps `*/6`. `30 6 * * 1-5` is half past six from Monday to Friday."
)
MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)
LOOKED_AT = timedelta(days=9)


@dataclass(frozen=True)
class Cron:
    """The times of an expression in a zone. All moments are in UTC."""

    expression: str
    zone: ZoneInfo

    def after(self, moment: datetime, count: int = 1) -> list[datetime]:
        """The next times after a moment. An hour that a zone's clocks show twice gives them once."""
        times = CronSim(self.expression, moment.astimezone(self.zone))
        later = (at for each in times if (at := each.astimezone(UTC)) > moment)
        return list(islice(later, count))

    def closer_than(self, least: float) -> bool:
        """Whether two of its times are less than so many seconds apart, by a clock that nobody sets."""
        first = next(CronSim(self.expression, MIDNIGHT - timedelta(seconds=1)))
        start = first.replace(hour=0, minute=0) - timedelta(seconds=1)
        times = takewhile(lambda at: at < start + LOOKED_AT, CronSim(self.expression, start))
        return any((later - earlier).total_seconds() < least for earlier, later in pairwise(times))


def read(expression: str, timezone: str) -> Cron:
    """The expression, if it is one that ever gives a time; Unusable `cron_invalid`, `timezone_unknown`."""
    text = NICKNAMES.get(expression.strip().lower(), " ".join(expression.split()))
    if timezone not in zones():
        raise Unusable(
            f"There is no time zone {timezone!r:.80}. Zones are named like UTC, Europe/Berlin or "
            "America/New_York, in this spelling.",
            "timezone_unknown",
            {"field": "timezone"},
        )
    fields = text.split()
    if len(fields) != len(FIELDS):
        raise _wrong(text, f"it has {len(fields)} fields instead of five.")
    try:
        next(CronSim(text, MIDNIGHT))
    except CronSimError as error:
        raise _wrong(text, _told(fields, str(error))) from error
    except StopIteration:
        raise _wrong(text, "there is no such day.") from None
    return Cron(text, ZoneInfo(timezone))


@cache
def zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones())


def _told(fields: list[str], error: str) -> str:
    """What the library finds wrong, with what that field takes."""
    name = error.removeprefix("Bad ")
    if name not in FIELDS:
        return f"{error}."
    label, takes = FIELDS[name]
    return f"its {label} is {fields[list(FIELDS).index(name)]!r:.40}; it takes {takes}."


def _wrong(text: str, why: str) -> Unusable:
    return Unusable(f"{text!r:.80} is no cron expression: {why} {HOW}", "cron_invalid", {"field": "cron"})
