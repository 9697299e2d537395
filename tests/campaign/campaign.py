"""One campaign: a site under load, faults at random moments, then the judgement."""

from __future__ import annotations

import os
import platform
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from support.person import Person

from campaign import checker, evidence
from campaign.asking import Asker
from campaign.faults import Fault
from campaign.history import History, Switch, operations, streams
from campaign.labs import OpenLab
from campaign.load import LAB, Forker, Load, Publisher, Recorder, Uploader, notebook, source
from campaign.recovery import Probe, Recovery, measure
from campaign.site import Site
from campaign.watching import Watcher

OWNER, OTHER = "ada", "bob"
# Seconds of quiet before a fault.
QUIET = (0.1, 2.0)
# How often a second fault comes while the first is not over.
TWICE = 0.15
ALONE = {"disk full"}


@dataclass
class Result:
    """What one campaign came to; `load` is the machine's in the campaign's last quarter of an hour."""

    title: str
    seed: int
    seconds: float = 0.0
    strikes: Counter[str] = field(default_factory=Counter)
    recoveries: list[Recovery] = field(default_factory=list)
    states: dict[str, Counter[str]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    findings: list[checker.Finding] = field(default_factory=list)
    seen: int = 0
    kept: str = ""
    when: str = ""
    machine: str = ""
    load: float = 0.0


class Campaign:
    """`site` is ready; `person` and `other` are signed in before anything breaks."""

    def __init__(self, title: str, site: Site, folder: Path, seed: int):
        self.site, self.seed = site, seed
        self.person, self.other = (Person(site.up.url, name, site.up.password) for name in (OWNER, OTHER))
        self.history, self.switch = History(folder / "history.jsonl"), Switch()
        self.chance = random.Random(f"{seed}/{title}")
        self.result = Result(title, seed)
        self.loads = self._loads()
        self.lab = OpenLab(self.person, self._asker(self.person, 80), self.onlooker.runs.put)

    def _asker(self, person: Person, number: int) -> Asker:
        return Asker(person, self.history, self.switch, random.Random(f"{self.seed}/{number}"))

    def _loads(self) -> list[Load]:
        ada, bob = self.person, self.other
        watchers = [Watcher(self._asker(bob, 90 + n), OWNER) for n in range(2)]
        self.onlooker = Watcher(self._asker(bob, 99), OWNER)

        def began(run: str) -> None:
            for watcher in watchers:
                watcher.runs.put(run)

        return [
            Publisher(self._asker(ada, 0), OWNER),
            Publisher(self._asker(ada, 1), OWNER),
            Forker(self._asker(bob, 2), OWNER),
            Uploader(self._asker(bob, 3), OWNER),
            Recorder(self._asker(ada, 4), OWNER, began),
            Recorder(self._asker(ada, 5), OWNER, lambda run: None),
            *watchers,
            self.onlooker,
        ]

    def prepare(self) -> None:
        """The lab that all of them use."""
        self.person.ok("POST", "labs", json={"name": LAB, "notebook": notebook(source("first", 1))})
        Probe(self.person).prepare()
        self.lab.prepare()

    def run(self, faults: list[Fault], strikes: list[str]) -> Result:
        """Strike by the kinds' names, in this order, while the load goes on; then judge."""
        by_kind = {fault.kind: fault for fault in faults}
        began = time.monotonic()
        for load in self.loads:
            load.thread.start()
        try:
            while strikes:
                self._strike(by_kind, strikes)
            self.lab.finish()
        finally:
            self.switch.off()
            for load in self.loads:
                load.thread.join()
        self.result.seconds = time.monotonic() - began
        self.result.when = f"{datetime.now(UTC):%Y-%m-%d}"
        self.result.machine = f"{os.cpu_count()} processors, {platform.system()} {platform.release()}"
        self.result.load = os.getloadavg()[2]
        self._judge()
        told = (checker.Finding("undone", what) for fault in faults for what in fault.wrong)
        self.result.findings += told
        return self.result

    def _strike(self, by_kind: dict[str, Fault], strikes: list[str]) -> None:
        time.sleep(self.chance.uniform(*QUIET))
        fault = by_kind[strikes.pop()]
        self.history.write("fault", kind=fault.kind)
        since = fault.strike(self.chance)
        self.result.strikes[fault.kind] += 1
        # A hub that starts on a full disk cannot: it writes its database first.
        twice = bool(strikes) and not {fault.kind, strikes[-1]} & ALONE
        if twice and self.chance.random() < TWICE:
            time.sleep(self.chance.uniform(0, 1))
            second = by_kind[strikes.pop()]
            self.history.write("fault", kind=second.kind)
            second.strike(self.chance)
            self.result.strikes[second.kind] += 1
            measure(f"{fault.kind} and {second.kind}", second.probe, since)
        else:
            recovered = measure(fault.kind, fault.probe, since)
            self.result.recoveries.append(recovered)
            self.history.write("recovered", kind=fault.kind, read=recovered.read, write=recovered.write)

    def _judge(self) -> None:
        done, seen = operations(self.history.lines()), streams(self.history.lines())
        runs = [operation.said["run"] for operation in done if operation.kind == "run"]
        kept = evidence.pages(self.person, f"labs/{self.person.name}/{self.lab.lab}/runs")
        ticking = [run["id"] for run in kept][::-1]
        people, labs = [self.person, self.other], [f"{OWNER}/{LAB}"]
        found = evidence.gather(people, labs, runs + ticking, self.site.data, self.site.url)
        found.ticks = evidence.printed(found, ticking)
        result = self.result
        result.findings = checker.judge(done, seen, found)
        for operation in done:
            result.states.setdefault(operation.kind, Counter())[operation.state] += 1
            result.answers.update(str(status) for status in operation.statuses)
        result.seen = sum(len(told) for watchers in seen.values() for _, told in watchers)
        for load in self.loads:
            if load.failure:
                result.findings.append(checker.Finding("undone", f"{load.thread.name}: {load.failure!r}"))

    def close(self) -> None:
        self.person.close()
        self.other.close()
        self.history.close()


def order(kinds: dict[str, int], chance: random.Random) -> list[str]:
    """So many of each kind, in an order of chance."""
    drawn = [kind for kind, count in kinds.items() for _ in range(count)]
    chance.shuffle(drawn)
    return drawn
