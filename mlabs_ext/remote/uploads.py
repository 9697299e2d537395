"""Files on their way to an MLabs, in pieces: they go on after a broken connection, also in a later try."""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from mlabs_ext.errors import BadInput, MLabsError, NotFound, Unavailable
from mlabs_ext.remote.site import Site
from mlabs_ext.wire import Upload

PIECE = 8 << 20
MOST = 1000
# Seconds before each further try; what was sent in between begins them anew.
PAUSES = (1, 2, 5, 10, 20, 30, 60)
# Somebody else's bytes came in between, or the request that broke has not ended yet.
PASSES = ("offset_mismatch", "upload_locked")
# While the service does not know yet that a connection is gone.
LOCKED = 5
TUS = {"Tus-Resumable": "1.0.0"}


class Memory:
    """Which uploads were begun from this machine, so that the next try goes on with them."""

    def __init__(self) -> None:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self.file = Path(cache, "mlabs", "uploads.json")

    def read(self) -> dict[str, str]:
        """Each upload by what tells its file from others."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=dict[str, str])
        except (OSError, msgspec.MsgspecError):
            return {}

    def write(self, changed: Mapping[str, str | None]) -> None:
        """Keep these, forget those that are None; a machine on which that fails begins anew the next time."""
        known = {mark: upload for mark, upload in {**self.read(), **changed}.items() if upload}
        text = msgspec.json.encode(dict(list(known.items())[-MOST:]))
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file.write_bytes(text)
        except OSError as error:
            print(f"{self.file} cannot be written: {error.strerror}", file=sys.stderr)


class Progress:
    """How far all of it is, on one line of a terminal."""

    def __init__(self, total: int):
        self.total, self.before = total, 0
        self.shown = sys.stderr.isatty() and total > 0

    def tell(self, sent: int, words: str = "") -> None:
        """Show it."""
        if self.shown:
            percent = 100 * (self.before + sent) // self.total
            print(
                f"\r\033[K{percent} % of {self.total / 1e6:.1f} MB. {words}",
                end="",
                file=sys.stderr,
                flush=True,
            )

    def end(self) -> None:
        """Leave the line."""
        if self.shown:
            print(file=sys.stderr)


class Sender:
    """Sends files, one after the other."""

    def __init__(self, site: Site, progress: Progress):
        self.site, self.progress, self.memory = site, progress, Memory()
        self.marks: list[str] = []

    def send_all(self, files: Mapping[str, Path]) -> list[str]:
        """Send files by the paths that they are to have; the ids of their uploads."""
        try:
            return [self.send(file, path) for path, file in files.items()]
        finally:
            self.progress.end()

    def send(self, file: Path, path: str) -> str:
        """Send a file that is to have this path, or the rest of it; the id of its upload."""
        with opened(file) as source:
            status = os.fstat(source.fileno())
            size = status.st_size
            mark = f"{self.site.login.url} {file.absolute()} {path} {size} {status.st_mtime_ns}"
            upload = self._begun(mark) or self._begin(mark, path, size)
            self.marks.append(mark)
            while upload.offset < size:
                self.progress.tell(upload.offset)
                source.seek(upload.offset)
                upload = self._sent(upload, source.read(PIECE))
        self.progress.before += size
        return upload.id

    def forget(self) -> None:
        """Something was made of what was sent."""
        self.memory.write(dict.fromkeys(self.marks))

    def _begun(self, mark: str) -> Upload | None:
        known = self.memory.read().get(mark)
        try:
            return self._patiently(lambda: self._look(known)) if known else None
        except NotFound:
            return None

    def _begin(self, mark: str, path: str, size: int) -> Upload:
        name = base64.b64encode(path.encode()).decode()
        headers = TUS | {"Upload-Length": f"{size}", "Upload-Metadata": f"filename {name}"}
        upload = self._patiently(lambda: self.site.ask("POST", "uploads", b"", Upload, headers))
        self.memory.write({mark: upload.id})
        return upload

    def _sent(self, upload: Upload, piece: bytes) -> Upload:
        """The upload after one more piece; what came of a piece that broke is not sent once more."""
        if not piece:
            raise BadInput(f"{upload.path} has become shorter while it was sent.", "file_changed")
        headers = TUS | {
            "Upload-Offset": f"{upload.offset}",
            "Content-Type": "application/offset+octet-stream",
        }
        try:
            self.site.send("PATCH", f"uploads/{upload.id}", piece, headers)
            return msgspec.structs.replace(upload, offset=upload.offset + len(piece))
        except MLabsError as error:
            if not passes(error):
                raise
            # What broke has to end there as well: until then pieces would be sent for nothing.
            time.sleep(LOCKED if error.code == "upload_locked" else PAUSES[0])
        return self._patiently(lambda: self._look(upload.id))

    def _look(self, upload: str) -> Upload:
        return self.site.get(f"uploads/{upload}", Upload)

    def _patiently(self, work: Callable[[], Upload]) -> Upload:
        """The answer, once the service is there; its error where it is not for minutes."""
        for pause in PAUSES:
            try:
                return work()
            except MLabsError as error:
                if not passes(error):
                    raise
            self.progress.tell(0, "The connection is broken. It is tried again.")
            time.sleep(pause)
        return work()


def passes(error: MLabsError) -> bool:
    """Whether it may be another answer in a moment."""
    return isinstance(error, Unavailable) or error.code in PASSES


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """A file to be read; BadInput where it cannot be."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}", "file_unreadable") from error
    with source:
        yield source
