"""A class of forty, while readers read, authors publish and a thousand watch: nobody fails, nothing grows.

By default for two minutes once all are in; `MLABS_LOAD_MINUTES=60` for an hour, `MLABS_LOAD_STUDENTS` for
another class, `MLABS_LOAD_SHARE=0.1` for a tenth of all others. Prints latencies, errors, memory and
processor time (`pytest -s`), and writes them to `MLABS_LOAD_REPORT`, a file of JSON, where that is set.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from load.samples import Samples
from load.students import Student
from load.traffic import Traffic
from support.person import Person
from support.up import Up
from support.watchers import Watchers
from ulid import ULID

MINUTES = float(os.environ.get("MLABS_LOAD_MINUTES", "2"))
STUDENTS = int(os.environ.get("MLABS_LOAD_STUDENTS", "40"))
SHARE = float(os.environ.get("MLABS_LOAD_SHARE", "1"))
# Readers' requests and events by the second, publishes by the minute.
READS, EVENTS, PUBLISHES, WATCHERS = 300 * SHARE, 5, 200 * SHARE, round(1000 * SHARE)
BASE = "/services/mlabs/"
# In which they all come.
MINUTE = 60.0
CELLS = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"id": "a", "cell_type": "markdown", "metadata": {}, "source": "# The lesson"},
        {"id": "b", "cell_type": "code", "metadata": {}, "source": "6 * 7 # NUMBER", "outputs": [],
         "execution_count": None},
    ],
}  # fmt: skip
# Of what is asked, how much may fail: a thousandth.
MOST_FAILED = 0.001
# Seconds of questions that may wait to be asked, and seconds between two students who leave and come back.
BEHIND, RETURNS = 2, 20
# A core, beyond which a generator of load is itself what is measured.
GENERATOR = 0.9


class Recorder(threading.Thread):
    """Sends the events of one run, which is watched."""

    def __init__(self, person: Person, lab: str):
        super().__init__(daemon=True)
        self.person, self.run_id = person, str(ULID())
        self.appends: list[float] = []
        self.failed: list[str] = []
        self.stopped = threading.Event()
        began = {"id": self.run_id, "lab": lab, "started": now(), "environment": "python"}
        person.ok("POST", "runs", json=began)

    def run(self) -> None:
        seq, begun = 0, time.monotonic()
        while not self.stopped.wait(max(0.0, begun + seq / EVENTS - time.monotonic())):
            seq += 1
            shown = {"output_type": "stream", "name": "stdout", "text": f'"sent": {time.time()}\n'}
            data = {"execution": "e", "output": shown}
            event = {"seq": seq, "type": "output", "time": now(), "data": data}
            before = time.monotonic()
            answer = self.person.api("POST", f"runs/{self.run_id}/events", json={"events": [event]})
            self.appends.append(time.monotonic() - before)
            if answer.status_code != 200:
                self.failed.append(f"{answer.status_code} {answer.text[:200]}")


@contextmanager
def everybody(up: Up) -> Iterator[dict[str, Any]]:
    """Readers, authors, watchers and the run that they watch."""
    teacher = Person(up.url, "teacher", up.password)
    for lab in ("lesson", "diary"):
        teacher.ok("POST", "labs", json={"name": lab, "title": lab.title(), "notebook": CELLS})
    readers = {
        "name": "reads",
        "rate": READS,
        "url": up.url + BASE,
        "paths": ["@teacher/lesson", "embed/@teacher/lesson", "", "api/v1/labs/teacher/lesson"],
        "headers": {"Accept-Encoding": "gzip"},
    }
    authors = {
        "name": "publishes",
        "rate": PUBLISHES / 60,
        "url": up.url + BASE,
        "paths": ["api/v1/labs/teacher/diary/versions"],
        "headers": {"Authorization": f"token {teacher.token}", "Content-Type": "application/json"},
        "body": {"notebook": CELLS},
    }
    recorder = Recorder(teacher, "teacher/lesson")
    port = int(up.url.rstrip("/").rpartition(":")[2])
    with ExitStack() as stack:
        stack.callback(teacher.close)
        watchers = Watchers(port, f"{BASE}api/v1/runs/{recorder.run_id}/events", WATCHERS, min(50, WATCHERS))
        stack.callback(watchers.close)
        recorder.start()
        stack.callback(recorder.join)
        stack.callback(recorder.stopped.set)
        traffic = {given["name"]: Traffic([given]) for given in (readers, authors)}
        for each in traffic.values():
            stack.callback(each.close)
        yield {"watchers": watchers, "recorder": recorder, **traffic}


def now() -> str:
    return datetime.now(UTC).isoformat()


def spread(seconds: list[float]) -> dict[str, float]:
    """Milliseconds at the percentiles that one speaks of."""
    cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else [0.0] * 99
    return {f"p{place}": round(1e3 * cuts[place - 1], 1) for place in (50, 95, 99)}


def class_of(up: Up, count: int) -> list[Student]:
    """They come within a minute."""
    return [
        Student(up.url, up.password, f"student{number}", "teacher/lesson", MINUTE * number / count)
        for number in range(count)
    ]


def told(report: dict[str, Any]) -> None:
    """Print it, and keep it where that is wanted."""
    print("\n" + json.dumps(report, indent=1))
    if path := os.environ.get("MLABS_LOAD_REPORT"):
        Path(path).write_text(json.dumps(report, indent=1))


def steps(students: list[Student]) -> dict[str, dict[str, float]]:
    """How long each step took them."""
    names = {name for student in students for name in student.opened.seconds}
    return {
        name: spread([one.opened.seconds[name] for one in students if name in one.opened.seconds])
        for name in sorted(names)
    }


def stay(students: list[Student], seconds: float) -> list[str]:
    """For so long; one student after another leaves and comes back. Who did."""
    end, returned = time.monotonic() + seconds, []
    for student in itertools.cycle(students):
        due = time.monotonic() + RETURNS
        if due > end:
            break
        student.again()
        returned.append(student.opened.name)
        time.sleep(max(0.0, due - time.monotonic()))
    time.sleep(max(0.0, end - time.monotonic()))
    return returned


def usage(samples: Samples) -> dict[str, Any]:
    """What hub, proxy and service took."""
    return {
        name: {"MB": round(samples.most(name, "MB")), "core": round(samples.cpu(name), 2)}
        for name in samples.processes
    }


@pytest.mark.slow
@pytest.mark.timeout(60 * MINUTES + 3600)
def test_a_class_opens_a_lab_while_others_read_publish_and_watch(tmp_path: Path):
    up = Up(tmp_path / "data").wait_ready()
    students = class_of(up, STUDENTS)
    try:
        with everybody(up) as there:
            samples = Samples(up, every=max(1.0, MINUTES / 2))
            samples.start()
            for student in students:
                student.start()
            for student in students:
                student.join(2 * 900)
            opening = {"usage": usage(samples), "load": os.getloadavg()[0], **asked(there)}
            samples.forget()
            in_class = [student for student in students if not student.opened.failed]
            returned = stay(in_class, 60 * MINUTES)
            staying = {"usage": usage(samples), "load": os.getloadavg()[0], **asked(there)}
            samples.stopped.set()
            samples.join()
    finally:
        for student in students:
            student.leave()
        status = up.stop(timeout=300)
    growths = samples.growths()
    told(
        {
            "students": [asdict(student.opened) for student in students],
            "steps": steps(students),
            "returned": len(returned),
            "opening": opening,
            "staying": staying,
            "growth": {f"{name} {what}": each.said() for (name, what), (each, _) in growths.items()},
        }
    )
    assert [one.opened for one in students if one.opened.failed or not one.opened.seconds] == []
    for part in (opening, staying):
        assert part["faults"] == []
    assert [place for place, (_, unbounded) in growths.items() if unbounded] == []
    assert status == 0, up.said()


def asked(there: dict[str, Any]) -> dict[str, Any]:
    """What readers, authors and watchers met since the last time; `faults` is what must not have been."""
    found: dict[str, Any] = {}
    faults: list[str] = []
    for name in ("reads", "publishes"):
        answer = there[name].found()
        stream = answer["streams"][name]
        count, failed = len(stream["took"]), stream["failed"]
        found[name] = {"answered": count, "failed": len(failed), "behind": stream["behind"]}
        found[name]["generator core"] = round(answer["cpu"], 2)
        found[name] |= spread(stream["took"])
        if len(failed) > MOST_FAILED * (count + len(failed)):
            faults.append(f"{name}: {len(failed)} of {count + len(failed)} failed: {sorted(set(failed))[:5]}")
        if stream["behind"] > BEHIND * there[name].rate:
            faults.append(f"{name}: {stream['behind']} wait to be asked: fewer are answered than come")
        if answer["cpu"] > GENERATOR:
            faults.append(f"{name}: the load took {answer['cpu']:.2f} of a core itself")
    watchers, recorder = there["watchers"].lags(), there["recorder"]
    appends, recorder.appends = recorder.appends, []
    found["watchers"] = {"events": len(watchers["lags"]), "cut off": watchers["closed"]}
    found["watchers"] |= spread(watchers["lags"])
    found["run events"] = {"acknowledged": len(appends), "failed": len(recorder.failed), **spread(appends)}
    faults += recorder.failed[:3]
    if watchers["closed"]:
        faults.append(f"{watchers['closed']} watchers were cut off")
    return found | {"faults": faults}
