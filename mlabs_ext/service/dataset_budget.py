"""What one request may bring in all: many archives have together no more room than one has."""

from __future__ import annotations

from collections.abc import Iterable

from mlabs_ext.service.dataset_archive import suffix_of
from mlabs_ext.service.staging import Staged


class Budget:
    """Bytes and files that are left for what archives hold, beside the files that stay as they are.

    An archive itself takes nothing of it: what is in it stands in its place. Uploads take no bytes of it, as
    they count among what is used since they were announced.
    """

    def __init__(self, room: int, max_files: int, files: Iterable[Staged], uploads: Iterable[Staged]):
        others = [file for file in files if not suffix_of(file.path)]
        self.size, self.files = room, max_files
        self.take(others)
        self.files -= sum(not suffix_of(upload.path) for upload in uploads)

    def take(self, files: list[Staged]) -> None:
        """These are there now."""
        self.size = max(0, self.size - size_of(files))
        self.files -= len(files)


def size_of(files: Iterable[Staged]) -> int:
    """The bytes of some files."""
    return sum(file.file.stat().st_size for file in files)
