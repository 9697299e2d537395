"""Reads HDF5 and follows nothing in it: plain numbers that the file itself holds, within limits."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from math import ceil, prod
from pathlib import Path
from time import process_time
from typing import Any

import h5py
import numpy as np
import psutil

from mlabs_ext.errors import TooLarge
from mlabs_ext.service.conversion.arrays import Array
from mlabs_ext.service.conversion.refusing import damaged, refused
from mlabs_ext.service.sizes import spoken

KINDS = "fiub"
# Deflate makes at most 1,032 bytes of one.
DEFLATED = 1100
FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
LONGEST_TEXT = 32 << 20
# What a text may take to be read, in bytes of memory and in seconds.
ROOM, TIME = 8 * LONGEST_TEXT, 3
# What h5py raises for a file that is not what it says: HDF5's own errors come as any of these.
BROKEN = (OSError, KeyError, ValueError, TypeError, RuntimeError, UnicodeError, OverflowError)
UNREADABLE = (*BROKEN, MemoryError)


class Hdf5:
    """A file; all its numbers together may take `limit` bytes."""

    def __init__(self, path: Path, limit: int):
        self._size, self._limit, self._left = path.stat().st_size, limit, limit
        try:
            self.root = h5py.File(path, "r", locking=False)
        except BROKEN as error:
            raise damaged("it is not HDF5, or it ends early") from error

    def has(self, group: h5py.Group, name: str) -> bool:
        """Whether a group has something of this name, be it a link that is refused."""
        return self._link(group, name) is not None

    def names(self, group: h5py.Group) -> list[str]:
        """The names in a group."""
        try:
            return list(group.keys())
        except BROKEN as error:
            raise damaged("a group in it cannot be read") from error

    def group(self, parent: h5py.Group, path: str) -> h5py.Group:
        """A group by its path; refuses links."""
        found = self._at(parent, path)
        if not isinstance(found, h5py.Group):
            raise damaged(f"{path!r:.100} is no group")
        return found

    def array(self, parent: h5py.Group, path: str) -> Array:
        """The numbers of a dataset, none of them read yet; refuses what the file does not hold."""
        found = self._at(parent, path)
        if not isinstance(found, h5py.Dataset):
            raise damaged(f"{path!r:.100} holds no numbers")
        try:
            self._check(found, path)
            return Array(found.shape, found.dtype.kind, lambda: _read(found, path))
        except BROKEN as error:
            raise damaged(f"{path!r:.100} cannot be read") from error

    def text(self, node: h5py.Group, name: str) -> str | None:
        """An attribute that is text; None where there is none."""
        value = self._attribute(node, name)
        if isinstance(value, np.ndarray) and value.shape == ():
            value = value.item()
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if value is not None and not isinstance(value, str):
            raise damaged(f"its {name} is no text")
        return value

    def texts(self, node: h5py.Group, name: str) -> list[str]:
        """An attribute that is a list of texts; a long one lies in pieces, `name0`, `name1` and so on."""
        found = self._attribute(node, name)
        if found is not None:
            return _texts(found, name)
        parts: list[list[str]] = []
        while (piece := self._attribute(node, f"{name}{len(parts)}")) is not None:
            parts.append(_texts(piece, name))
        return list(chain.from_iterable(parts))

    def _attribute(self, node: h5py.Group, name: str) -> Any:
        try:
            if name not in node.attrs:
                return None
            about = node.attrs.get_id(name)
            if prod(about.shape or ()) * about.dtype.itemsize > LONGEST_TEXT:
                raise damaged(f"its {name} is too long")
            with _bounded():
                return node.attrs[name]
        except UNREADABLE as error:
            raise damaged(f"its {name} cannot be read") from error

    def _at(self, parent: h5py.Group, path: str) -> Any:
        found: Any = parent
        for part in path.split("/"):
            if not isinstance(found, h5py.Group):
                raise damaged(f"{path!r:.100} is missing")
            link = self._link(found, part)
            if link is None:
                raise damaged(f"{path!r:.100} is missing")
            if not isinstance(link, h5py.HardLink):
                raise refused(
                    f"{path!r:.100} in this file is a link to somewhere else, which is not followed. "
                    "Save the model with Keras' own `model.save`, and upload that file."
                )
            try:
                found = found[part]
            except BROKEN as error:
                raise damaged(f"{path!r:.100} cannot be read") from error
        return found

    def _link(self, group: h5py.Group, name: str) -> Any:
        # `in` would follow a link to see whether it leads anywhere.
        try:
            return group.get(name, getlink=True)
        except BROKEN as error:
            raise damaged(f"{name!r:.100} cannot be read") from error

    def _check(self, found: h5py.Dataset, path: str) -> None:
        # `external` first: even to ask a virtual dataset for its sources would be more than is needed.
        if found.external or found.is_virtual:
            raise refused(
                f"The numbers of {path!r:.100} lie in another file, which is not read. "
                "Save the model with Keras' own `model.save`, and upload that file."
            )
        if found.dtype.kind not in KINDS or found.dtype.itemsize > 8 or found.dtype.shape:
            raise refused(f"{path!r:.100} holds {found.dtype!s:.50}, which is no number that layers use.")
        size = prod(found.shape) * found.dtype.itemsize
        held = found.id.get_storage_size()
        whole = held == size if found.chunks is None else size <= held * DEFLATED and _is_plain(found)
        if not whole or held > self._size:
            raise damaged(f"{path!r:.100} is said to be larger than what the file holds of it")
        self._left -= size
        if self._left < 0:
            raise TooLarge(f"The weights of this model take more than {spoken(self._limit)}, the limit here.")


def _is_plain(found: h5py.Dataset) -> bool:
    filters = found.id.get_create_plist()
    return all(filters.get_filter(number)[0] in FILTERS for number in range(filters.get_nfilters()))


def _read(found: h5py.Dataset, path: str) -> np.ndarray:
    try:
        return found[()]
    except BROKEN as error:
        raise damaged(f"{path!r:.100} cannot be read") from error


@contextmanager
def _bounded() -> Iterator[None]:
    """Bound what a text takes: the library makes room for whatever length a file says that it has, and looks
    for it forever in a heap that goes nowhere, which ends this process.
    """
    memory = psutil.Process().memory_info().vms + ROOM
    # The kernel counts time for this limit by its ticks, which drift from the time that it tells.
    seconds = ceil(process_time() * 1.5) + TIME
    with _limit(resource.RLIMIT_AS, memory), _limit(resource.RLIMIT_CPU, seconds):
        yield


@contextmanager
def _limit(kind: int, most: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(kind)
    bounded = [most, *(given for given in (soft, hard) if given != resource.RLIM_INFINITY)]
    resource.setrlimit(kind, (min(bounded), hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))


def _texts(found: Any, name: str) -> list[str]:
    values = np.asarray(found).ravel().tolist()
    if not all(isinstance(value, bytes | str) for value in values):
        raise damaged(f"its {name} are no texts")
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values]
