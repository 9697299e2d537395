"""Gives back the room of blobs that no row names any more."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, exists, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from mlabs_ext.errors import Unavailable
from mlabs_ext.service import statements
from mlabs_ext.service.orm import Version
from mlabs_ext.service.orm_assets import Asset
from mlabs_ext.service.orm_batch import Batch
from mlabs_ext.service.orm_datasets import DatasetFile
from mlabs_ext.service.orm_garbage import Garbage
from mlabs_ext.service.orm_models import ModelFile
from mlabs_ext.service.orm_pool import PoolData, PoolLease, PoolSearch
from mlabs_ext.service.orm_proposals import Proposal
from mlabs_ext.service.orm_thumbnails import Thumbnail
from mlabs_ext.service.rules import Rules

T = TypeVar("T")

# Every column that names a blob: what none of these says is garbage.
NAMES: list[InstrumentedAttribute[Any]] = [Version.notebook, Asset.blob, Batch.notebook, Thumbnail.blob]
NAMES += [ModelFile.blob, DatasetFile.blob, Proposal.notebook, PoolData.blob, PoolLease.blob]
NAMES += [PoolSearch.train, PoolSearch.held_out]
FOLDERS = 256
# Between the moment that a blob is stored and the row that names it; see `Blobs.put`.
YOUNG = timedelta(hours=1)
# A copy of the database may be followed by one of the blobs that it names, which takes its time.
KEPT = timedelta(days=1)
# Blobs that are asked about at once, and that are removed while nobody else writes.
ASKED, REMOVED = 500, 10


class Collection(Rules):
    """A pass over all blobs, one folder in each round of housekeeping: two hours for the whole of it."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._folder = random.randrange(FOLDERS)  # noqa: S311

    def sweep(self, now: datetime) -> int:
        """Look at the next folder; the number of blobs that were removed."""
        self._folder = (self._folder + 1) % FOLDERS
        return self.collect(f"{self._folder:02x}", now)

    def collect(self, folder: str, now: datetime) -> int:
        """Note what is nobody's in a folder of blobs, and remove what has been for long; how many were."""
        self._forget_pictures(folder)
        stored = dict(self.blobs.list(folder))
        old = [digest for digest, at in stored.items() if at < now - YOUNG]
        unnamed: list[str] = []
        with self.store.read() as session:
            for some in parts(old, ASKED):
                unnamed += _unnamed(session, some)
            noted = select(Garbage).where(Garbage.blob.startswith(f"sha256:{folder}"))
            known = {row.blob: row.since for row in session.scalars(noted)}
        # One that was stored again since is as if it were found for the first time.
        over = {digest for digest, since in known.items() if stored.get(digest, since) >= since}
        self._note(set(unnamed) - known.keys(), (known.keys() - set(unnamed)) | over, now)
        ripe = [digest for digest in unnamed if stored[digest] < known.get(digest, now) < now - KEPT]
        return sum(self._remove(some, now - KEPT) for some in parts(ripe, REMOVED))

    def _forget_pictures(self, folder: str) -> None:
        """Let go of the pictures of notebooks that no version has."""
        here = Thumbnail.notebook.between(f"sha256:{folder}", f"sha256:{folder}g")
        unused = here, ~exists().where(Version.notebook == Thumbnail.notebook)
        with self.store.read() as session:
            if session.scalar(select(Thumbnail.notebook).where(*unused).limit(1)) is None:
                return
        with self.store.write() as session:
            session.execute(delete(Thumbnail).where(*unused))

    def _note(self, new: set[str], settled: set[str], now: datetime) -> None:
        if new or settled:
            with self.store.write() as session:
                for some in parts(sorted(settled), ASKED):
                    session.execute(delete(Garbage).where(Garbage.blob.in_(some)))
                insert = statements.insert(session, Garbage).on_conflict_do_nothing()
                for some in parts(sorted(new), ASKED):
                    session.execute(insert, [{"blob": digest, "since": now} for digest in some])

    def _remove(self, digests: Sequence[str], before: datetime) -> int:
        """Remove those that still nobody names, while nobody can begin to; none where others are at it."""
        try:
            with self.store.write() as session:
                if not self.store.is_sqlite:
                    tables = ", ".join(name.class_.__tablename__ for name in NAMES)
                    # Waiting for one table with the lock of another could stop a person's request for good.
                    session.execute(text(f"LOCK TABLE {tables} IN SHARE MODE NOWAIT"))
                return sum(self.blobs.collect(digest, before) for digest in _unnamed(session, digests))
        except Unavailable:
            self.log.debug("Blobs are not collected now: their tables are written to")
            return 0


def parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items, so many at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _unnamed(session: Session, digests: Sequence[str]) -> list[str]:
    """Those that no row names."""
    named = {digest for name in NAMES for digest in session.scalars(select(name).where(name.in_(digests)))}
    return [digest for digest in digests if digest not in named]
