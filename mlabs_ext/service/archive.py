"""Packs many files into one zip while it is sent: what is in memory is one piece of one file."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterable
from datetime import datetime


class _Pipe:
    """What zipfile writes to; it cannot seek, so that sizes follow each file's bytes."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        data, self.pieces = b"".join(self.pieces), []
        return data


def packed(files: Iterable[tuple[str, datetime, Iterable[bytes]]]) -> Generator[bytes]:
    """A zip of `files`, each a path, a time and its bytes in pieces; not compressed: models do not shrink."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for path, created, pieces in files:
            info = zipfile.ZipInfo(path, created.timetuple()[:6])
            info.external_attr = 0o644 << 16
            with archive.open(info, "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    yield pipe.taken()
            yield pipe.taken()
    yield pipe.taken()
