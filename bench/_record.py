"""What was measured last: kept in `docs/benchmarks.json`."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from _figures import Figure

CHECKOUT = Path(__file__).resolve().parents[1]
RECORD = CHECKOUT / "docs" / "benchmarks.json"
# What a run itself writes is no difference from a commit.
WRITTEN = (":!docs/benchmarks.*", ":!docs/screenshots/benchmarks.svg")


class Missing(msgspec.Struct, frozen=True, tag=True):
    """What could not be measured, and why."""

    work: str
    reason: str
    own: bool = False


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark's figures, and where and when they were measured.

    `load` is what others took before; `pace` the nanoseconds that Python needed for an addition in a loop,
    before and after: of a machine that is shared, the speed changes.
    """

    when: datetime
    machine: str
    commit: str
    load: float
    seconds: float
    quick: bool
    figures: list[Figure]
    missing: list[Missing] = []
    pace: tuple[float, float] | None = None


Record = dict[str, Measured]


def machine() -> str:
    """What this machine is."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.machine()
    return f"{os.cpu_count()} × {name}, {platform.system()}, Python {platform.python_version()}"


def pace(additions: int = 5_000_000) -> float:
    """How fast the machine is now: nanoseconds for an addition in a loop."""
    begun, total = time.perf_counter(), 0
    for each in range(additions):
        total += each
    return round(1e9 * (time.perf_counter() - begun) / additions, 1)


def commit() -> str:
    """What is measured, with a `+` where files differ from it."""
    asked = ["status", "--porcelain", "--untracked-files=no", "--", ".", *WRITTEN]
    return _git("rev-parse", "--short", "HEAD") + ("+" if _git(*asked) else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if not done.returncode else "unknown"


def measured(
    figures: list[Figure], missing: list[Missing], quick: bool, load: float, seconds: float, before: float
) -> Measured:
    """What was measured just now; `before` is the pace then."""
    when = datetime.now(UTC).replace(microsecond=0)
    facts = {"when": when, "machine": machine(), "commit": commit(), "quick": quick}
    facts |= {"load": round(load, 1), "seconds": round(seconds), "pace": (before, pace())}
    return Measured(figures=figures, missing=missing, **facts)


def recorded(path: Path = RECORD) -> Record:
    """What was kept; nothing where nothing was."""
    return msgspec.json.decode(path.read_bytes(), type=Record) if path.exists() else {}


def keep(record: Record, path: Path = RECORD) -> None:
    """Keep it."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
