from datetime import UTC, datetime, timedelta, timezone

import pytest

from mlabs_ext.service.web import formats


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(0.04, "0.0 s", id="nothing"),
        pytest.param(4.25, "4.2 s", id="tenths"),
        pytest.param(12.4, "12 s", id="seconds"),
        pytest.param(59.7, "1 min 00 s", id="rounds-up-to-a-minute"),
        pytest.param(185, "3 min 05 s", id="minutes"),
        pytest.param(7380, "2 h 03 min", id="hours"),
        pytest.param(90_000, "25 h 00 min", id="more-than-a-day"),
    ],
)
def test_durations_read_as_people_say_them(seconds, words):
    assert formats.duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 runs"), (1, "1 run"), (1200, "1,200 runs")], ids=["none", "one", "many"]
)
def test_counts_carry_their_noun(count, words):
    assert formats.counted(count, "run") == words


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        pytest.param("ada/mnist", "@ada/mnist", id="plain"),
        pytest.param("a b/mnist", "@a%20b/mnist", id="space"),
        pytest.param('a"><b/mnist', "@a%22%3E%3Cb/mnist", id="markup"),
        pytest.param("o/p/mnist", "@o%2Fp/mnist", id="slash-in-the-owner"),
        pytest.param("a?b#c/mnist", "@a%3Fb%23c/mnist", id="query-and-fragment"),
    ],
)
def test_paths_of_labs_are_safe_in_addresses(reference, path):
    assert formats.lab_path(reference) == path


def test_times_are_told_in_utc():
    at = datetime(2026, 3, 1, 1, 5, tzinfo=timezone(timedelta(hours=2)))
    assert formats.iso(at) == "2026-02-28T23:05:00Z"
    assert formats.stamp(at) == "28 Feb 2026, 23:05 UTC"
    assert formats.stamp(datetime(2026, 3, 1, tzinfo=UTC)) == "1 Mar 2026, 00:00 UTC"


def test_every_environment_of_the_house_has_a_hue_of_its_own():
    assert len({formats.hue(name) for name in formats.HUES}) == len(formats.HUES)


@pytest.mark.parametrize("name", ["ada", "my-own-environment", "", "héloïse"])
def test_any_other_name_gets_a_hue_that_the_style_sheet_has(name):
    assert formats.hue(name) in {f"hue-{n}" for n in range(8)}
    assert formats.hue(name) == formats.hue(name)


@pytest.mark.parametrize("seed", [str(n) for n in range(50)])
def test_sigils_stay_inside_their_picture_and_differ(seed):
    drawing = formats.sigil(seed)
    numbers = drawing.faint.replace("M", " ").replace("L", " ").split()
    assert all(0 <= int(x) <= formats.WIDTH for x in numbers[::2])
    assert all(0 <= int(y) <= formats.HEIGHT for y in numbers[1::2])
    assert drawing != formats.sigil(seed + "x")
    assert drawing == formats.sigil(seed)
