"""A history says what became of each request, also where its last line was cut."""

from __future__ import annotations

import pytest

from campaign.history import History, operations, streams


@pytest.fixture
def history(tmp_path):
    history = History(tmp_path / "history.jsonl")
    yield history
    history.close()


def answered(history: History, *statuses: int | None, foreign: bool = False) -> None:
    for status in statuses:
        history.write("asked", op="a", kind="fork", said={"lab": "bob/f"})
        got = {"name": "f"} if status == 201 else {}
        history.write("answered", op="a", kind="fork", status=status, got=got, words="", foreign=foreign)


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ([201], "acknowledged"),
        ([None, 503, 201], "acknowledged"),
        ([507, 201], "acknowledged"),
        ([412], "refused"),
        ([507, 507], "refused"),
        ([None], "unknown"),
        ([503], "unknown"),
        ([500, 412], "unknown"),
        ([None, 507], "unknown"),
    ],
    ids=str,
)
def test_what_became_of_a_request(history, statuses, state):
    answered(history, *statuses)
    [operation] = operations(history.lines())
    assert (operation.state, operation.times) == (state, len(statuses))
    assert operation.got == ({"name": "f"} if 201 in statuses else {})


def test_a_request_that_was_cut_off_with_the_campaign_is_unknown(history):
    history.write("asked", op="a", kind="fork", said={})
    with history.file.open("a") as file:
        file.write('{"event": "answered", "op": "a", "sta')
    assert [operation.state for operation in operations(history.lines())] == ["unknown"]


def test_a_refusal_by_who_cannot_know_is_none(history):
    answered(history, 404, foreign=True)
    [operation] = operations(history.lines())
    assert (operation.state, operation.foreign) == ("unknown", ["404: "])


def test_what_was_seen_is_kept_for_each_watcher(history):
    for watcher, seq in (("v", 1), ("w", 1), ("v", 2)):
        history.write("seen", run="r", watcher=watcher, seq=seq, text="x")
    assert streams(history.lines()) == {"r": [("v", [[1, "x"], [2, "x"]]), ("w", [[1, "x"]])]}
