"""Uploads: large files that come in as many pieces as their connection breaks into."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from traitlets import Integer
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, TooLarge, TooMany, Unusable
from mlabs_ext.service import storage
from mlabs_ext.service.asset_paths import check_sent_path
from mlabs_ext.service.orm_uploads import Upload
from mlabs_ext.service.rules import Rules, collaborator, need_write
from mlabs_ext.service.sizes import spoken
from mlabs_ext.service.staging import Staged, Staging
from mlabs_ext.service.viewers import Viewer


class Uploads(Rules):
    """The rules about uploads. They are their owner's alone."""

    staging: Staging = collaborator("Where the bytes lie.")

    max_size = Integer(
        20 * 1024**3,
        help="""The largest file in bytes that comes in pieces; more gets a 413.

        Default: 20 GiB. Example:

            c.Uploads.max_size = 100 * 1024**3
        """,
    ).tag(config=True)

    max_open = Integer(
        1000,
        help="""How many uploads of one person may go on, or wait for something to be made of them.

        Default: 1000. Example:

            c.Uploads.max_open = 100
        """,
    ).tag(config=True)

    def begin(self, viewer: Viewer, path: str, size: int) -> wire.Upload:
        """Take a file that is announced. Its whole size counts from now on."""
        owner = need_write(viewer)
        check_sent_path(path)
        if size > self.max_size:
            raise TooLarge(f"A file may have {spoken(self.max_size)} here.", "file_too_large")
        now = self.now()
        row = Upload(id=str(ULID()), owner=owner, path=path, size=size, created=now, seen=now)
        with self.store.write() as session:
            storage.turn(session, owner)
            there = select(func.count()).select_from(Upload).where(Upload.owner == owner)
            if (session.scalar(there) or 0) >= self.max_open:
                raise TooMany(
                    f"There are {self.max_open} uploads of yours already: make something of them, or wait.",
                    "too_many_uploads",
                    {"retry_after": 60},
                )
            storage.check_size(session, self.plans.of(session, owner, viewer), owner, size)
            self.staging.begin(row.id)
            session.add(row)
        return self._shown(row)

    def get(self, viewer: Viewer, upload: str) -> wire.Upload:
        """How far an upload is."""
        owner = need_write(viewer)
        with self.store.read() as session:
            return self._shown(self._row(session, owner, upload))

    def came(self, viewer: Viewer, upload: str) -> wire.Upload:
        """Note that something of it came just now."""
        owner = need_write(viewer)
        with self.store.write() as session:
            row = self._row(session, owner, upload)
            row.seen = self.now()
            return self._shown(row)

    def stop(self, viewer: Viewer, upload: str) -> None:
        """Give an upload up."""
        owner = need_write(viewer)
        with self.store.write() as session:
            session.delete(self._row(session, owner, upload))
        self.staging.remove(upload)

    def complete(self, viewer: Viewer, uploads: Sequence[str]) -> list[Staged]:
        """The files that some uploads brought, all of them whole; Unusable `upload_incomplete` otherwise."""
        owner = need_write(viewer)
        with self.store.read() as session:
            rows = [self._row(session, owner, upload) for upload in uploads]
        for row in rows:
            if self.staging.offset(row.id) != row.size:
                raise Unusable(
                    f"{row.path!r:.100} is not here as a whole yet: send the rest of it first.",
                    "upload_incomplete",
                    {"upload": row.id, "offset": self.staging.offset(row.id)},
                )
        return [Staged(row.path, self.staging.path(row.id)) for row in rows]

    def sweep(self, now: datetime) -> None:
        """Give up what nobody went on with."""
        old = now - timedelta(hours=self.staging.keep)
        with self.store.read() as session:
            stale = session.scalars(select(Upload.id).where(Upload.seen < old)).all()
            known = set(session.scalars(select(Upload.id)))
        gone = [upload for upload in stale if self.staging.idle(upload, now)]
        if gone:
            with self.store.write() as session:
                session.execute(delete(Upload).where(Upload.id.in_(gone), Upload.seen < old))
        self.staging.sweep(now, known - set(gone))

    def _row(self, session: Session, owner: str, upload: str) -> Upload:
        row = session.get(Upload, upload.replace("\0", ""))
        if row is None or row.owner != owner or self.staging.offset(row.id) is None:
            raise upload_absent()
        return row

    def _shown(self, row: Upload) -> wire.Upload:
        return wire.Upload(
            id=row.id,
            path=row.path,
            size=row.size,
            offset=self.staging.offset(row.id) or 0,
            expires=row.seen + timedelta(hours=self.staging.keep),
            url=f"{self.addresses.base}api/v1/uploads/{row.id}",
        )


def upload_absent() -> NotFound:
    """The error for an upload that is not there, nobody's or not theirs who asks, or not any more."""
    return NotFound("There is no such upload of yours; it may have been given up.", "upload_not_found")
