"""The checker finds each kind of broken promise; where none was broken it finds nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from campaign.checker import Streams, judge
from campaign.evidence import Evidence, Version
from campaign.history import Operation
from campaign.load import step_text

LAB, FORK, DATA, RUN = "ada/shared", "bob/f1", "bob/d1", "01JCQ3W3T9V0Q8X5H7ZK2M0001"


def operation(key: str, kind: str, status: int | None = 201, got: dict | None = None, **said) -> Operation:
    return Operation(key, kind, said, [status], got or {}, times=1)


@dataclass
class World:
    """All is well: what was done, what was seen, and what is there."""

    operations: list[Operation] = field(
        default_factory=lambda: [
            operation("a", "version", lab=LAB, source="sa", got={"number": 1, "notebook": "na"}),
            operation("b", "version", lab=LAB, source="sb", got={"number": 2, "notebook": "nb"}),
            operation("maybe", "version", None, lab=LAB, source="sm"),
            operation("stale", "version", 412, lab=LAB, source="ss"),
            operation("1", "fork", lab=FORK, got={"name": "f1", "from": 2}),
            operation("2", "dataset", dataset=DATA, files={"a.bin": "da", "b.txt": "db"}),
            operation(RUN, "run", run=RUN, got={"id": RUN}),
            operation("3", "events", 200, run=RUN, first=1, upto=2, end=False, got={"acknowledged": 2}),
            operation("4", "events", 200, run=RUN, first=3, upto=3, end=True, got={"acknowledged": 3}),
        ]
    )
    streams: Streams = field(
        default_factory=lambda: {RUN: [("w", [[1, step_text(RUN, 1)], [2, step_text(RUN, 2)], [3, ""]])]}
    )
    evidence: Evidence = field(
        default_factory=lambda: Evidence(
            versions={LAB: [Version(1, "a", "na", "sa"), Version(2, "b", "nb", "sb")]},
            forks={FORK: [Version(1, "", "nb", "sb")]},
            datasets={DATA: [{"a.bin": "da", "b.txt": "db"}]},
            runs={RUN: [(1, step_text(RUN, 1)), (2, step_text(RUN, 2)), (3, "")]},
            ticks=["tick 1\ntick 2\ntic", "tick 1\ntick 2\nticked 2\n"],
        )
    )

    def findings(self) -> list[str]:
        return [found.kind for found in judge(self.operations, self.streams, self.evidence)]


def there(world: World, version: Version) -> None:
    world.evidence.versions[LAB].append(version)


def seen(world: World, *steps: int) -> None:
    world.streams[RUN] = [("w", [[seq, "" if seq == 3 else step_text(RUN, seq)] for seq in steps])]


def stored(world: World, *steps: tuple[int, str]) -> None:
    world.streams.clear()
    world.evidence.runs[RUN] = list(steps)


FILES = {"a.bin": "da", "b.txt": "db"}
ONE, TWO, END = (1, step_text(RUN, 1)), (2, step_text(RUN, 2)), (3, "")


def test_where_all_is_well_nothing_is_found():
    assert World().findings() == []


def test_what_is_unknown_may_be_there():
    world = World()
    there(world, Version(3, "maybe", "nm", "sm"))
    assert world.findings() == []


PLANTS: dict[str, tuple[Callable[[World], object], set[str]]] = {
    "a version is lost": (lambda w: w.evidence.versions[LAB].pop(), {"lost", "torn"}),
    "a version is lost from the middle": (lambda w: w.evidence.versions[LAB].pop(0), {"lost", "gap"}),
    "a version is torn": (lambda w: setattr(w.evidence.versions[LAB][0], "source", "?"), {"torn"}),
    "a version is there twice": (lambda w: there(w, Version(3, "b", "nb", "sb")), {"doubled", "changed"}),
    "a number is there twice": (lambda w: there(w, Version(2, "x", "nx", "sx")), {"doubled"}),
    "a version got another number": (lambda w: w.operations[1].got.update(number=3), {"changed"}),
    "a refused version is there": (lambda w: there(w, Version(3, "stale", "ns", "ss")), {"undone"}),
    "an unknown version is half there": (lambda w: there(w, Version(3, "maybe", "nm", "?")), {"torn"}),
    "a fork is lost": (lambda w: w.evidence.forks.clear(), {"lost"}),
    "a fork is empty": (lambda w: w.evidence.forks.update({FORK: []}), {"torn"}),
    "a fork is of nothing": (lambda w: w.evidence.forks.update({FORK: [Version(1, "", "?", "?")]}), {"torn"}),
    "a dataset is lost": (lambda w: w.evidence.datasets.clear(), {"lost"}),
    "a dataset is there twice": (lambda w: w.evidence.datasets.update({DATA: [FILES, FILES]}), {"doubled"}),
    "a file is lost": (lambda w: w.evidence.datasets[DATA][0].pop("b.txt"), {"torn"}),
    "a file is torn": (lambda w: w.evidence.datasets[DATA][0].update({"a.bin": "?"}), {"torn"}),
    "a run is lost": (lambda w: (w.streams.clear(), w.evidence.runs.clear()), {"lost"}),
    "a step is lost": (lambda w: stored(w, ONE, TWO), {"lost"}),
    "a step is lost from the middle": (lambda w: stored(w, ONE, END), {"lost", "gap"}),
    "a step is there twice": (lambda w: stored(w, ONE, TWO, TWO, END), {"doubled"}),
    "a step is torn": (lambda w: stored(w, ONE, (2, "2 abc"), END), {"torn"}),
    "steps are out of order": (lambda w: stored(w, TWO, ONE, END), {"gap"}),
    "a watcher missed a step": (lambda w: seen(w, 1, 3), {"gap"}),
    "a watcher saw a step twice": (lambda w: seen(w, 1, 2, 2, 3), {"doubled"}),
    "a watcher saw what is gone": (lambda w: seen(w, 1, 2, 3, 4), {"lost"}),
    "a kernel's line is lost": (lambda w: w.evidence.ticks.insert(0, "tick 1\ntick 3\n"), {"gap"}),
    "the end of a record is lost": (lambda w: w.evidence.ticks.append("tick 1\n"), {"lost"}),
    "a blob is absent": (lambda w: w.evidence.wrong.append("absent: blob sha256:ab"), {"beneath"}),
    "who cannot know refuses": (lambda w: w.operations[0].foreign.append("404: Not Found"), {"misled"}),
    "something broke": (lambda w: w.operations[0].words.append("internal_error"), {"broken"}),
}  # fmt: skip


@pytest.mark.parametrize(("plant", "kinds"), PLANTS.values(), ids=list(PLANTS))
def test_what_is_planted_is_found(plant, kinds):
    world = copy.deepcopy(World())
    plant(world)
    assert set(world.findings()) == kinds
