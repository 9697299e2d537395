"""Use of a month is exact: against a count of every second, and across months, ends and both databases."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from ulid import ULID

from mlabs_ext.service import ledger, orm, orm_types
from mlabs_ext.service.ledger import HOUR, Budget, Period, Used

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 4, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# The month of every second from January to March.
MONTHS = b"".join(bytes([month]) * days * 86_400 for month, days in enumerate((31, 28, 31)))


def server(started, ended=None, user="ada", held=0, **fields):
    requested = started or ended or START
    given = {
        "id": str(ULID()),
        "user": user,
        "plan": "free",
        "lab": f"{user}/lab",
        "name": "lab",
        "environment": "python",
        "accelerator": "gpu" if held else "none",
        "accelerators": held,
        "requested": requested,
        "seen": ended or requested,
        "started": started,
        "ended": ended,
        "closed": ended is not None,
    }
    return orm.Server(**given | fields)


def keep(store, *servers):
    with store.write() as session:
        session.add_all(servers)


def use(store, now, user="ada"):
    with store.read() as session:
        return ledger.used(session, [user], now)[user]


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        ("2026-01-01T00:00:00+00:00", "2026-01-01", "2026-02-01"),
        ("2026-01-31T23:59:59.999999+00:00", "2026-01-01", "2026-02-01"),
        ("2026-12-31T12:00:00+00:00", "2026-12-01", "2027-01-01"),
        ("2028-02-29T12:00:00+00:00", "2028-02-01", "2028-03-01"),
        ("2026-03-01T00:30:00+01:00", "2026-02-01", "2026-03-01"),
    ],
    ids=["first moment", "last moment", "december", "leap day", "another zone"],
)
def test_a_period_is_a_calendar_month_in_utc(moment, start, end):
    period = Period.of(datetime.fromisoformat(moment))
    assert [one.isoformat()[:10] for one in period] == [start, end]
    assert all(one.time().isoformat() == "00:00:00" and one.tzinfo == UTC for one in period)


def at(day, hour=0, **rest):
    return datetime(2026, 2, day, hour, tzinfo=UTC) + timedelta(**rest)


@pytest.mark.parametrize(
    ("started", "ended", "held", "cpu", "gpu"),
    [
        (at(3), at(3, 2), 0, 2, 0),
        (at(3), at(3, 2), 1, 2, 2),
        (at(3), at(3, 2), 4, 2, 8),
        (at(1) - 5 * HOUR, at(1, 3), 1, 3, 3),
        (at(1) - 5 * HOUR, at(1), 1, 0, 0),
        (at(1) - 5 * HOUR, at(1) - 4 * HOUR, 1, 0, 0),
        (at(9, 7), None, 1, 5, 5),
        (at(1) - 40 * 24 * HOUR, None, 0, 8 * 24 + 12, 0),
        (at(9, 13), None, 1, 0, 0),
        (None, None, 1, 0, 0),
        (None, at(9), 1, 0, 0),
        (at(3), at(3, 0, microseconds=1), 1, 1 / 3.6e9, 1 / 3.6e9),
    ],
    ids=[
        "within",
        "an accelerator",
        "four of them",
        "from the month before",
        "up to the boundary",
        "all in the month before",
        "still running",
        "running since the month before last",
        "from a clock that is ahead",
        "reserved",
        "never started",
        "a microsecond",
    ],
)
def test_what_one_server_counts(store, started, ended, held, cpu, gpu):
    keep(store, server(started, ended, held=held), server(at(2), at(4), user="bob"))
    used = use(store, at(9, 12))
    assert (used.cpu / HOUR, used.gpu / HOUR) == (cpu, gpu)


def test_nobody_has_used_anything(store):
    assert use(store, at(9)) == Used()
    with store.read() as session:
        assert ledger.used(session, [], at(9)) == {}
        assert ledger.used_by_all(session, at(9)) == Used()


def test_sums_are_those_of_a_count_of_every_second(store):
    """200 servers over three months, and as many moments to ask at."""
    draw = random.Random(7)
    people = ("ada", "bob", "cleo")
    rows, seconds = [], Counter()
    for _ in range(200):
        started = START + draw.randrange(90 * 86_400) * SECOND
        length = draw.choice((draw.randrange(60), draw.randrange(36_000), draw.randrange(400_000)))
        rows.append(
            server(started, started + length * SECOND, draw.choice(people), draw.choice((0, 0, 1, 2)))
        )
    keep(store, *rows)
    for row in rows:
        ran = MONTHS[int((row.started - START) / SECOND) : int((row.ended - START) / SECOND)]
        for month in range(3):
            seconds[row.user, "cpu", month] += ran.count(month)
            seconds[row.user, "gpu", month] += ran.count(month) * row.accelerators
    for month, now in enumerate((datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), END)):
        with store.read() as session:
            found = ledger.used(session, people, now - orm_types.MICROSECOND)
            everybody = ledger.used_by_all(session, now - orm_types.MICROSECOND)
        # Those that are still running at the month's end are counted up to it by both.
        for person in people:
            assert abs(found[person].cpu / HOUR - seconds[person, "cpu", month] / 3600) <= 1e-6
            assert abs(found[person].gpu / HOUR - seconds[person, "gpu", month] / 3600) <= 1e-6
        assert everybody.cpu == sum((used.cpu for used in found.values()), timedelta())
        assert everybody.gpu == sum((used.gpu for used in found.values()), timedelta())


def test_open_servers_count_up_to_every_moment(store):
    """Starts and stops as they happen, each moment compared with a plain count of seconds."""
    draw = random.Random(11)
    now, running, counted = datetime(2026, 1, 30, tzinfo=UTC), {}, Counter()
    for _ in range(120):
        for _ in range(draw.randrange(1, 4000)):
            counted["cpu", now.month] += len(running)
            counted["gpu", now.month] += sum(running.values())
            now += SECOND
        if running and draw.random() < 0.45:
            gone = draw.choice(list(running))
            del running[gone]
            with store.write() as session:
                session.get_one(orm.Server, gone).ended = now
        else:
            row = server(now, held=draw.choice((0, 1)))
            running[row.id] = row.accelerators
            keep(store, row)
        expected = Used(counted["cpu", now.month] * SECOND, counted["gpu", now.month] * SECOND)
        assert use(store, now) == expected, now
    assert now.month == 2


@pytest.mark.parametrize(
    ("allowed", "spent", "rate", "expected"),
    [
        (10, 4, 1, at(9, 18)),
        (10, 4, 3, at(9, 14)),
        (10, 12, 1, at(9, 10)),
        (10, 0, 0, None),
        (0, 0, 1, at(9, 12)),
        (1000, 0, 1, None),
        (744, 0, 1, None),
        (743, 600, 1, datetime(2026, 2, 15, 11, tzinfo=UTC)),
        (700, 0, 1, datetime(2026, 3, 30, 4, tzinfo=UTC)),
        (1000, 990, 2, datetime(2026, 2, 9, 17, tzinfo=UTC)),
        (1000, 0, 2, datetime(2026, 3, 21, 20, tzinfo=UTC)),
    ],
    ids=[
        "alone",
        "shared by three",
        "over already",
        "nothing runs",
        "nothing allowed",
        "more than any month has",
        "just as much as the longest month",
        "this month",
        "more than February has left, less than March",
        "two share what is left",
        "two, next month",
    ],
)
def test_when_hours_are_used_up(allowed, spent, rate, expected):
    assert Budget(allowed * HOUR, spent * HOUR, rate).empty(at(9, 12)) == expected


def test_hours_are_used_up_when_a_count_says_so():
    draw = random.Random(3)
    for _ in range(60):
        now = START + draw.randrange(60 * 24) * HOUR
        allowed, rate = draw.randrange(1, 1500), draw.choice((1, 2, 3, 5))
        spent = draw.randrange(allowed)
        moment = Budget(allowed * HOUR, spent * HOUR, rate).empty(now)
        left, clock = allowed - spent, now
        while left > 0 and clock < now + timedelta(days=400):
            left, clock = left - rate, clock + HOUR
            if left >= 0 and (clock.day, clock.hour) == (1, 0):
                left = allowed
        assert (moment is None) == (left > 0)
        assert moment is None or clock - HOUR < moment <= clock
