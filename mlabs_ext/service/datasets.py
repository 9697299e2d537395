"""Datasets: create, find, read, change and delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import UNSET
from sqlalchemy import Select, delete, or_, select, text
from traitlets import Integer
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Forbidden
from mlabs_ext.names import check_name, name_from
from mlabs_ext.service import dataset_fields, dataset_rows, dataset_shown, statements, storage
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.dataset_versions import DatasetVersions, touch
from mlabs_ext.service.idempotency import Key, again, once
from mlabs_ext.service.orm_datasets import LISTED, Dataset
from mlabs_ext.service.rules import need_read, need_write
from mlabs_ext.service.viewers import Viewer

T = TypeVar("T")
SORTS = {
    "recent": Sort("datasets recent", Dataset.updated, Dataset.id, datetime),
    "popular": Sort("datasets popular", Dataset.labs, Dataset.id, int),
}
# The whole of a list of more is never searched: the newest are.
SEARCHED = 2000
WORDS = 8


class Datasets(DatasetVersions):
    """The rules about datasets. All answers are shapes of `mlabs_ext.wire`."""

    keep_deleted = Integer(
        30,
        help="""For how many days a deleted dataset can be restored; then it is gone, with its versions.

        Default: 30. Example:

            c.Datasets.keep_deleted = 90
        """,
    ).tag(config=True)

    def room(self, viewer: Viewer, size: int = 0) -> int:
        """How many bytes more somebody may bring; Full or TooLarge where `size` is more than that."""
        owner = need_write(viewer)
        with self.store.read() as session:
            plan = self.plans.of(session, owner, viewer)
            storage.check_size(session, plan, owner, size)
            limit = plan.limits.storage
            left = self.max_size if limit is None else max(0, limit - storage.used(session, owner))
            return min(left, self.max_size)

    def create(
        self,
        viewer: Viewer,
        fields: wire.DatasetCreate,
        kept: Sequence[Kept] = (),
        key: Key | None = None,
    ) -> wire.Dataset:
        """A new dataset with its first version.

        A name that is given must be free (Conflict); one made from the title is numbered where it is taken.
        """
        owner = need_write(viewer)
        if fields.name is not None:
            check_name(fields.name, "dataset")
        said = dataset_fields.given(fields)

        def make() -> wire.Dataset:
            storage.turn(session, owner)
            files = self._files(session, viewer, fields, kept)
            now = self.now()
            title = said.pop("title", None) or fields.name or _title_of(files)
            row = Dataset(id=str(ULID()), owner=owner, title=title, created=now, updated=now)
            row.visibility, row.description, row.source, row.tags = "private", "", "", []
            row.version, row.revision, row.files, row.size, row.labs = 0, 1, 0, 0, 0
            for name, value in said.items():
                setattr(row, name, value)
            dataset_fields.check_public(row)
            stem = fields.name or name_from(title, "dataset")
            dataset_rows.place(session, row, stem, exact=fields.name is not None)
            self._add(session, viewer, row, owner, fields.message, files)
            return dataset_shown.dataset(viewer, self.addresses, row)

        with self.store.write() as session:
            return once(session, owner, key, wire.Dataset, make)

    def answered(self, viewer: Viewer, key: Key | None, shape: type[T]) -> T | None:
        """What a request with this key was answered before; it may have none of its uploads left."""
        user = need_write(viewer)
        with self.store.read() as session:
            return again(session, user, key, shape)

    def get(self, viewer: Viewer, owner: str, name: str) -> wire.Dataset:
        """One dataset."""
        return self.get_with_etag(viewer, owner, name)[0]

    def get_with_etag(self, viewer: Viewer, owner: str, name: str) -> tuple[wire.Dataset, str]:
        """One dataset, and what `If-Match` takes for this very state of it."""
        with self.store.read() as session:
            row = dataset_rows.find(session, viewer, owner, name)
            return dataset_shown.dataset(viewer, self.addresses, row), dataset_rows.etag(row)

    def find(
        self,
        viewer: Viewer,
        q: str | None = None,
        owner: str | None = None,
        sort: str | None = None,
        limit: int = 30,
        cursor: str | None = None,
    ) -> tuple[list[wire.Dataset], str | None]:
        """Public datasets, last changed first; of `owner` all that the viewer may see.

        The words of `q` are looked for in owners, names, titles and descriptions of the newest ones.
        """
        order = SORTS.get(sort or "recent")
        if order is None:
            raise BadInput("`sort` is recent or popular.", "sort_invalid")
        query = self._listed(viewer, owner)
        words = (q or "").replace("\0", "").lower().split()[:WORDS]
        if words:
            newest = query.order_by(Dataset.updated.desc()).limit(SEARCHED).subquery()
            query = select(Dataset).where(Dataset.id.in_(select(newest.c.id)))
        for word in words:
            fields = (Dataset.owner, Dataset.name, Dataset.title, Dataset.description)
            query = query.where(or_(*(field.icontains(word, autoescape=True) for field in fields)))
        with self.store.read() as session:
            rows, following = order.page(session, query, limit, cursor)
            return [dataset_shown.dataset(viewer, self.addresses, row) for row in rows], following

    def _listed(self, viewer: Viewer, owner: str | None) -> Select[Dataset]:
        if owner is None:
            return select(Dataset).where(text(LISTED))
        query = select(Dataset).where(Dataset.owner == owner.replace("\0", ""), Dataset.deleted.is_(None))
        if viewer.acts_for(owner):
            return query
        return query.where(text(LISTED))

    def change(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        fields: wire.DatasetChange,
        if_match: str | None = None,
    ) -> wire.Dataset:
        """Change what is given, leave the rest."""
        said = dataset_fields.given(fields)
        with self.store.write() as session:
            row = dataset_rows.edited(session, viewer, owner, name, if_match)
            if fields.visibility not in (UNSET, row.visibility) and not viewer.acts_for(owner):
                raise Forbidden(f"Only {owner} changes who can see this dataset.", "owner_required")
            new = {field: value for field, value in said.items() if value != getattr(row, field)}
            for field, value in new.items():
                setattr(row, field, value)
            if new:
                dataset_fields.check_public(row)
                touch(row, self.now())
            return dataset_shown.dataset(viewer, self.addresses, row)

    def delete(self, viewer: Viewer, owner: str, name: str, if_match: str | None = None) -> None:
        """Put a dataset into the trash; its name is free at once."""
        with self.store.write() as session:
            row = dataset_rows.own(session, viewer, owner, name, if_match)
            row.deleted = self.now()
            touch(row, row.deleted)

    def restore(self, viewer: Viewer, owner: str, name: str) -> wire.Dataset:
        """Take the dataset of this name that was deleted last out of the trash."""
        with self.store.write() as session:
            row = dataset_rows.deleted(session, viewer, owner, name)
            dataset_rows.place(session, row, row.name, exact=False)
            touch(row, self.now())
            return dataset_shown.dataset(viewer, self.addresses, row)

    def trash(self, viewer: Viewer) -> list[tuple[wire.Dataset, datetime]]:
        """The viewer's deleted datasets with the time of their deletion, newest first, at most 100."""
        owner = need_read(viewer)
        query = select(Dataset).where(Dataset.owner == owner, Dataset.deleted.is_not(None))
        with self.store.read() as session:
            rows = session.scalars(query.order_by(Dataset.deleted.desc()).limit(100)).all()
            return [
                (dataset_shown.dataset(viewer, self.addresses, row), row.deleted)
                for row in rows
                if row.deleted is not None
            ]

    def empty_own_trash(self, viewer: Viewer) -> int:
        """Remove for good what the viewer deleted, before its time; the number of datasets."""
        owner = need_write(viewer)
        with self.store.write() as session:
            own = delete(Dataset).where(Dataset.owner == owner, Dataset.deleted.is_not(None))
            return statements.changed(session, own)

    def empty_trash(self, now: datetime) -> int:
        """Remove for good what was deleted too long ago; the number of datasets."""
        old = now - timedelta(days=self.keep_deleted)
        with self.store.write() as session:
            return statements.changed(session, delete(Dataset).where(Dataset.deleted < old))


def _title_of(files: dict[str, Kept]) -> str:
    """A title for what has none: its file's name, or that of the folder that all of them are in."""
    first = next(iter(files))
    folder, slash, _ = first.partition("/")
    alone = first.rpartition("/")[2].partition(".")[0]
    together = slash and all(path.startswith(f"{folder}/") for path in files)
    return (alone if len(files) == 1 else folder if together else "") or "Dataset"
