"""`mlabs check`: whether all that was acknowledged is there and whole, and what to do where it is not."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import Connection, MetaData, Table, func, select

from mlabs_ext.backups import named, sqlite, words
from mlabs_ext.backups.archive import CHUNK
from mlabs_ext.errors import NotFound
from mlabs_ext.service.blobs import DIGEST, Blobs
from mlabs_ext.service.collection import FOLDERS
from mlabs_ext.service.migrations import revision_of, revisions
from mlabs_ext.service.store import Store
from mlabs_images.progress import Progress

MOST = 1000
# What to do, by what is wrong.
ADVICE = {
    "database_damaged": "Restore the last backup that is whole: mlabs restore FILE",
    "data_version": "Start this version of MLabs on it once; then check again.",
    "blob_missing": "Put it back from a backup: mlabs check --repair FILE",
    "blob_damaged": "Put it back from a backup: mlabs check --repair FILE",
    "blob_size": "The row is wrong, the file is whole: ask for help with this list.",
    "versions_gap": "A version is gone. Restore the last backup that has it, into another directory.",
    "search_incomplete": "Have its words read again: mlabs check --repair",
}
# Tables of versions, with the column that says of what, and that of its newest number there.
VERSIONS = (("version", "lab_id", "lab"), ("dataset_version", "dataset_id", "dataset"))


class Problem(msgspec.Struct):
    """Something that is wrong: `what` it concerns, `why`, and what to `do`."""

    code: str
    what: str
    why: str
    do: str = ""

    def __post_init__(self) -> None:
        self.do = ADVICE[self.code]


class Report(msgspec.Struct):
    """What was looked at, and what was found; sizes in bytes.

    `unnamed` are blobs that no row names: they are given back a day after they were found.
    """

    revision: str = ""
    rows: dict[str, int] = {}
    blobs: int = 0
    size: int = 0
    digests: bool = True
    unnamed: int = 0
    problems: list[Problem] = []
    more: int = 0

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return not self.problems


class Check:
    """One look at a database, its blobs, and at `files`, the databases that are SQLite's."""

    def __init__(
        self, store: Store, blobs: Blobs, files: list[Path], progress: Progress, digests: bool = True
    ):
        self.store, self.blobs, self.files, self.progress, self.digests = (
            store,
            blobs,
            files,
            progress,
            digests,
        )
        self.found = Report(digests=digests)

    def report(self) -> Report:
        """Look at everything."""
        self.progress.begin("databases")
        for file in self.files:
            for why in sqlite.complaints(file):
                self.wrong("database_damaged", str(file), why)
        self.progress.end("looked at")
        if not any(problem.code == "database_damaged" for problem in self.found.problems):
            with self.store.engine.connect() as connection, connection.begin():
                self.rows(connection)
        return self.found

    def wrong(self, code: str, what: str, why: str) -> None:
        """Note it; of very many only how many."""
        if len(self.found.problems) < MOST:
            self.found.problems.append(Problem(code, what, why))
        else:
            self.found.more += 1

    def rows(self, connection: Connection) -> None:
        """Look at what the rows say."""
        self.found.revision = revision_of(connection)
        if self.found.revision != revisions()[0]:
            self.wrong(
                "data_version", "the database", f"its tables are of {self.found.revision or 'nothing'}"
            )
            return
        known = MetaData()
        known.reflect(connection, only=lambda name, _: not name.startswith("lab_words"))
        self.found.rows = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in known.sorted_tables
        }
        self.versions(connection, known)
        self.search()
        self.named(connection)

    def versions(self, connection: Connection, known: MetaData) -> None:
        """Versions are numbered from 1, without gaps, up to the one that their lab or dataset says."""
        for name, key, owner in VERSIONS:
            table, parent = known.tables[name], known.tables[owner]
            for gap in gaps(connection, table, key, parent):
                self.wrong("versions_gap", f"{owner} {gap[0]}/{gap[1]}", gap[2])

    def search(self) -> None:
        """Every lab that is not in the trash has its words."""
        with self.store.read() as session:
            lacking = len(words.lacking(session))
        if lacking:
            self.wrong("search_incomplete", f"{lacking} labs", "search does not find them")

    def named(self, connection: Connection) -> None:
        """Every blob that a row names is there, and is what its name says."""
        self.progress.begin("blobs")
        sizes: dict[str, set[int]] = defaultdict(set)
        for one in named.named(connection):
            sizes[one.digest].update(() if one.size is None else (one.size,))
        for number, (digest, said) in enumerate(sorted(sizes.items()), 1):
            self.blob(connection, digest, said)
            self.progress.report(f"{number} of {len(sizes)}", 100 * number // len(sizes))
        for folder in range(FOLDERS):
            self.found.unnamed += sum(digest not in sizes for digest, _ in self.blobs.list(f"{folder:02x}"))
        self.progress.end(f"{self.found.blobs} of {len(sizes)} are whole")

    def blob(self, connection: Connection, digest: str, sizes: set[int]) -> None:
        """Look at one."""
        try:
            size = self.blobs.size(digest)
            seen = self.read(digest) if self.digests else digest
        except NotFound:
            self.bad(connection, "blob_missing", digest, "it is not there")
            return
        except OSError as error:
            self.bad(connection, "blob_damaged", digest, f"it cannot be read: {error.strerror}")
            return
        if seen != digest:
            self.bad(connection, "blob_damaged", digest, f"its content is that of {seen}")
        elif sizes - {size}:
            self.bad(connection, "blob_size", digest, f"it has {size} bytes, and not {min(sizes - {size})}")
        else:
            self.found.blobs += 1
            self.found.size += size

    def bad(self, connection: Connection, code: str, digest: str, why: str) -> None:
        """Note it with all that names it."""
        by = named.where(connection, digest) if DIGEST.fullmatch(digest) else []
        self.wrong(code, digest, f"{why}; named by {', '.join(by) or 'a row'}")

    def read(self, digest: str) -> str:
        """The digest of what is there."""
        seen = hashlib.sha256()
        with self.blobs.open(digest) as opened:
            while chunk := opened.read(CHUNK):
                seen.update(chunk)
        return f"sha256:{seen.hexdigest()}"


def gaps(connection: Connection, table: Table, key: str, parent: Table) -> Iterator[tuple[str, str, str]]:
    """Whose versions are not 1, 2, 3… up to its newest: owner, name, and what there is."""
    number = table.c.number
    sums = func.count().label("count"), func.min(number).label("low"), func.max(number).label("high")
    found = select(table.c[key], *sums).group_by(table.c[key]).subquery()
    many, first, last = (func.coalesce(found.c[name], 0) for name in ("count", "low", "high"))
    newest = parent.c.version
    whole = (many == newest) & (last == newest) & ((many == 0) | (first == 1))
    query = select(parent.c.owner, parent.c.name, newest, many, first, last)
    query = query.outerjoin(found, found.c[key] == parent.c.id).where(~whole)
    for owner, name, to, count, low, high in connection.execute(query):
        yield owner, name, f"it has {count} versions, {low} to {high}, and should have 1 to {to}"
