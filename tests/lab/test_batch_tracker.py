"""One run from the kernel's start to the runner's word, whatever the kernel does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mlabs_ext.lab.batch_tracker import BatchTracker, Over
from mlabs_ext.lab.messages import Message
from mlabs_ext.lab.run_all import Request
from mlabs_ext.wire import RunCreate

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0001"


class Recorded:
    """What was recorded, and a kernel's words at so many seconds."""

    def __init__(self):
        self.steps = []
        run = RunCreate(RUN, "ada/mnist", BEGIN, "python", kind="batch")
        self.tracker = BatchTracker(self, run)

    def add(self, run, kind, time, cell, data):
        assert run == RUN
        self.steps.append((kind, cell, data))

    def at(self, seconds):
        return BEGIN + timedelta(seconds=seconds)

    def begin(self, request, cell, at=1):
        self.tracker.requested(Request(request, cell, "x", True, at))
        content = {"code": "x", "execution_count": 1}
        self.tracker.execute(Message("execute_input", request, self.at(at), content), "", None, at)

    def idle(self, request, at=2):
        content = {"execution_state": "idle"}
        self.tracker.step(Message("status", request, self.at(at), content), at)

    def finish(self, status, reason=None, died=None, at=3):
        self.tracker.finish(Over(status, reason, died), self.at(at), at)

    def kinds(self):
        return [kind for kind, _, _ in self.steps]


@pytest.fixture
def recorded():
    return Recorded()


def test_neither_a_cell_nor_a_pause_ends_it(recorded):
    recorded.begin("a", "cell-0")
    assert not recorded.tracker.quiet
    recorded.idle("a")
    assert recorded.tracker.quiet
    recorded.tracker.tick(10_000)
    recorded.begin("b", "cell-1", at=10_001)
    recorded.idle("b", at=10_002)
    recorded.finish("succeeded", at=10_003)
    assert recorded.kinds() == ["execute", "done", "execute", "done", "end"]
    assert [cell for _, cell, _ in recorded.steps] == ["cell-0", "cell-0", "cell-1", "cell-1", None]
    assert recorded.steps[-1][2] == {"status": "succeeded"}


def test_what_was_asked_and_not_heard_is_waited_for(recorded):
    recorded.tracker.requested(Request("a", "cell-0", "x", True, 1))
    assert not recorded.tracker.quiet


def test_nothing_follows_the_end(recorded):
    recorded.finish("failed", "timeout")
    recorded.begin("a", "cell-0")
    recorded.finish("succeeded")
    recorded.tracker.ended("shutdown", recorded.at(5), 5)
    assert recorded.steps == [("end", None, {"status": "failed", "reason": "timeout"})]


def test_a_cell_that_is_cut_off(recorded):
    recorded.begin("a", "cell-0")
    recorded.finish("stopped", "stopped")
    assert recorded.kinds() == ["execute", "done", "end"]
    assert recorded.steps[1][2]["status"] == "aborted"


@pytest.mark.parametrize("running", [True, False])
def test_a_kernel_that_died_says_how(recorded, running):
    if running:
        recorded.begin("a", "cell-0")
    recorded.finish("failed", "crashed", "It ended by signal SIGABRT.")
    errors = [data["output"] for kind, _, data in recorded.steps if kind == "output"]
    assert [(error["ename"], error["evalue"]) for error in errors] == [
        ("KernelDied", "It ended by signal SIGABRT.")
    ]
    assert recorded.kinds() == ["execute"] * running + ["output"] + ["done"] * running + ["kernel", "end"]


def test_a_cell_that_kills_the_kernel_at_once_is_kept(recorded):
    recorded.tracker.requested(Request("a", "cell-0", "os.abort()", True, 1))
    recorded.finish("failed", "crashed", "It ended by signal SIGABRT.")
    assert recorded.kinds() == ["execute", "output", "done", "kernel", "end"]
    assert recorded.steps[0][1:] == (
        "cell-0",
        {"execution": "a", "code": "os.abort()", "execution_count": None},
    )


def test_its_server_stops_without_a_reason_of_its_own(recorded):
    recorded.begin("a", "cell-0")
    recorded.tracker.ended("dead", recorded.at(2), 2)
    recorded.tracker.ended("shutdown", recorded.at(2), 2)
    assert recorded.steps[-1][2] == {"status": "stopped"}
