"""A search of the community pool as its page shows it: what is best, and who did what when."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from mlabs_ext.wire.community import Job, JobScore, JobSlice, Search

# How wide the drawing of all that happened is, and how narrow a part of it may become.
WIDTH, NARROW = 1000, 4
SERVER = "the server"


class Bar(NamedTuple):
    """A slice in the drawing; `job` is the number of its job."""

    x: float
    width: float
    job: int
    check: bool
    from_: int
    to: int


class Lane(NamedTuple):
    """What one machine did."""

    name: str
    seconds: float
    bars: list[Bar]


class SearchView:
    """What the templates ask of a search; `now` is where slices end that go on."""

    def __init__(self, search: Search, now: datetime):
        self.search, self.now = search, now

    @staticmethod
    def newest(job: Job) -> JobScore | None:
        """The last look at the held-out rows that gave a number."""
        return next((score for score in reversed(job.scores) if score.loss is not None), None)

    def loss(self, job: Job) -> float:
        """By which jobs are sorted: those without one come last."""
        newest = self.newest(job)
        return float("inf") if newest is None or newest.loss is None else newest.loss

    @cached_property
    def best(self) -> Job | None:
        """The least loss of those that are done; as long as none is, of all."""
        scored = [job for job in self.search.jobs if self.newest(job) and job.status != "failed"]
        done = [job for job in scored if job.status == "succeeded"]
        return min(done or scored, key=self.loss, default=None)

    @property
    def sorted(self) -> list[Job]:
        """The best first."""
        return sorted(self.search.jobs, key=lambda job: (job is not self.best, self.loss(job)))

    @property
    def over(self) -> int:
        """How many jobs have ended."""
        return sum(job.ended is not None for job in self.search.jobs)

    @cached_property
    def slices(self) -> list[tuple[int, JobSlice]]:
        """All slices with the numbers of their jobs."""
        return [(number, slice) for number, job in enumerate(self.search.jobs) for slice in job.slices]

    @property
    def seconds(self) -> float:
        """All that was computed for it."""
        return sum(lane.seconds for lane in self.lanes)

    @cached_property
    def begun(self) -> datetime:
        """When the first slice began."""
        return min((slice.started for _, slice in self.slices), default=self.search.created)

    @cached_property
    def last(self) -> datetime:
        """When the last one ended, or now."""
        return max((slice.ended or self.now for _, slice in self.slices), default=self.now)

    @cached_property
    def lanes(self) -> list[Lane]:
        """By machine, in the order in which they came."""
        by: dict[str, list[tuple[int, JobSlice]]] = {}
        for number, slice in sorted(self.slices, key=lambda one: one[1].started):
            by.setdefault(slice.worker or SERVER, []).append((number, slice))
        return [self._lane(name, slices) for name, slices in by.items()]

    def _lane(self, name: str, slices: list[tuple[int, JobSlice]]) -> Lane:
        seconds = sum(slice.seconds or 0 for _, slice in slices)
        return Lane(name, seconds, [self._bar(number, slice) for number, slice in slices])

    def _bar(self, number: int, slice: JobSlice) -> Bar:
        whole = max(self.last - self.begun, timedelta(seconds=1))
        x = WIDTH * ((slice.started - self.begun) / whole)
        width = WIDTH * (((slice.ended or self.now) - slice.started) / whole)
        at = round(min(x, WIDTH - NARROW), 1), round(max(width, NARROW), 1)
        return Bar(*at, number, slice.check, slice.from_, slice.to)
