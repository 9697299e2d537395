"""What the hub keeps in a small file for its next life: replaced as a whole, and no reason to fail."""

from __future__ import annotations

from logging import Logger, LoggerAdapter
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Record(Generic[T]):
    """One value of a shape in `file`, or nowhere where that is None; `about` says in logs what it holds."""

    def __init__(self, file: Path | None, shape: type[T], about: str, log: Logger | LoggerAdapter[Logger]):
        self.file, self.shape, self.about, self.log = file, shape, about, log

    def write(self, value: T) -> None:
        """Keep it. Where that cannot be, a line in the log says so."""
        if self.file is None:
            return
        partial = self.file.with_suffix(".partial")
        try:
            partial.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.write_bytes(msgspec.json.encode(value))
            partial.rename(self.file)
        except OSError as error:
            self.log.warning("%s cannot be kept: %s", self.about, error)

    def read(self) -> T:
        """What was kept; an empty one where there is none that can be read."""
        if self.file is None:
            return self.shape()
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=self.shape)
        except FileNotFoundError:
            return self.shape()
        except (OSError, msgspec.MsgspecError) as error:
            self.log.warning(
                "%s is not known: %s is no record of that, and begins anew: %s", self.about, self.file, error
            )
            return self.shape()
