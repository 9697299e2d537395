"""Opens a `.keras` file, which is a zip: three members by their name, within limits, and nothing else."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from pathlib import Path

from mlabs_ext.errors import TooLarge
from mlabs_ext.service.conversion.refusing import damaged, refused
from mlabs_ext.service.sizes import spoken

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LONGEST_TEXT = 32 << 20
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    RuntimeError,
    NotImplementedError,
)
PIECE = 1 << 20


class KerasArchive:
    """What Keras 3, and late releases of Keras 2, write."""

    def __init__(self, path: Path, limit: int):
        self._limit = limit
        try:
            self._zip = zipfile.ZipFile(path)
            names = [info.filename for info in self._zip.infolist()]
        except BROKEN as error:
            raise damaged("it is no zip, which a .keras file is, or it ends early") from error
        if CONFIG not in names or WEIGHTS not in names:
            raise refused(
                f"A .keras file holds {CONFIG} and {WEIGHTS}, and this one does not. Save the "
                "whole model again, "
                "with `model.save('model.keras')`."
            )
        if len(set(names)) != len(names):
            raise damaged("it has two members of one name")

    def text(self, name: str) -> bytes:
        """A member that is JSON; empty where there is none."""
        if name not in self._zip.namelist():
            return b""
        try:
            with self._zip.open(name) as member:
                found = member.read(LONGEST_TEXT + 1)
        except BROKEN as error:
            raise damaged(f"{name} in it cannot be read") from error
        if len(found) > LONGEST_TEXT:
            raise TooLarge(f"{name} in this file is larger than {spoken(LONGEST_TEXT)}.")
        return found

    def weights(self, target: Path) -> Path:
        """Unpack the weights to a file."""
        if self._zip.getinfo(WEIGHTS).file_size > self._limit:
            raise TooLarge(f"The weights of this model take more than {spoken(self._limit)}, the limit here.")
        try:
            # No more than the size that it says is read of a member.
            with self._zip.open(WEIGHTS) as member, target.open("xb") as file:
                shutil.copyfileobj(member, file, PIECE)
        except BROKEN as error:
            raise damaged(f"{WEIGHTS} in it cannot be read") from error
        return target
