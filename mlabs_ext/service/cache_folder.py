"""A folder of what can be made again: what was used longest ago goes where it grows too large."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

# Looking through it takes seconds where it has a hundred thousand files.
EVERY = 3600.0
# What is left of its room, so that not every look finds it full.
LEFT = 0.9


class CacheFolder:
    """`most` bytes in `folder`; files whose names agree up to their last ending but one belong together."""

    def __init__(self, folder: Path, most: int):
        self.folder, self.most = folder, most
        self._next = 0.0

    def sweep(self) -> int:
        """Look, once in a while, and remove what is too much; how many files that were."""
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + EVERY
        groups = self._groups()
        total = sum(size for group in groups.values() for _, size, _ in group)
        if total <= self.most:
            return 0
        removed = 0
        for group in sorted(groups.values(), key=lambda group: max(used for used, _, _ in group)):
            if total <= self.most * LEFT:
                break
            total -= sum(size for _, size, _ in group)
            removed += len(group)
            for _, _, file in group:
                file.unlink(missing_ok=True)
        return removed

    def _groups(self) -> dict[str, list[tuple[float, int, Path]]]:
        """When each file was used last, its size, and where it is."""
        groups = defaultdict(list)
        for file in self._files():
            try:
                found = file.stat()
            except FileNotFoundError:
                continue
            name = ".".join(file.name.split(".")[:2])
            groups[name].append((found.st_mtime, found.st_size, file))
        return groups

    def _files(self) -> Iterator[Path]:
        for folder, _, names in os.walk(self.folder):
            yield from (Path(folder, name) for name in names)


def used(file: Path) -> None:
    """Note that it is of use still."""
    try:
        os.utime(file)
    except FileNotFoundError:
        return
