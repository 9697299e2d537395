"""Files by what is in them: equal content is kept once, and what was acknowledged is never lost."""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from traitlets import Dict, Float, Unicode
from traitlets.config import Config, LoggingConfigurable

from mlabs_ext.errors import NotFound
from mlabs_ext.notebook import sha256
from mlabs_ext.service.blobs_local import LocalPlace
from mlabs_ext.service.blobs_writer import Writer, is_held
from mlabs_ext.service.pieces import Pieces

HOUR = 3600
DIGEST = re.compile(r"sha256:([0-9a-f]{2})([0-9a-f]{62})")
# What is read at a time: of a local file, and of a store, where each time costs a way there and back.
CHUNK = 1024 * 1024
BUFFER = 4 * CHUNK
# What is sent at a time: it stays in the processor's cache between the reading and the sending.
PIECE = CHUNK // 4


class Place(Protocol):
    """Where blobs lie by their keys, `ab/cdef…`; reading one that is not there is a FileNotFoundError."""

    def size(self, key: str) -> int:
        """Its size in bytes."""

    def get(self, key: str) -> bytes:
        """All of it."""

    def open(self, key: str, buffer: int) -> BinaryIO:
        """The same as a file in which one can seek; `buffer` is in bytes."""

    def local_path(self, key: str) -> Path | None:
        """The file that it is; None where blobs are no local files."""

    def put(self, key: str, data: bytes) -> None:
        """Keep `data`; it is safe when this returns."""

    def take(self, key: str, file: BinaryIO) -> None:
        """Keep what a finished file in the folder of unfinished ones holds; it is safe when this returns."""

    def delete(self, key: str) -> None:
        """Forget it, if it is there."""

    def list(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The keys that begin with `folder/`, each with the time that it was last kept."""

    def collect(self, key: str, before: datetime) -> bool:
        """Forget it, unless it was kept again at `before` or later; whether it was forgotten."""

    def sweep(self, now: datetime) -> None:
        """Remove what was begun long ago and never finished."""

    def check(self) -> None:
        """Raise Unavailable or Full where nothing could be kept here now."""


class Blobs(LoggingConfigurable):
    """Blobs by the SHA-256 of their content, in a local folder or in an S3-compatible store.

    Both have 256 subfolders by the digest's first two digits, so that one can be copied to the other.
    """

    directory = Unicode(
        "blobs",
        help="""The folder that holds the blobs; with `url` only those that are being written.

        Default: `blobs` in the data directory. Example:

            c.Blobs.directory = "/srv/mlabs/blobs"
        """,
    ).tag(config=True)
    url = Unicode(
        "",
        help="""The bucket, and the folder in it, that holds the blobs instead of `directory`.

        S3 needs `pip install "mlabs[s3]"`. Other object stores that fsspec knows need its package for them,
        and must take what they take whole or not at all. Default: empty, for `directory`. Example:

            c.Blobs.url = "s3://mlabs/blobs"
        """,
    ).tag(config=True)
    storage_options = Dict(
        help="""How the store at `url` is reached: the options of its fsspec filesystem, for S3 those of s3fs.

        What is not given comes from where AWS's own tools take it, as from the environment variables
        AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Default: nothing. Example:

            c.Blobs.storage_options = {"endpoint_url": "https://s3.example.org", "key": "…", "secret": "…"}
        """
    ).tag(config=True)

    store_patience = Float(
        30,
        help="""How long the store at `url` may take for an answer, in seconds, and one more for each MiB.

        Whoever waits for it is then told to try again. Default: 30. Example:

            c.Blobs.store_patience = 10
        """,
    ).tag(config=True)

    @classmethod
    def of(cls, data: Path, settings: Mapping[str, Any]) -> Blobs:
        """Those of a data directory, as the settings have them: a relative folder is below it."""
        config = Config({"Blobs": {"directory": "blobs", **settings.get("Blobs", {})}})
        config.Blobs.directory = str(data / config.Blobs.directory)
        return cls(config=config)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._place = self._make_place()

    def _make_place(self) -> Place:
        if not self.url:
            return LocalPlace(Path(self.directory), self.unfinished)
        # Here, since who keeps blobs in a folder need neither have nor load what this needs.
        from mlabs_ext.service.blobs_remote import RemotePlace

        return RemotePlace(self.url, self.storage_options, self.store_patience)

    def exists(self, digest: str) -> bool:
        """Whether there is such a blob."""
        try:
            self._place.size(_key(digest))
        except FileNotFoundError:
            return False
        return True

    def size(self, digest: str) -> int:
        """The size of a blob in bytes."""
        with _found(digest) as key:
            return self._place.size(key)

    def get(self, digest: str) -> bytes:
        """The bytes of a blob: for what is small."""
        with _found(digest) as key:
            return self._place.get(key)

    def open(self, digest: str, buffer: int = BUFFER) -> BinaryIO:
        """A blob as a file in which one can seek, to be used with `with`; `buffer` bytes come at a time."""
        with _found(digest) as key:
            return self._place.open(key, buffer)

    def read(self, digest: str, start: int = 0, stop: int | None = None) -> Generator[bytes]:
        """The bytes from `start` until before `stop` in pieces; NotFound comes with the first of them."""
        left = (self.size(digest) if stop is None else stop) - start
        if left <= 0:
            return
        with self.open(digest, min(left, BUFFER)) as file:
            file.seek(start)
            while left > 0 and (chunk := file.read(min(left, CHUNK))):
                left -= len(chunk)
                yield chunk

    def pieces(self, digest: str, start: int, stop: int) -> Pieces:
        """The same for whoever can tell waiting from not waiting, to be used with `with`."""
        return Pieces(self.open(digest, max(1, min(stop - start, BUFFER))), start, stop, PIECE)

    def local_path(self, digest: str) -> Path | None:
        """The file that a blob is; None where blobs are in a store. Nobody may write to it."""
        with _found(digest) as key:
            return self._place.local_path(key)

    def put(self, data: bytes) -> str:
        """Keep `data`, and return its digest once it is safe.

        A row has to name it within the hour; also where it was here before, as it may be nobody's.
        """
        digest = sha256(data)
        self._place.put(_key(digest), data)
        return digest

    def put_file(self, file: Path) -> str:
        """Keep a copy of a file of any size, and return its digest once it is safe."""
        with self.writer() as writer, file.open("rb") as source:
            shutil.copyfileobj(source, writer, CHUNK)
            return writer.commit()

    def writer(self) -> Writer:
        """A blob of any size that is written in pieces::

        with blobs.writer() as writer:
            for chunk in chunks:
                writer.write(chunk)
            digest = writer.commit()
        """
        return Writer(self.unfinished, lambda digest, file: self._place.take(_key(digest), file))

    def delete(self, digest: str) -> None:
        """Forget a blob, if it is there. That no row names it, nor is about to, is for the caller to know."""
        self._place.delete(_key(digest))

    def list(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The blobs whose digests begin with these two digits, each with the time that it was last put."""
        for key, kept in self._place.list(folder):
            digest = f"sha256:{key.replace('/', '', 1)}"
            if DIGEST.fullmatch(digest):
                yield digest, kept

    def collect(self, digest: str, before: datetime) -> bool:
        """Forget a blob that no row names, unless it was put again at `before` or later."""
        return self._place.collect(_key(digest), before)

    @property
    def unfinished(self) -> Path:
        """Where files are written before they get their name, or go to the store."""
        return Path(self.directory, "unfinished")

    def check(self) -> None:
        """Raise Unavailable or Full, in words, where nothing could be kept now; it changes nothing."""
        self._place.check()

    def sweep(self, now: datetime) -> None:
        """Remove what writers that were killed left more than an hour ago."""
        for file in self.unfinished.glob("*"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < now.timestamp() - HOUR and not is_held(file):
                    file.unlink()
        self._place.sweep(now)


def _key(digest: str) -> str:
    parts = DIGEST.fullmatch(digest)
    if not parts:
        raise NotFound(f"{digest!r:.100} is not a digest.", "blob_not_found")
    return "/".join(parts.groups())


@contextmanager
def _found(digest: str) -> Iterator[str]:
    try:
        yield _key(digest)
    except FileNotFoundError:
        raise NotFound(f"There is no blob {digest}.", "blob_not_found") from None
