"""Gives back the room of blobs that no row names any more."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from mlabs_ext.errors import Unavailable
from mlabs_ext.service.orm import Version
from mlabs_ext.service.orm_assets import Asset
from mlabs_ext.service.orm_batch import Batch
from mlabs_ext.service.rules import Rules

# Every column that names a blob: what none of these says is garbage.
NAMES: list[InstrumentedAttribute[str]] = [Version.notebook, Asset.blob, Batch.notebook]
FOLDERS = 256
# Between the moment that a blob is stored and the row that names it; see `Blobs.put`.
YOUNG = timedelta(hours=1)
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
        """Remove what is in a folder of blobs and nobody's; the number of blobs."""
        before = now - YOUNG
        old = [digest for digest, stored in self.blobs.list(folder) if stored < before]
        garbage: list[str] = []
        for start in range(0, len(old), ASKED):
            with self.store.read() as session:
                garbage += _unnamed(session, old[start : start + ASKED])
        removed = 0
        for start in range(0, len(garbage), REMOVED):
            try:
                removed += self._remove(garbage[start : start + REMOVED], before)
            except Unavailable:
                self.log.debug("Blobs are not collected now: their tables are written to")
        return removed

    def _remove(self, digests: Sequence[str], before: datetime) -> int:
        """Remove those that still nobody names, while nobody can begin to; none where others are at it."""
        with self.store.write() as session:
            if not self.store.is_sqlite:
                tables = ", ".join(name.class_.__tablename__ for name in NAMES)
                # Waiting for one table with the lock of another could stop a person's request for good.
                session.execute(text(f"LOCK TABLE {tables} IN SHARE MODE NOWAIT"))
            return sum(self.blobs.collect(digest, before) for digest in _unnamed(session, digests))


def _unnamed(session: Session, digests: Sequence[str]) -> list[str]:
    """Those that no row names."""
    named = {digest for name in NAMES for digest in session.scalars(select(name).where(name.in_(digests)))}
    return [digest for digest in digests if digest not in named]
