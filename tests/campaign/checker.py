"""Judges a history by what is there afterwards: each acknowledgement whole and once, the rest all or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from campaign.evidence import Evidence, Version
from campaign.history import Operation
from campaign.load import step_text

Streams = dict[str, list[tuple[str, list[Any]]]]


@dataclass(frozen=True)
class Finding:
    """Something that must not be.

    `kind` is lost, torn, doubled, gap, changed, undone, misled, broken or beneath.
    """

    kind: str
    what: str


def judge(operations: list[Operation], streams: Streams, evidence: Evidence) -> list[Finding]:
    """All that is wrong."""
    found = [Finding("beneath", what) for what in evidence.wrong]
    by_kind: dict[str, list[Operation]] = {}
    for operation in operations:
        by_kind.setdefault(operation.kind, []).append(operation)
    found += versions(by_kind.get("version", []), evidence)
    found += forks(by_kind.get("fork", []), evidence)
    found += datasets(by_kind.get("dataset", []), evidence)
    found += runs(by_kind.get("run", []), by_kind.get("events", []), evidence)
    found += watched(streams, evidence)
    found += ticks(evidence.ticks)
    for operation in operations:
        found += answers(operation)
    return found


def answers(operation: Operation) -> Iterator[Finding]:
    """Answers that nobody should get: a refusal by who cannot know, and what says that something broke."""
    what = f"{operation.kind} {operation.key}"
    yield from (Finding("misled", f"{what} was answered {words}") for words in operation.foreign)
    yield from (Finding("broken", f"{what} was answered {words}") for words in operation.words)


def present(operation: Operation, count: int, what: str) -> Iterator[Finding]:
    """Whether it is there as often as its answers allow."""
    if operation.state == "acknowledged" and count == 0:
        yield Finding("lost", f"{what} was acknowledged")
    if operation.state == "refused" and count:
        yield Finding("undone", f"{what} was refused ({operation.statuses}), and is there")
    if count > 1:
        yield Finding("doubled", f"{what} is there {count} times")


def versions(operations: list[Operation], evidence: Evidence) -> Iterator[Finding]:
    """Numbers from 1 without gaps; each publish once, under the number that was told, and whole."""
    for lab, stored in evidence.versions.items():
        yield from contiguous([version.number for version in stored], f"versions of {lab}")
    for operation in operations:
        lab = operation.said["lab"]
        there = [one for one in evidence.versions.get(lab, []) if one.op == operation.key]
        yield from present(operation, len(there), f"a version of {lab}, {operation.key}")
        for version in there:
            yield from _whole_version(operation, version, lab)


def _whole_version(operation: Operation, version: Version, lab: str) -> Iterator[Finding]:
    if version.source != operation.said["source"]:
        yield Finding("torn", f"version {version.number} of {lab} is not what was published")
    told = operation.got
    if told and (told["number"], told["notebook"]) != (version.number, version.notebook):
        yield Finding("changed", f"{lab}: {told} was acknowledged, {version} is there")


def forks(operations: list[Operation], evidence: Evidence) -> Iterator[Finding]:
    """Each fork there with one version whose notebook is the one that it was forked from."""
    originals = {one.notebook: one.source for stored in evidence.versions.values() for one in stored}
    for operation in operations:
        name = operation.said["lab"]
        yield from present(operation, name in evidence.forks, f"the fork {name}")
        if name in evidence.forks:
            stored = evidence.forks[name]
            yield from contiguous([version.number for version in stored], f"versions of the fork {name}")
            if not stored:
                yield Finding("torn", f"the fork {name} has no version")
            for version in stored[:1]:
                if version.source != originals.get(version.notebook):
                    yield Finding("torn", f"the fork {name} is of no version of its original")


def datasets(operations: list[Operation], evidence: Evidence) -> Iterator[Finding]:
    """Each dataset there once, with one version of just the files that were brought."""
    for operation in operations:
        name = operation.said["dataset"]
        stored = evidence.datasets.get(name, [])
        yield from present(operation, len(stored), f"the dataset {name}")
        for files in stored:
            if files != operation.said["files"]:
                yield Finding("torn", f"the dataset {name} has {files}")


def runs(registered: list[Operation], told: list[Operation], evidence: Evidence) -> Iterator[Finding]:
    """Each run there, its steps from 1 without gaps, each once, up to the last that was acknowledged."""
    for operation in registered:
        run = operation.said["run"]
        yield from present(operation, run in evidence.runs, f"the run {run}")
    for run, events in evidence.runs.items():
        yield from contiguous([seq for seq, _ in events], f"steps of the run {run}")
    for operation in told:
        run, upto = operation.said["run"], operation.said["upto"]
        steps = dict(evidence.runs.get(run, []))
        if operation.state == "acknowledged" and (missing := _missing(operation, steps)):
            yield Finding("lost", f"steps {missing} of the run {run} were acknowledged")
        for seq in range(operation.said["first"], upto + 1):
            is_end = operation.said["end"] and seq == upto
            if seq in steps and steps[seq] != ("" if is_end else step_text(run, seq)):
                yield Finding("torn", f"step {seq} of the run {run} says {steps[seq]!r:.80}")


def _missing(operation: Operation, steps: dict[int, str]) -> list[int]:
    upto = max(operation.said["upto"], operation.got["acknowledged"])
    return [seq for seq in range(operation.said["first"], upto + 1) if seq not in steps]


def watched(streams: Streams, evidence: Evidence) -> Iterator[Finding]:
    """Each watcher was told from 1 without gaps, each step once, and nothing that is not there now."""
    for run, watchers in streams.items():
        steps = dict(evidence.runs.get(run, []))
        for watcher, seen in watchers:
            yield from contiguous([seq for seq, _ in seen], f"what {watcher} saw of the run {run}")
            for seq, text in seen:
                if steps.get(seq) != text:
                    yield Finding(
                        "lost", f"step {seq} of the run {run} was shown, and is {steps.get(seq)!r:.80}"
                    )


def ticks(printed: list[str]) -> Iterator[Finding]:
    """What kernels printed came whole up to where their server was killed; the last run to its end."""
    for number, text in enumerate(printed):
        *whole, rest = text.split("\n")
        counted = [line for line in whole if line.startswith("tick ")]
        if counted != [f"tick {n + 1}" for n in range(len(counted))]:
            yield Finding("gap", f"run {number} of the open lab printed {counted[:5]}… ({len(counted)})")
        if number == len(printed) - 1 and (rest or whole[-1:] != [f"ticked {len(counted)}"]):
            yield Finding("lost", f"the open lab's last run ends {whole[-1:]} after {len(counted)} ticks")


def contiguous(numbers: list[int], what: str) -> Iterator[Finding]:
    """Whether they are 1, 2, 3…"""
    if doubled := sorted(number for number, times in Counter(numbers).items() if times > 1):
        yield Finding("doubled", f"{what}: {doubled[:10]}")
    if missing := sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers)):
        yield Finding("gap", f"{what}: {missing[:10]} missing")
    if numbers != sorted(numbers):
        yield Finding("gap", f"{what}: out of order")
