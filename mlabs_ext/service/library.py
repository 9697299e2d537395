"""Well-known public datasets that come with MLabs: there from the first start, and fetched from nowhere."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from traitlets import Bool, Unicode
from ulid import ULID

from mlabs_ext.service import dataset_rows
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.dataset_versions import DatasetVersions
from mlabs_ext.service.orm_datasets import Dataset
from mlabs_ext.service.viewers import Viewer

FOLDER = Path(__file__).parent / "library"
ABOUT = "dataset.toml"
FIELDS = ("title", "description", "license", "source", "tags")


class Library(DatasetVersions):
    """Puts them among the datasets, of one owner who is nobody."""

    owner = Unicode(
        "library",
        help="""Whose the datasets that come with MLabs are shown to be, as in `library/iris`.

        Nobody signs in by this name: where somebody of your JupyterHub has it, choose another one before the
        first start. Default: library. Example:

            c.Library.owner = "mlabs"
        """,
    ).tag(config=True)

    enabled = Bool(
        True,
        help="""Whether there are datasets that come with MLabs. What is there already stays.

        Default: True. Example:

            c.Library.enabled = False
        """,
    ).tag(config=True)

    def stock(self) -> int:
        """Have all of them here, each in its newest version; how many were new or changed."""
        if not self.enabled:
            return 0
        return sum(self._stocked(folder) for folder in folders())

    def _stocked(self, folder: Path) -> bool:
        kept = {path: self._kept(folder, path) for path in files(folder)}
        with self.store.write() as session:
            row = self._row(session, folder)
            if row.deleted is not None:
                return False
            before = row.version
            librarian = Viewer(name=self.owner, can_read=True, can_write=True)
            self._add(session, librarian, row, self.owner, "As it comes with MLabs", kept)
            return row.version != before

    def _kept(self, folder: Path, path: str) -> Kept:
        file = folder / path
        return Kept(path, self.blobs.put_file(file), file.stat().st_size)

    def _row(self, session: Session, folder: Path) -> Dataset:
        """Its row; one that an administrator deleted counts too, and stays deleted."""
        named = Dataset.owner == self.owner, Dataset.name == folder.name
        newest = select(Dataset).where(*named).order_by(Dataset.deleted.is_not(None), Dataset.created.desc())
        row = session.scalar(newest.limit(1))
        if row is None:
            row = self._new()
            for field, value in about(folder).items():
                setattr(row, field, value)
            dataset_rows.place(session, row, folder.name, exact=True)
        return row

    def _new(self) -> Dataset:
        now = self.now()
        return Dataset(
            id=str(ULID()),
            owner=self.owner,
            visibility="public",
            version=0,
            revision=1,
            files=0,
            size=0,
            labs=0,
            created=now,
            updated=now,
        )


def folders() -> list[Path]:
    """The folders of those that come with MLabs, by name."""
    return sorted(path.parent for path in FOLDER.glob(f"*/{ABOUT}"))


def files(folder: Path) -> Iterator[str]:
    """The paths of one's files."""
    yield from sorted(path.name for path in folder.iterdir() if path.name != ABOUT)


def about(folder: Path) -> dict[str, Any]:
    """What is said of one."""
    said = tomllib.loads((folder / ABOUT).read_text(encoding="utf-8"))
    # Where a line of the file ends means nothing; an empty one ends a paragraph.
    paragraphs = (" ".join(part.split()) for part in said["description"].split("\n\n"))
    return {field: said[field] for field in FIELDS} | {"description": "\n\n".join(paragraphs)}
