"""What the page of a search makes of it: which network is best, and who did what when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlabs_ext.service.web.pages.search_view import WIDTH, SearchView
from mlabs_ext.wire import community as wire

BEGUN = datetime(2026, 5, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def part(worker: str | None, begun: float, ended: float | None, check: bool = False) -> wire.JobSlice:
    took = None if ended is None else ended - begun
    status = "live" if ended is None else "accepted"
    over = None if ended is None else at(ended)
    return wire.JobSlice(0, 5, status, worker, at(begun), over, took, check, None)


def job(status: str, *losses: float | None, slices: Any = ()) -> wire.Job:
    scores = [wire.JobScore(5 * n + 5, loss, 0.5, loss) for n, loss in enumerate(losses)]
    ended = at(90) if status in ("succeeded", "failed", "stopped") else None
    output, options = wire.NetworkOutput(3, "softmax"), wire.TrainingOptions("adam", 0.01, 16, 20)
    return wire.Job(
        f"{status} {losses}", "search", status, 5 * len(losses), 20, 1, 99, [], output, options, scores, None,
        None, list(slices), BEGUN, ended, None, None,
    )  # fmt: skip


def view(*jobs: wire.Job) -> SearchView:
    search = wire.Search("search", "ada", "Iris", "running", BEGUN, None, None, None, list(jobs))
    return SearchView(search, at(100))


@pytest.mark.parametrize(
    ("jobs", "best"),
    [
        pytest.param([job("queued")], None, id="nothing is scored"),
        pytest.param([job("running", 0.9, 0.2), job("queued")], 0, id="as long as none is done, of all"),
        pytest.param(
            [job("running", 0.1), job("succeeded", 0.4), job("succeeded", 0.3)], 2, id="of the done"
        ),
        pytest.param([job("failed", 0.1, None), job("running", 0.5)], 1, id="no failed one"),
        pytest.param(
            [job("running", 0.3, None), job("running", 0.4)], 0, id="the last look that gave a number"
        ),
    ],
)
def test_the_best_has_the_least_loss(jobs, best):
    assert view(*jobs).best == (None if best is None else jobs[best])


def test_jobs_are_sorted_with_the_best_in_front():
    one, two, three, none = (
        job("running", 0.1),
        job("succeeded", 0.4),
        job("stopped", 0.3),
        job("queued"),
    )
    shown = view(none, one, two, three)
    assert shown.sorted == [two, one, three, none]
    assert shown.over == 2


def test_each_machine_has_a_lane_with_what_it_did():
    shown = view(
        job("running", 0.1, slices=[part("otter", 0, 50), part("heron", 50, 75, check=True)]),
        job("running", 0.2, slices=[part("heron", 20, 40), part(None, 60, 60.01), part("otter", 90, None)]),
    )
    assert [lane.name for lane in shown.lanes] == ["otter", "heron", "the server"]
    otter, heron, server = shown.lanes
    assert [(bar.x, bar.width, bar.job, bar.check) for bar in otter.bars] == [
        (0, WIDTH / 2, 0, False),
        (0.9 * WIDTH, 0.1 * WIDTH, 1, False),
    ]
    assert [(bar.job, bar.check) for bar in heron.bars] == [(1, False), (0, True)]
    assert (otter.seconds, heron.seconds) == (50, 45)
    assert server.bars[0].width == 4, "it can still be seen"
    assert shown.seconds == pytest.approx(95.01)


def test_a_search_that_nobody_has_begun_has_none():
    shown = view(job("queued"))
    assert (shown.lanes, shown.seconds, shown.begun) == ([], 0, BEGUN)
