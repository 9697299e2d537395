"""How long people waited for an accelerator lately, and kept it; on disk, so that the next hub knows too."""

from __future__ import annotations

import statistics
from logging import Logger, LoggerAdapter
from pathlib import Path

from msgspec import Struct

from mlabs_spawner.record import Record

# What is older than a week, in seconds, or not among the last ones, says little about now.
RECENT = 7 * 24 * 3600
LAST = 50


class Span(Struct):
    """So many `seconds`, which ended at `at`, in seconds since 1970."""

    at: float
    seconds: float


class Spans(Struct):
    """The newest last."""

    waited: list[Span] = []
    kept: list[Span] = []


class GpuTimes:
    """The spans in `file`; without one they are kept for as long as the hub runs."""

    def __init__(self, file: Path | None, log: Logger | LoggerAdapter[Logger]):
        self.record = Record(file, Spans, "How long people wait for accelerators", log)
        self.spans = self.record.read()

    def waited(self, since: float, now: float) -> None:
        """Somebody who waited since then got one; who got one at once waited for nothing."""
        if now - since >= 1:
            self._add(self.spans.waited, since, now)

    def kept(self, since: float, now: float) -> None:
        """Somebody gave back what they held since then."""
        self._add(self.spans.kept, since, now)

    def usual_wait(self, now: float) -> float | None:
        """The median of the recent waits in seconds; None where nobody waited recently."""
        recent = lately(self.spans.waited, now)
        return statistics.median(recent) if recent else None

    def usual_use(self, now: float) -> float | None:
        """For how many seconds one was kept recently, on average; None where none was given back."""
        recent = lately(self.spans.kept, now)
        return statistics.fmean(recent) if recent else None

    def _add(self, spans: list[Span], since: float, now: float) -> None:
        spans.append(Span(now, now - since))
        del spans[:-LAST]
        self.record.write(self.spans)


def lately(spans: list[Span], now: float) -> list[float]:
    """The seconds of those that are recent."""
    return [span.seconds for span in spans if now - span.at < RECENT]
