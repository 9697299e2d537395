"""Where runs begin and end, without kernels: what is hard to time with real ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mlabs_ext.lab.messages import Message
from mlabs_ext.lab.run_all import Request, RunAll
from mlabs_ext.lab.run_tracker import GRACE, GRACE_INTERRUPTED, RunTracker

START = datetime(2026, 1, 1, tzinfo=UTC)
IDLE = 600.0


class Story:
    """Plays messages to a tracker by a clock of its own; `told` is what was recorded."""

    def __init__(self):
        self.told: list[tuple[str, str, dict]] = []
        self.began: list[bool] = []
        self.now = 0.0
        self.tracker = RunTracker(self, self.begin_run, IDLE)

    def begin_run(self, run_all: RunAll | None, time: datetime) -> tuple[str, str]:
        self.began.append(run_all is not None)
        return f"run{len(self.began)}", "ada/mnist"

    def add(self, run, kind, time, cell, data) -> None:
        self.told.append((run, kind, data))
        self.last = time

    @property
    def time(self) -> datetime:
        return START + timedelta(seconds=self.now)

    def message(self, kind: str, execution: str, **content) -> Message:
        return Message(kind, execution, self.time, content)

    def ask(self, *executions: str, kept: bool = True) -> None:
        for execution in executions:
            self.tracker.requested(Request(execution, execution, "code", kept, self.now))

    def begin(self, execution: str, lab: str = "ada/mnist", run_all: RunAll | None = None) -> None:
        self.tracker.execute(self.message("execute_input", execution, code="c"), lab, run_all, self.now)

    def say(self, kind: str, execution: str, **content) -> None:
        self.tracker.step(self.message(kind, execution, **content), self.now)

    def done(self, execution: str) -> None:
        self.say("status", execution, execution_state="idle")

    def run(self, execution: str, error: str | None = None, **options) -> None:
        self.begin(execution, **options)
        if error:
            self.say("error", execution, ename=error, evalue="", traceback=[])
        self.done(execution)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.tracker.tick(self.now)

    def end(self, how: str) -> None:
        self.tracker.ended(how, self.time, self.now)

    @property
    def endings(self) -> list[tuple[str, str]]:
        return [(run, data["status"]) for run, kind, data in self.told if kind == "end"]

    def kinds(self) -> str:
        return " ".join(kind for _, kind, _ in self.told)


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.mark.parametrize(
    ("quiet", "endings"), [(IDLE - 1, []), (IDLE + 1, [("run1", "succeeded")])], ids=["not yet", "over"]
)
def test_ten_idle_minutes(story, quiet, endings):
    story.run("a")
    story.wait(quiet)
    assert story.endings == endings


def test_a_long_cell_is_not_idle(story):
    story.begin("a")
    story.wait(IDLE * 3)
    assert story.endings == []


def test_output_of_a_background_thread_keeps_a_run_open(story):
    story.run("a")
    story.wait(IDLE - 1)
    story.say("stream", "a", name="stdout", text="still here")
    story.wait(IDLE - 1)
    assert story.endings == []
    story.wait(2)
    assert story.last == START + timedelta(seconds=IDLE - 1)


@pytest.mark.parametrize(
    ("how", "status"),
    [("restarted", "stopped"), ("shutdown", "stopped"), ("dead", "failed")],
)
def test_kernel_goes_while_a_cell_runs(story, how, status):
    story.begin("a")
    story.end(how)
    assert story.endings == [("run1", status)]


@pytest.mark.parametrize("how", ["restarted", "shutdown"])
def test_kernel_that_is_interrupted_to_be_ended(story, how):
    story.run("a", "KeyboardInterrupt")
    story.end(how)
    assert story.endings == [("run1", "stopped")]


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_interrupted_by_a_person(story, late):
    story.begin("a")
    if not late:
        story.tracker.interrupted(story.time, story.now)
    story.say("error", "a", ename="KeyboardInterrupt", evalue="", traceback=[])
    story.done("a")
    if late:
        story.tracker.interrupted(story.time, story.now)
    story.end("shutdown")
    assert story.endings == [("run1", "failed")]
    assert "kernel" in story.kinds()


def test_run_all_that_is_restarted_in_the_middle_was_stopped(story):
    story.ask("a", "b")
    story.run("a", "KeyboardInterrupt", run_all=RunAll(["a", "b"]))
    story.done("b")
    story.wait(GRACE_INTERRUPTED - 1)
    story.end("restarted")
    assert story.endings == [("run1", "stopped")]


def test_run_all_of_a_front_end_that_sends_one_after_the_other(story):
    run_all = RunAll(["a", "b", "c"])
    story.ask("a")
    story.run("a", run_all=run_all)
    for cell in ("b", "c"):
        story.wait(GRACE / 2)
        story.ask(cell)
        assert story.tracker.expects(story.message("execute_input", cell))
        story.run(cell)
    assert story.endings == [("run1", "succeeded")]
    assert story.began == [True]


def test_run_all_waits_for_what_is_queued(story):
    story.ask("a", "b")
    story.run("a", run_all=RunAll(["a", "b"]))
    story.wait(GRACE * 20)
    assert story.endings == []
    story.run("b")
    assert story.endings == [("run1", "succeeded")]


def test_another_cell_ends_run_all(story):
    story.ask("a", "x")
    story.run("a", run_all=RunAll(["a", "b"]))
    story.run("x")
    assert story.endings == [("run1", "succeeded")]
    assert story.began == [True, False]


def test_an_expected_error_fails_nothing(story):
    story.ask("a", "b")
    story.run("a", "ValueError", run_all=RunAll(["a", "b"]))
    story.run("b")
    assert story.endings == [("run1", "succeeded")]


def test_a_notebook_that_becomes_another_lab_begins_another_run(story):
    story.run("a")
    story.begin("b", lab="ada/other")
    assert story.endings == [("run1", "succeeded")]


def test_an_end_that_was_not_heard(story):
    story.begin("a")
    story.run("b")
    story.end("shutdown")
    assert story.kinds() == "execute done execute done end"


def test_tools_are_not_kept(story):
    story.ask("a", kept=False)
    assert not story.tracker.keeps(story.message("execute_input", "a"))
    assert story.tracker.keeps(story.message("execute_input", "unknown"))


def test_output_of_what_was_not_recorded_is_not(story):
    story.run("a")
    story.say("stream", "other", name="stdout", text="x")
    story.say("update_display_data", "a", data={}, metadata={}, transient={})
    assert story.kinds() == "execute done"


def test_nothing_happens_without_a_run(story):
    for how in ("restarted", "dead", "shutdown"):
        story.end(how)
    story.tracker.interrupted(story.time, story.now)
    story.wait(IDLE * 2)
    assert story.told == []
