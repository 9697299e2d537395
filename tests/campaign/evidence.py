"""What there is once the faults are over: asked of the service, and read from its database and blobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from sqlalchemy import func, select
from support.person import Person

from campaign.load import digest
from mlabs_ext.service import orm
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.collection import NAMES
from mlabs_ext.service.store import Store

PAGE = 100


@dataclass
class Version:
    """`source` is the digest of its one cell; `op` is its message."""

    number: int
    op: str
    notebook: str
    source: str


@dataclass
class Evidence:
    """All that can be found, by the names that the history has for it.

    `ticks` is what each run of the open lab printed, oldest first; the last one came to its end.
    """

    versions: dict[str, list[Version]] = field(default_factory=dict)
    forks: dict[str, list[Version]] = field(default_factory=dict)
    datasets: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    runs: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    ticks: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def gather(people: list[Person], labs: list[str], runs: list[str], data: Path, url: str) -> Evidence:
    """Ask the service about `labs`, `runs` and all that `people` own, then look beneath it."""
    found = Evidence(wrong=list(beneath(data, url)))
    for person in people:
        find_own(person, found)
    for lab in labs:
        found.versions[lab] = versions(people[0], lab)
    for run in runs:
        told = events(people[0], run)
        if told is not None:
            found.runs[run] = told
    return found


def printed(found: Evidence, runs: list[str]) -> list[str]:
    """What runs printed."""
    return ["".join(text for _, text in found.runs.get(run, [])) for run in runs]


def find_own(person: Person, found: Evidence) -> None:
    """Add somebody's forks and datasets, which may be private."""
    for lab in pages(person, "labs", owner=person.name):
        if lab["forked_from"]:
            name = f"{person.name}/{lab['name']}"
            found.forks[name] = versions(person, name)
    for dataset in pages(person, "datasets", owner=person.name):
        name = f"{person.name}/{dataset['name']}"
        found.datasets[name] = [files(person, name, n + 1) for n in range(dataset["version"])]


def pages(person: Person, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """All items of a list."""
    cursor = None
    while True:
        page = person.ok(
            "GET", path, params={"limit": PAGE, **query, **({"cursor": cursor} if cursor else {})}
        )
        yield from page["items"]
        cursor = page["next"]
        if not cursor:
            return


def versions(person: Person, lab: str) -> list[Version]:
    """The versions of a lab with their notebooks' cells, oldest first."""
    found = []
    for row in pages(person, f"labs/{lab}/versions"):
        kept = person.api("GET", f"labs/{lab}/versions/{row['number']}/notebook")
        source = kept.text
        if kept.is_success and f"sha256:{digest(kept.content)}" == row["notebook_sha256"]:
            cells = json.loads(kept.content)["cells"]
            source = digest("".join(cells[0]["source"])) if cells else ""
        found.append(Version(row["number"], row["message"], row["notebook_sha256"], source))
    return found[::-1]


def files(person: Person, dataset: str, number: int) -> dict[str, str]:
    """The files of a version of a dataset by their paths, as digests of what is served."""
    rows = person.ok("GET", f"datasets/{dataset}/versions/{number}")["items"]
    found = {}
    for row in rows:
        found[row["path"]] = _served(person, f"/services/mlabs/data/{dataset}/{number}/{quote(row['path'])}")
    return found


def _served(person: Person, path: str) -> str:
    """The digest of what is served, else what came in its place."""
    try:
        answer = person.http.get(path)
    except httpx.RemoteProtocolError as error:
        return str(error)
    return digest(answer.content) if answer.is_success else f"status {answer.status_code}"


def events(person: Person, run: str) -> list[tuple[int, str]] | None:
    """The steps of a run with what they print; None where there is no such run."""
    found: list[tuple[int, str]] = []
    while True:
        after = {"after": found[-1][0] if found else 0}
        answer = person.api("GET", f"runs/{run}/events", params=after, headers={"Accept": "application/json"})
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        page = answer.json()["items"]
        if not page:
            return found
        found += [(one["seq"], one["data"].get("output", {}).get("text", "")) for one in page]


def beneath(data: Path, url: str) -> Iterator[str]:
    """What is wrong in the database at `url`, and with the blobs in `data` that its rows name."""
    store = Store(directory=str(data), **({"url": url} if url else {}))
    try:
        if store.is_sqlite:
            yield from sqlite(store)
        yield from numbers(store)
        yield from torn(store, Blobs(directory=str(data / "blobs")))
    finally:
        store.close()


def sqlite(store: Store) -> Iterator[str]:
    """What SQLite itself finds."""
    with store.read() as session:
        connection = session.connection()
        said = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
        if said != "ok":
            yield f"integrity_check: {said}"
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            yield f"foreign_key_check: {row}"


def numbers(store: Store) -> Iterator[str]:
    """Versions and events that are not numbered from 1 without gaps, or not as their lab or run says."""
    last, count = func.max(orm.Version.number), func.count()
    with store.read() as session:
        counted = select(orm.Version.lab_id, last, count).group_by(orm.Version.lab_id)
        labs = {lab: (top, rows) for lab, top, rows in session.execute(counted)}
        for lab in session.scalars(select(orm.Lab)):
            if labs.get(lab.id, (0, 0)) != (lab.version, lab.version):
                yield f"gap: {lab.owner}/{lab.name} is at version {lab.version}, has {labs.get(lab.id)}"
        counted = select(orm.Event.run_key, func.max(orm.Event.seq), count).group_by(orm.Event.run_key)
        runs = {run: (top, rows) for run, top, rows in session.execute(counted)}
        for run in session.scalars(select(orm.Run).where(orm.Run.expired.is_(None))):
            if runs.get(run.key, (0, 0)) != (run.last_seq, run.last_seq):
                yield f"gap: run {run.id} is at step {run.last_seq}, has {runs.get(run.key)}"


def torn(store: Store, blobs: Blobs) -> Iterator[str]:
    """Blobs that a row names and that are absent, or not what their names say."""
    with store.read() as session:
        named = {found for column in NAMES for found in session.scalars(select(column).distinct()) if found}
    for name in sorted(named):
        if not blobs.exists(name):
            yield f"absent: blob {name}"
            continue
        summed = hashlib.sha256()
        for chunk in blobs.read(name):
            summed.update(chunk)
        if name != f"sha256:{summed.hexdigest()}":
            yield f"torn: blob {name}"
