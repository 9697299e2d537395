"""The files that a version of a dataset is made of: which ones go together, and what names them all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext.errors import BadInput, NotFound, TooLarge, Unusable
from mlabs_ext.service.asset_paths import check_path
from mlabs_ext.service.orm_assets import Asset
from mlabs_ext.service.orm_datasets import Dataset, DatasetFile
from mlabs_ext.service.run_rows import find_run
from mlabs_ext.service.sizes import spoken
from mlabs_ext.service.viewers import Viewer

ASKED = 500


class Kept(NamedTuple):
    """A file whose content is a blob already."""

    path: str
    blob: str
    size: int


def of_run(session: Session, viewer: Viewer, run: str, paths: Sequence[str] | None) -> list[Kept]:
    """What a run made that the viewer may see, or those of its files that are named."""
    found = find_run(session, viewer, run)
    rows = session.scalars(select(Asset).where(Asset.run_key == found.key).order_by(Asset.path))
    files = {row.path: Kept(row.path, row.blob, row.size) for row in rows}
    missing = next((path for path in paths or () if path not in files), None)
    if missing is not None:
        raise NotFound(f"The run {run} made no file {missing!r:.100}.", "asset_not_found")
    return [file for path, file in files.items() if paths is None or path in paths]


def checked(files: Iterable[Kept], max_files: int, max_size: int) -> dict[str, Kept]:
    """The files by path, of equal paths the last one; raises where no version can be made of them."""
    whole = {check_path(file.path): file for file in files}
    if not whole:
        raise Unusable("There is no file in it: add one at least.", "dataset_empty")
    if len(whole) > max_files:
        raise TooLarge(
            f"A version has at most {max_files} files: put many small ones into one archive, and have it "
            "stay packed.",
            "too_many_files",
        )
    if sum(file.size for file in whole.values()) > max_size:
        raise TooLarge(f"A version may have {spoken(max_size)} here.", "dataset_too_large")
    _check_folders(whole)
    return dict(sorted(whole.items()))


def _check_folders(files: Mapping[str, Kept]) -> None:
    for path in files:
        parts = path.split("/")
        for end in range(1, len(parts)):
            folder = "/".join(parts[:end])
            if folder in files:
                reason = f"{folder!r:.100} cannot be a file and a folder at once."
                raise BadInput(reason, "path_invalid")


def digest_of(files: Mapping[str, Kept]) -> str:
    """What names all paths and contents of a version: equal ones have the same."""
    lines = "".join(f"{file.blob} {path}\n" for path, file in sorted(files.items()))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def more(session: Session, owner: str, files: Mapping[str, Kept]) -> int:
    """How many bytes of these the owner has no dataset with yet."""
    sizes = {file.blob: file.size for file in files.values()}
    blobs = list(sizes)
    for start in range(0, len(blobs), ASKED):
        query = select(DatasetFile.blob).join(Dataset, Dataset.id == DatasetFile.dataset_id)
        known = query.where(Dataset.owner == owner, DatasetFile.blob.in_(blobs[start : start + ASKED]))
        for blob in session.scalars(known.distinct()):
            sizes.pop(blob, None)
    return sum(sizes.values())
