"""Versions of datasets: each is a set of files that never changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from traitlets import Integer

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import dataset_files, dataset_rows, dataset_shown, storage
from mlabs_ext.service.asset_paths import media_type
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.fields import plain
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.orm_datasets import Dataset, DatasetFile, DatasetVersion
from mlabs_ext.service.orm_uploads import Upload
from mlabs_ext.service.rules import Rules, need_write
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("dataset versions", DatasetVersion.number, DatasetVersion.number, int)


class Found(NamedTuple):
    """A file, and whether its address will always mean these very bytes."""

    asset: wire.Asset
    fixed: bool


class DatasetVersions(Rules):
    """The rules about versions of datasets and the files in them."""

    max_size = Integer(
        20 * 1024**3,
        help="""The largest version of a dataset in bytes, its files unpacked; more gets a 413.

        Default: 20 GiB. Example:

            c.Datasets.max_size = 100 * 1024**3
        """,
    ).tag(config=True)

    max_files = Integer(
        10_000,
        help="""How many files one version of a dataset may have.

        Default: 10000. Example:

            c.Datasets.max_files = 50000
        """,
    ).tag(config=True)

    def add_version(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        fields: wire.DatasetVersionCreate,
        kept: Sequence[Kept] = (),
        key: Key | None = None,
    ) -> wire.DatasetVersion:
        """The next version; where it would be just what the latest is, that one."""
        author = need_write(viewer)

        def make() -> wire.DatasetVersion:
            storage.turn(session, owner)
            row = dataset_rows.edited(session, viewer, owner, name)
            files = self._files(session, viewer, fields, kept, self._base(session, row, fields))
            version = self._add(session, viewer, row, author, fields.message, files)
            return dataset_shown.version(session, self.addresses, row, version, whole=True)

        with self.store.write() as session:
            return once(session, author, key, wire.DatasetVersion, make)

    def versions(
        self, viewer: Viewer, owner: str, name: str, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.DatasetVersion], str | None]:
        """A dataset's versions, newest first."""
        with self.store.read() as session:
            row = dataset_rows.find(session, viewer, owner, name)
            query = select(DatasetVersion).where(DatasetVersion.dataset_id == row.id)
            found, following = NEWEST.page(session, query, limit, cursor)
            shown = [dataset_shown.version(session, self.addresses, row, each) for each in found]
            return shown, following

    def version(self, viewer: Viewer, owner: str, name: str, number: str | int) -> wire.DatasetVersion:
        """One version, with its files."""
        with self.store.read() as session:
            row = dataset_rows.find(session, viewer, owner, name)
            found = dataset_rows.find_version(session, row, number)
            return dataset_shown.version(session, self.addresses, row, found, whole=True)

    def file(self, viewer: Viewer, owner: str, name: str, number: str | int, path: str) -> Found:
        """The file that an address means."""
        with self.store.read() as session:
            row = dataset_rows.find(session, viewer, owner, name)
            version = dataset_rows.find_version(session, row, number)
            wanted = (
                DatasetFile.dataset_id == row.id,
                DatasetFile.number == version.number,
                DatasetFile.path == path.replace("\0", "\ufffd"),
            )
            file = session.scalar(select(DatasetFile).where(*wanted))
            if file is None:
                raise NotFound(
                    f"{owner}/{name} has no file {path!r:.100} in version {version.number}.", "file_not_found"
                )
            media, url = media_type(file.path), dataset_shown.file(self.addresses, row, file).url
            asset = wire.Asset(file.path, file.size, media, file.blob, None, version.created, url)
            return Found(asset, number != "latest")

    def _base(self, session: Session, row: Dataset, fields: wire.DatasetVersionCreate) -> list[Kept]:
        """What a new version has of the latest one."""
        if not (fields.keep or fields.remove) or not row.version:
            return []
        removed = set(fields.remove or ())
        latest = dataset_rows.files_of(session, dataset_rows.find_version(session, row, "latest"))
        absent = next(iter(removed - {file.path for file in latest}), None)
        if absent is not None:
            raise NotFound(f"The latest version has no file {absent!r:.100}.", "file_not_found")
        return [Kept(file.path, file.blob, file.size) for file in latest if file.path not in removed]

    def _files(
        self,
        session: Session,
        viewer: Viewer,
        fields: wire.DataSources,
        kept: Sequence[Kept],
        base: Sequence[Kept] = (),
    ) -> dict[str, Kept]:
        """What a version is to have; the uploads that it is made of are nothing of their own any more."""
        if fields.uploads:
            mine = Upload.owner == need_write(viewer), Upload.id.in_(fields.uploads)
            session.execute(delete(Upload).where(*mine))
        made = dataset_files.of_run(session, viewer, fields.run, fields.paths) if fields.run else []
        return dataset_files.checked([*base, *made, *kept], self.max_files, self.max_size)

    def _add(
        self,
        session: Session,
        viewer: Viewer,
        row: Dataset,
        author: str,
        message: str | None,
        files: dict[str, Kept],
    ) -> DatasetVersion:
        """Add a version to a dataset that nobody else can change now."""
        digest = dataset_files.digest_of(files)
        if row.version:
            latest = dataset_rows.find_version(session, row, "latest")
            if latest.digest == digest:
                return latest
        plan = self.plans.of(session, row.owner, viewer)
        storage.check_size(session, plan, row.owner, dataset_files.more(session, row.owner, files))
        now = self.now()
        row.version, row.files, row.size = row.version + 1, len(files), sum(f.size for f in files.values())
        touch(row, now)
        version = DatasetVersion(
            dataset_id=row.id,
            number=row.version,
            author=author,
            message=plain(message or "", "message").strip(),
            created=now,
            digest=digest,
            files=row.files,
            size=row.size,
        )
        session.add(version)
        session.flush()
        session.add_all(
            DatasetFile(dataset_id=row.id, number=version.number, path=f.path, blob=f.blob, size=f.size)
            for f in files.values()
        )
        session.flush()
        return version


def touch(row: Dataset, now: datetime) -> None:
    """Note a change: a new ETag, and the top of the lists."""
    row.revision += 1
    row.updated = now
