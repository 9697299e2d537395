"""Everything of one database, or all blobs of one place, into another; proved before it counts."""

from __future__ import annotations

import shutil

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from mlabs_ext.backups import rows, words
from mlabs_ext.backups.archive import CHUNK
from mlabs_ext.errors import Unusable
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.collection import FOLDERS
from mlabs_ext.service.migrations import upgrade_within
from mlabs_ext.service.store import Store, translated
from mlabs_images.progress import Progress


def into(source: Connection, target: Store, progress: Progress) -> dict[str, int]:
    """All rows into an empty database, in one transaction; how many each table has."""
    progress.begin("rows")
    try:
        with translated(), target.engine.begin() as new:
            rows.refuse_rows(new)
            upgrade_within(new)
            sizes = rows.copy(source, new, progress.report)
            with Session(new, autoflush=False) as session:
                words.fill(session, progress.report)
    finally:
        target.close()
    progress.end(f"{sum(sizes.values())} in {len(sizes)} tables, proved by their digests")
    return sizes


def send(source: Blobs, target: Blobs, progress: Progress) -> tuple[int, int]:
    """All blobs into another place, each held to its digest on the way; how many, and their bytes."""
    progress.begin("blobs")
    sent = size = 0
    for folder in range(FOLDERS):
        for digest, _ in source.list(f"{folder:02x}"):
            with source.open(digest) as file, target.writer() as writer:
                shutil.copyfileobj(file, writer, CHUNK)
                if writer.digest != digest:
                    raise Unusable(f"{digest} is damaged: mlabs check tells more.", "blob_damaged")
                sent, size = sent + 1, size + writer.size
                writer.commit()
        progress.report(str(sent), 100 * (folder + 1) // FOLDERS)
    progress.end(f"{sent} blobs")
    return sent, size
