"""All benchmarks as one instrument: `python bench [NAME…]`, or `nox -s bench -- [NAME…]`.

Each runs in a process of its own and yields rows; they come to one table, and where all of them ran, to
`docs/benchmarks.md`, its picture and its figures. With `--check` they are compared with those figures.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
from _check import faults
from _figures import Figure, figure
from _names import NAMES, rows_of
from _page import page, parts, text
from _picture import picture
from _record import (
    CHECKOUT,
    RECORD,
    Measured,
    Missing,
    Record,
    keep,
    measured,
    pace,
    recorded,
)
from _rows import Absent, Effort

Told = Figure | Missing
PICTURE = RECORD.parent / "screenshots" / "benchmarks.svg"
# Benchmarks start what the tests start.
sys.path.append(str(CHECKOUT / "tests"))


def child(name: str, effort: Effort) -> None:
    """Measure in this process; each row is a line of standard output, and nothing else is."""
    told = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    try:
        for row in rows_of(name)(effort):
            told.write(msgspec.json.encode(row if isinstance(row, Missing) else figure(row)) + b"\n")
    except Absent as error:
        told.write(msgspec.json.encode(Missing(name, str(error))) + b"\n")


def run(name: str, effort: Effort) -> Measured:
    """Measure in a process of its own; what fails is told, with what was measured before it did."""
    load, before, begun = os.getloadavg()[0], pace(), time.monotonic()
    command = [sys.executable, str(Path(__file__).parent), "--child", name, *arguments(effort)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout
    told: list[Told] = []
    for line in process.stdout:
        told.append(msgspec.json.decode(line, type=Told))
        print(text(told[-1:]).splitlines()[-1], flush=True)
    if process.wait():
        told.append(Missing(name, f"failed with {process.returncode}; see above"))
    figures = [one for one in told if isinstance(one, Figure)]
    missing = [one for one in told if isinstance(one, Missing)]
    return measured(figures, missing, effort.quick, load, time.monotonic() - begun, before)


def arguments(effort: Effort) -> list[str]:
    """The options that say so."""
    given = ["--keep", str(effort.keep), "--only", effort.only]
    given += ["--rounds", str(effort.given)] if effort.given else []
    return [*given, "--quick"] if effort.quick else given


def write(record: Record) -> None:
    """The page, its picture, and the figures."""
    ordered = {name: record[name] for name in NAMES if name in record}
    keep(ordered)
    RECORD.with_suffix(".md").write_text(page(ordered))
    figures = [row for row in parts(ordered)[0] if isinstance(row, Figure)]
    days = sorted({f"{each.when:%Y-%m-%d}" for each in ordered.values()})
    commits = sorted({each.commit for each in ordered.values()})
    said = f"{' to '.join([days[0], *days[1:][-1:]])}, {next(iter(ordered.values())).machine}"
    PICTURE.write_text(picture(figures, f"{said}, at {', '.join(commits)}"))
    print(f"written: {RECORD.with_suffix('.md')}, {RECORD.name} and {PICTURE.name}")


def options(given: list[str] | None = None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"by default all: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="few rounds and small sizes")
    parser.add_argument("--rounds", type=int, help="of each benchmark, in place of its own number")
    parser.add_argument("--only", default="", help="only rows with this in their name")
    parser.add_argument("--keep", type=Path, default=Effort.keep, help="where databases and peers are kept")
    parser.add_argument("--check", action="store_true", help="compare with what is recorded")
    parser.add_argument("--write", action="store_true", help="record also what is not a full run")
    parser.add_argument("--page", action="store_true", help="only write page and picture of what is recorded")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(given)
    unheard = [name for name in asked.names if name not in NAMES]
    if unheard:
        parser.error(f"there is no {', '.join(unheard)}; there are {', '.join(NAMES)}")
    return asked


def main() -> int:
    """0 where all was measured, and with `--check` nothing is worse."""
    asked = options()
    effort = Effort(asked.quick, asked.rounds, asked.only, asked.keep.absolute())
    if asked.child:
        child(asked.names[0], effort)
        return 0
    if asked.page:
        write(recorded())
        return 0
    effort.keep.mkdir(parents=True, exist_ok=True)
    now: Record = {}
    for name in asked.names or NAMES:
        print(f"\n{name}", flush=True)
        now[name] = run(name, effort)
    print("\n" + text([row for part in parts(now) for row in part]))
    failed = [one for each in now.values() for one in each.missing if one.reason.startswith("failed")]
    if asked.check:
        found = faults(now, recorded(), lambda name: run(name, effort), asked.only)
        print("\n".join(["worse than recorded:", *found]) if found else "nothing is worse than recorded")
        return int(bool(found or failed))
    full = not (asked.names or asked.quick or asked.only or asked.rounds)
    if asked.write or full:
        write(recorded() | now)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
