"""Saves a copy as files: in a folder, or in whatever store fsspec knows, S3 and WebDAV among them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from urllib.parse import urlsplit

from mlabs_ext.errors import Unavailable, Unusable
from mlabs_ext.saving.copied import ABOUT, Original, known

USER, PASSWORD = "MLABS_WEBDAV_USER", "MLABS_WEBDAV_PASSWORD"


class Place(Protocol):
    """Somewhere that takes files."""

    def read(self, path: str) -> bytes | None:
        """A file, or None."""

    def put(self, path: str, file: Path) -> None:
        """Have a file there."""

    def size(self, path: str) -> int | None:
        """Its size, or None where it is not there."""


class Folder:
    """A folder of this machine; each file is whole or not there."""

    def __init__(self, root: str):
        self.root = Path(root).expanduser()

    def read(self, path: str) -> bytes | None:
        """A file."""
        return (self.root / path).read_bytes() if (self.root / path).is_file() else None

    def put(self, path: str, file: Path) -> None:
        """Copy, then rename."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name[:100]}.{os.getpid()}")
        try:
            shutil.copyfile(file, draft)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def size(self, path: str) -> int | None:
        """Its size."""
        return (self.root / path).stat().st_size if (self.root / path).is_file() else None


class Store:
    """A store behind fsspec; what it has against it is told in its words. `folders` need making in some."""

    def __init__(self, fs: Any, root: str, folders: bool = False):
        self.fs, self.root, self.folders = fs, root.rstrip("/"), folders

    def read(self, path: str) -> bytes | None:
        """A file."""
        try:
            data: bytes = self._asked("cat_file", self._at(path))
        except FileNotFoundError:
            return None
        return data

    def put(self, path: str, file: Path) -> None:
        """Upload."""
        target = self._at(path)
        if self.folders:
            self._asked("makedirs", target.rpartition("/")[0], exist_ok=True)
        self._asked("put_file", str(file), target)

    def size(self, path: str) -> int | None:
        """Its size."""
        try:
            size: int = self._asked("size", self._at(path))
        except FileNotFoundError:
            return None
        return size

    def _at(self, path: str) -> str:
        return f"{self.root}/{path}" if self.root else path

    def _asked(self, method: str, *arguments: Any, **more: Any) -> Any:
        try:
            return getattr(self.fs, method)(*arguments, **more)
        except FileNotFoundError:
            raise
        except Exception as error:
            # Each store's client has its own kinds of errors; whichever it is, nothing was acknowledged.
            raise Unavailable(f"The destination refuses: {error}", "destination_failed") from error


def save(place: Place, original: Original) -> dict[str, Any]:
    """Write what differs; `lab.json` last, so that it names only what is there."""
    versions, files = original.versions(), original.files()
    about, name = original.about(versions, files), original.name
    before = known(place.read(f"{name}/{ABOUT}"), original)
    written = 0
    for asset in files:
        path = f"{name}/files/{asset.path}"
        if before.get(asset.path) != asset.digest or place.size(path) != asset.size:
            with original.file(asset) as data:
                place.put(path, data)
            written += 1
    written += put_bytes(place, f"{name}/{name}.ipynb", original.notebook(versions[-1]))
    written += put_bytes(place, f"{name}/{ABOUT}", about.dumped())
    return {"version": versions[-1].number, "files": len(files), "written": written}


def put_bytes(place: Place, path: str, data: bytes) -> bool:
    """Have a small file there; whether it had to be written."""
    if place.read(path) == data:
        return False
    with TemporaryDirectory(prefix="mlabs-copy-") as folder:
        file = Path(folder, "file")
        file.write_bytes(data)
        place.put(path, file)
    return True


def store(url: str) -> Store:
    """A store by its address: `s3://bucket/folder`, or any other that fsspec has a package for."""
    try:
        import fsspec

        fs, root = fsspec.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise Unusable(f"{error}. For S3: pip install 'mlabs[s3]'.", "destination_invalid") from error
    return Store(fs, root)


def webdav(url: str, ask: Callable[[str], str]) -> Store:
    """A WebDAV share; user and password come from the environment, or the person is asked."""
    try:
        from webdav4.fsspec import WebdavFileSystem
    except ImportError as error:
        reason = "WebDAV needs a package: pip install 'mlabs[webdav]'."
        raise Unusable(reason, "destination_invalid") from error
    parts = urlsplit(url.removeprefix("webdav+"))
    host = parts.netloc.rpartition("@")[2]
    user = os.environ.get(USER) or parts.username
    auth = (user, os.environ.get(PASSWORD) or ask(f"Password of {user} at {host}: ")) if user else None
    return Store(WebdavFileSystem(f"{parts.scheme}://{host}{parts.path}", auth=auth), "", folders=True)
