"""Files that come from an MLabs: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mlabs_ext.errors import BadInput


@contextmanager
def coming(file: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the name once all of it is there; BadInput where it cannot be made."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}", "file_unwritable") from error
    try:
        with os.fdopen(handle, "wb") as opened:
            yield opened
        made = Path(name)
        made.chmod(file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~umask())
        made.replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def replaced(file: Path, data: bytes) -> None:
    """Have the file hold these bytes."""
    with coming(file) as opened:
        opened.write(data)


def umask() -> int:
    """What new files do not get; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
