import pytest

from mlabs_ext.waiting import about, expected, outlook

NOW = 1_000_000.0
UNKNOWN = "how long is not known yet, for nobody gave one back lately"


@pytest.mark.parametrize(
    ("held", "kept", "waits"),
    [
        pytest.param([600], None, [None, None], id="nobody gave one back yet"),
        pytest.param([], 600, [None, None], id="nobody holds one"),
        pytest.param([0], 600, [600, 1200], id="one, just taken"),
        pytest.param([300, 0], 600, [300, 600], id="two"),
        pytest.param([9000], 600, [150, 750], id="kept for long already"),
    ],
)
def test_the_next_turns_are_judged_by_how_long_others_keep_theirs(held, kept, waits):
    assert expected([NOW - seconds for seconds in held], kept, 2, NOW) == waits


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(0, "less than a minute", id="now"),
        pytest.param(70, "about 1 minute", id="a minute"),
        pytest.param(1800, "about 30 minutes", id="minutes"),
        pytest.param(7300, "about 2 hours", id="hours"),
    ],
)
def test_spans_of_time_in_words(seconds, words):
    assert about(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "people", "words"),
    [
        pytest.param(600, 0, "about 10 minutes; nobody before you", id="the next"),
        pytest.param(600, 1, "about 10 minutes; 1 person before you", id="one before"),
        pytest.param(600, 3, "about 10 minutes; 3 people before you", id="some before"),
        pytest.param(None, 2, f"{UNKNOWN}; 2 people before you", id="not known yet"),
    ],
)
def test_a_wait_in_words(seconds, people, words):
    assert outlook(seconds, people) == words
