"""What every benchmark yields: rows of one shape, measured with the effort that was asked for."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

Better = Literal["lower", "higher"]


class Absent(Exception):
    """What this machine lacks, so that a benchmark or some of its rows cannot be measured."""


class Goal(msgspec.Struct, frozen=True):
    """At most, or where more is better at least, `limit`.

    Of the ratio to the peer; of the worse end of its interval; or of our own figure, in the row's unit.
    """

    limit: float
    of: Literal["ratio", "interval", "ours"] = "ratio"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of work: our figure of each round, and the peer's of the same rounds.

    `peer` is empty where there is only a limit. `why` is the reason that is given where the goal is missed.
    `own` is for what is measured beside the design's table.
    """

    work: str
    ours: list[float]
    unit: str
    peer: list[float] = []
    peer_is: str = ""
    goal: Goal | None = None
    better: Better = "lower"
    statistic: Literal["median", "p95", "each"] = "median"
    note: str = ""
    why: str = ""
    own: bool = False


@dataclass(frozen=True)
class Effort:
    """How long to measure. `keep` is where databases and programs of peers are kept from run to run."""

    quick: bool = False
    given: int | None = None
    only: str = ""
    keep: Path = Path(os.environ.get("MLABS_BENCH_CACHE") or Path(tempfile.gettempdir(), "mlabs-bench"))

    def rounds(self, full: int, quick: int) -> int:
        """How many rounds: as many as were asked for, else one of these."""
        return self.given or self.either(full, quick)

    def either(self, full: int, quick: int) -> int:
        """A size that is smaller in a quick run."""
        return quick if self.quick else full

    def wants(self, work: str) -> bool:
        """Whether a row of this name is asked for."""
        return self.only in work
