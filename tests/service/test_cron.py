"""Cron expressions: what they mean in a zone, also when its clocks change, and what is wrong with one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlabs_ext.errors import Unusable
from mlabs_ext.service import cron


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def after(expression, zone, moment, count=1):
    return [f"{each:%Y-%m-%dT%H:%M}" for each in cron.read(expression, zone).after(at(moment), count)]


def test_times_are_of_the_zone():
    assert after("30 6 * * 1-5", "UTC", "2026-11-27T06:30") == ["2026-11-30T06:30"]
    assert after("30 6 * * 1-5", "Asia/Kolkata", "2026-11-27T00:00", 2) == [
        "2026-11-27T01:00", "2026-11-30T01:00",
    ]  # fmt: skip


def test_a_day_keeps_its_hour_when_clocks_change():
    """On 28 March 2027 clocks in Berlin go from 2:00 to 3:00."""
    assert after("0 6 * * *", "Europe/Berlin", "2027-03-26T12:00", 3) == [
        "2027-03-27T05:00", "2027-03-28T04:00", "2027-03-29T04:00",
    ]  # fmt: skip


def test_an_hour_that_is_left_out_is_not_missed():
    assert after("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00", 2) == [
        "2027-03-28T01:00", "2027-03-29T00:30",
    ]  # fmt: skip


@pytest.mark.parametrize("moment", ["2027-10-31T00:30", "2027-10-31T00:45", "2027-10-31T01:10"])
def test_an_hour_that_comes_twice_counts_once(moment):
    """On 31 October 2027 clocks in Berlin go from 3:00 back to 2:00, at 1:00 UTC."""
    assert after("30 2 * * *", "Europe/Berlin", "2027-10-31T00:00") == ["2027-10-31T00:30"]
    assert after("30 2 * * *", "Europe/Berlin", moment) == ["2027-11-01T01:30"]


def test_every_hour_is_every_hour_all_the_same():
    assert after("0 * * * *", "Europe/Berlin", "2027-10-30T23:30", 3) == [
        "2027-10-31T00:00", "2027-10-31T01:00", "2027-10-31T02:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "it has 0 fields"),
        ("0 6 * *", "it has 4 fields"),
        ("0 0 6 * * *", "it has 6 fields"),
        ("60 6 * * *", "its minute is '60'; it takes 0 to 59"),
        ("0 25 * * *", "its hour is '25'; it takes 0 to 23"),
        ("0 6 0 * *", "its day of the month is '0'"),
        ("0 6 * FOO *", "its month is 'FOO'; it takes 1 to 12, or JAN to DEC"),
        ("0 6 * * 8", "its day of the week is '8'"),
        ("0 6 * * *x", "its day of the week"),
        ("*/0 6 * * *", "its minute"),
        ("5-1 6 * * *", "its minute"),
        ("0 6 30 2 *", "its day of the month"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_how_it_is_written(expression, words):
    with pytest.raises(Unusable) as raised:
        cron.read(expression, "UTC")
    assert raised.value.code == "cron_invalid"
    assert words in raised.value.message
    assert "`30 6 * * 1-5` is half past six" in raised.value.message


def test_nicknames_and_spaces_are_understood():
    assert cron.read("@Daily", "UTC").expression == "0 0 * * *"
    assert cron.read("  0  6 * *   mon ", "UTC").expression == "0 6 * * mon"


@pytest.mark.parametrize(
    "zone", ["", "Berlin", "../etc/passwd", "europe/berlin", "/etc/localtime", "America"]
)
def test_zones_that_there_are_not(zone):
    with pytest.raises(Unusable) as raised:
        cron.read("0 6 * * *", zone)
    assert raised.value.code == "timezone_unknown"


@pytest.mark.parametrize(
    ("expression", "closer"),
    [
        ("0 * * * *", False), ("* * * * *", True), ("0,30 6 * * *", True), ("0,1 6 1 1 *", True),
        ("59 23 * * *", False), ("0 0 29 2 *", False), ("0 0,23 * * *", False), ("*/59 * * * *", True),
    ],
)  # fmt: skip
def test_how_close_times_are(expression, closer):
    assert cron.read(expression, "UTC").closer_than(3600) is closer
    assert cron.read(expression, "Europe/Berlin").closer_than(3600) is closer
