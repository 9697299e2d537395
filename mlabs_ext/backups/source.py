"""The file that a backup is read from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mlabs_ext.errors import BadInput

STDIN = "-"


@contextmanager
def source(file: str) -> Iterator[BinaryIO]:
    """The file to read; `-` is standard input."""
    if file == STDIN:
        yield sys.stdin.buffer
        return
    try:
        opened = Path(file).open("rb")  # noqa: SIM115 - closed below; an error of its use is none of its name's
    except FileNotFoundError:
        raise BadInput(f"There is no file {file}.", "file_not_found") from None
    except IsADirectoryError:
        raise BadInput(f"{file} is a folder, and no backup.", "backup_unknown") from None
    with opened:
        yield opened
