"""What is kept of answers, and that nothing is kept that was changed since, or while it was made."""

from __future__ import annotations

import pytest

from mlabs_ext.service.answers import GRACE, HEAD, LONGEST, Answer, Answers


@pytest.fixture
def now(monkeypatch):
    """A clock to be moved."""
    clock = [1000.0]
    monkeypatch.setattr("mlabs_ext.service.answers.monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def answers(now):
    return Answers()


def answer(body: bytes = b"page", born: float = 1000.0) -> Answer:
    return Answer({}, {}, body, '"tag"', "LabPage", False, born)


def keep(answers: Answers, *labs: str, body: bytes = b"page", born: float = 1000.0) -> None:
    for lab in labs:
        answers.keep(f"page of {lab}", answer(body, born), lab, answers.count)


def kept(answers: Answers, *labs: str) -> list[bool]:
    return [answers.find(f"page of {lab}") is not None for lab in labs]


FORGOTTEN = {
    "what is said of one": ({"page:a"}, [False, True, True]),
    "a run of one": ({"run:r", "page:a"}, [False, True, True]),
    "who sees one": ({"lab:a"}, [False, False, False]),
    "something anywhere": ({"pages"}, [False, False, False]),
    "what was missed": (None, [False, False, False]),
    "a run of nobody's page": ({"run:r"}, [True, True, True]),
}


@pytest.mark.parametrize(("changes", "left"), FORGOTTEN.values(), ids=FORGOTTEN)
def test_what_changed_is_forgotten(answers, changes, left):
    keep(answers, "a", "b", "")
    answers.changed(changes)
    assert kept(answers, "a", "b", "") == left


@pytest.mark.parametrize(("changes", "left"), FORGOTTEN.values(), ids=FORGOTTEN)
def test_what_changes_while_it_is_made_is_not_kept(answers, changes, left):
    since = answers.count
    answers.changed(changes)
    for lab in ("a", "b", ""):
        answers.keep(f"page of {lab}", answer(), lab, since)
    assert kept(answers, "a", "b", "") == left
    # What is made after it is.
    keep(answers, "a", "b", "")
    assert kept(answers, "a", "b", "") == [True] * 3


def test_nothing_is_kept_for_long(answers, now):
    keep(answers, "a")
    now[0] += LONGEST
    assert kept(answers, "a") == [True]
    now[0] += GRACE + 1
    assert kept(answers, "a") == [False]


def test_one_alone_makes_it_anew_when_its_time_is_up(answers, now):
    keep(answers, "a")
    now[0] += LONGEST + 1
    # All who ask meanwhile have the one before.
    assert kept(answers, *"aaaa") == [False, True, True, True]
    keep(answers, "a", born=now[0])
    now[0] += LONGEST
    assert kept(answers, *"aa") == [True, True]


def test_who_never_makes_it_anew_holds_nobody_up_for_long(answers, now):
    keep(answers, "a")
    now[0] += LONGEST + 1
    assert kept(answers, *"aa") == [False, True]
    now[0] += GRACE
    assert kept(answers, *"aa") == [False, False]


def test_what_changes_meanwhile_is_not_given_out_again(answers, now):
    keep(answers, "a")
    now[0] += LONGEST + 1
    assert kept(answers, "a") == [False]
    answers.changed({"page:a"})
    assert kept(answers, "a") == [False]


def test_what_was_not_asked_for_longest_makes_room(now):
    answers = Answers(size=4 * (HEAD + 100))
    keep(answers, *"abcd", body=b"x" * 100)
    assert kept(answers, "a") == [True]
    keep(answers, "e", body=b"x" * 100)
    assert kept(answers, *"abcde") == [True, False, True, True, True]
    keep(answers, "f", body=b"x" * 101)
    assert kept(answers, "f") == [False]


def test_without_news_nothing_is_given_out(answers):
    keep(answers, "a")
    answers.hears = lambda: False
    assert kept(answers, "a") == [False]
    keep(answers, "b")
    answers.hears = lambda: True
    assert kept(answers, "a", "b") == [True, False]
