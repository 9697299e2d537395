"""Blobs as objects of an S3-compatible store, or of another one that fsspec knows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from mlabs_ext.errors import BadInput, Unavailable
from mlabs_ext.service.remote_file import RemoteFile
from mlabs_ext.service.store_errors import asked

try:
    import fsspec
    from fsspec.implementations.local import LocalFileSystem
except ModuleNotFoundError as error:
    raise BadInput('c.Blobs.url needs more packages: pip install "mlabs[s3]".', "setting_invalid") from error

PART = 8 * 1024 * 1024
PARTS = 10_000
# Bytes a second, below which a transfer is given up.
SLOWEST = 1024 * 1024
# Who waits for a store holds one of the service's few threads: a silent one is given up within seconds.
S3_OPTIONS = {"max_concurrency": 1, "use_listings_cache": False}
S3_CLIENT = {
    "connect_timeout": 3,
    "read_timeout": 15,
    "max_pool_connections": 32,
    "retries": {"mode": "standard", "total_max_attempts": 2},
}
S3_ROUNDS = 2


# For so long a blob need not be sent again: what is older might be collected as nobody's.
FRESH = timedelta(minutes=30)
# What stores call the time that an object was written.
TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")


class RemotePlace:
    """A `Place` that is a folder of a bucket."""

    def __init__(self, url: str, options: dict[str, Any], patience: float):
        self._patience = patience
        self._s3 = url.startswith(("s3://", "s3a://"))
        self._store, self._root = _filesystem(url, _s3_options(options) if self._s3 else options)
        if self._s3:
            self._store.retries = S3_ROUNDS
        self._next_sweep = datetime.min.replace(tzinfo=UTC)

    def size(self, key: str) -> int:
        """Its size in bytes."""
        return self._ask("info", self._path(key), absent=True)["size"]

    def get(self, key: str) -> bytes:
        """All of it."""
        return self._ask("cat_file", self._path(key), absent=True)

    def open(self, key: str, buffer: int) -> BinaryIO:
        """A file that asks the store for `buffer` bytes at a time."""
        raw = RemoteFile(self.size(key), lambda start, stop: self._range(key, start, stop))
        return io.BufferedReader(raw, max(buffer, 1))

    def _range(self, key: str, start: int, stop: int) -> bytes:
        data = self._ask("cat_file", self._path(key), start=start, end=stop, size=stop - start)
        if len(data) != stop - start:
            with asked():
                raise EOFError(f"{len(data)} bytes came of the {stop - start} that were asked for")
        return data

    def local_path(self, key: str) -> None:
        """None: it is no local file."""

    def put(self, key: str, data: bytes) -> None:
        """Send `data`; a store takes an object whole or not at all."""
        self._ask("pipe_file", self._path(key), data, size=len(data))

    def take(self, key: str, file: BinaryIO) -> None:
        """Send the file in parts, unless the blob is there; it becomes an object with the last of them."""
        size = file.tell()
        parts: dict[str, Any] = {"chunksize": max(PART, -(-size // PARTS))} if self._s3 else {}
        if not self._has(key, size):
            self._ask("put_file", file.name, self._path(key), **parts, size=size)

    def _has(self, key: str, size: int) -> bool:
        """Whether the blob is there, and was sent so lately that nobody is about to collect it."""
        try:
            about = self._ask("info", self._path(key), absent=True)
        except FileNotFoundError:
            return False
        return about["size"] == size and _kept(about) > datetime.now(UTC) - FRESH

    def delete(self, key: str) -> None:
        """Remove the object, if it is there."""
        with suppress(FileNotFoundError):
            self._ask("rm_file", self._path(key), absent=True)

    def list(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The objects in a folder, as the store lists them."""
        with suppress(FileNotFoundError):
            found = self._ask("find", self._path(folder), detail=True, absent=True)
            for path, about in found.items():
                yield path.removeprefix(f"{self._root}/"), _kept(about)

    def collect(self, key: str, before: datetime) -> bool:
        """Remove the object; between the look and that there is no more than the way to the store."""
        try:
            if _kept(self._ask("info", self._path(key), absent=True)) >= before:
                return False
        except FileNotFoundError:
            return False
        self.delete(key)
        return True

    def sweep(self, now: datetime) -> None:
        """Once an hour, have S3 forget the parts of uploads that were begun a day ago and never ended."""
        if not self._s3 or now < self._next_sweep:
            return
        self._next_sweep = now + timedelta(hours=1)
        bucket, prefix, _ = self._store.split_path(f"{self._root}/")
        found = self._ask("call_s3", "list_multipart_uploads", Bucket=bucket, Prefix=prefix)
        for upload in found.get("Uploads", []):
            if upload["Initiated"] < now - timedelta(days=1):
                self._ask("abort_mpu", bucket, upload["Key"], upload["UploadId"])

    def check(self) -> None:
        """Ask for the bucket; that it takes more is only known once it is given something."""
        try:
            if self._s3:
                bucket, _, _ = self._store.split_path(self._root)
                self._ask("call_s3", "head_bucket", Bucket=bucket, absent=True)
            else:
                self._ask("ls", self._root, absent=True)
        except FileNotFoundError as error:
            raise Unavailable(f"There is no {self._root} where blobs are to be.", "blobs_absent") from error

    def _ask(self, method: str, *args: Any, size: int = 0, absent: bool = False, **kwargs: Any) -> Any:
        """What a method of the store says; `size` bytes may take their time, and nothing else."""
        if self._store.async_impl:
            # The client's own timeouts do not cover a request that the store does not take.
            kwargs["timeout"] = self._patience + size / SLOWEST
        with asked(absent):
            return getattr(self._store, method)(*args, **kwargs)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"


def _filesystem(url: str, options: dict[str, Any]) -> tuple[Any, str]:
    try:
        store, root = fsspec.url_to_fs(url, skip_instance_cache=True, **options)
    except (ImportError, ValueError) as error:
        raise BadInput(
            f'c.Blobs.url is {url!r}: {error} For S3: pip install "mlabs[s3]".', "setting_invalid"
        ) from error
    if isinstance(store, LocalFileSystem):
        raise BadInput("c.Blobs.url is for stores: a folder is c.Blobs.directory.", "setting_invalid")
    return store, root.rstrip("/")


def _kept(about: dict[str, Any]) -> datetime:
    """When an object was written; now where the store does not say so in a way that is known."""
    found = next((about[name] for name in TIMES if about.get(name)), None)
    if isinstance(found, int | float):
        return datetime.fromtimestamp(found, UTC)
    if not isinstance(found, datetime):
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _s3_options(options: dict[str, Any]) -> dict[str, Any]:
    return {**S3_OPTIONS, **options, "config_kwargs": {**S3_CLIENT, **options.get("config_kwargs", {})}}
