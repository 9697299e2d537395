"""The folder that an export is written to: each file whole or not at all, and none that is out of date."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from mlabs_ext.errors import Conflict, Unavailable

# As `sha256sum` writes and checks it.
SUMS, ABOUT, WORK = "SHA256SUMS", "mlabs-export.json", ".mlabs-export"
LINE = re.compile(r"^([0-9a-f]{64}|-) {2}(.+)\n", re.MULTILINE)
UNKNOWN = "-"


class Folder:
    """The files of one export, by their paths below `root`; `what` says of what it is one.

    A journal names each file before it is written: the next export knows what an interrupted one left.
    """

    def __init__(self, root: Path, what: str):
        self.root, self.what = root, what
        self.work = root / WORK
        self.known: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self._drafts = itertools.count()
        self.written = self.unchanged = self.removed = self.size = 0

    @contextmanager
    def opened(self) -> Iterator[Folder]:
        """Have the folder alone; Conflict where somebody else has it, or it holds something else."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.root, os.O_RDONLY)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(f"Another export writes to {self.root} now.", "folder_in_use") from None
            self._begin()
            with (self.work / "journal").open("a", encoding="utf-8") as self._journal:
                # The last line of an interrupted export may lack its end.
                self._journal.write("\n")
                yield self
        finally:
            os.close(lock)

    def _begin(self) -> None:
        about, journal = self.root / ABOUT, self.work / "journal"
        old = json.loads(about.read_text())["what"] if about.exists() else None
        if old is None and (self.work / "what").exists():
            old = (self.work / "what").read_text()
        if old not in (None, self.what):
            raise Conflict(
                f"{self.root} has an export of {old}: choose another folder for {self.what}.",
                "folder_other_export",
            )
        if old is None and any(not entry.name.startswith(".") for entry in self.root.iterdir()):
            raise Conflict(f"{self.root} has other files in it: choose an empty folder.", "folder_not_empty")
        self.work.mkdir(exist_ok=True)
        (self.work / "what").write_text(self.what)
        for draft in self.work.glob("draft-*"):
            draft.unlink()
        for lines in (self.root / SUMS, journal):
            if lines.exists():
                found = LINE.findall(lines.read_text(encoding="utf-8"))
                self.known |= {file: digest for digest, file in found if _is_inside(file)}

    def put(self, file: str, data: bytes) -> None:
        """Have a file with these bytes; one that has them already is not touched."""
        digest, path = hashlib.sha256(data).hexdigest(), self.root / file
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            self._keep(file, digest, len(data))
            return
        with self.draft(file) as out:
            out.write(data)

    def has(self, file: str, digest: str, size: int) -> bool:
        """Whether a file is there as it is to be, by what an earlier export noted; it is kept then."""
        path = self.root / file
        if self.known.get(file) != digest or not path.is_file() or path.stat().st_size != size:
            return False
        self._keep(file, digest, size)
        return True

    @contextmanager
    def draft(self, file: str, wanted: str | None = None) -> Iterator[BinaryIO]:
        """Write a file in pieces; it is there when the block ends, and nothing of it where that fails.

        Unavailable where it has not the digest that is wanted: then not all of it came.
        """
        path, draft = self.root / file, self._draft()
        try:
            with draft.open("wb+") as out:
                yield out
                out.seek(0)
                digest, size = hashlib.file_digest(out, "sha256").hexdigest(), out.tell()
            if wanted not in (None, digest):
                raise Unavailable(f"{file} did not come whole; start the export again.", "file_incomplete")
            self._place(file, draft, path)
        finally:
            draft.unlink(missing_ok=True)
        self._done(file, digest, size)

    def link(self, file: str, other: str) -> None:
        """Have a file with the bytes of `other`, in no more room where the file system can do that."""
        digest, path, draft = self.files[other], self.root / file, self._draft()
        size = (self.root / other).stat().st_size
        if self.has(file, digest, size):
            return
        if path.exists() and path.samefile(self.root / other):
            self._keep(file, digest, size)
            return
        try:
            os.link(self.root / other, draft)
        except OSError:
            shutil.copyfile(self.root / other, draft)
        self._place(file, draft, path)
        self._done(file, digest, size)

    def drop(self, *starts: str) -> None:
        """Have the files whose paths begin so removed at the end after all."""
        for file in [file for file in self.files if file.startswith(starts)]:
            self.known[file] = self.files.pop(file)

    def finish(self, about: dict[str, Any]) -> dict[str, Any]:
        """Remove what is no part of the export any more, and write down what is; the whole account of it."""
        for file in self.known.keys() - self.files.keys():
            self._remove(file)
        sums = "".join(f"{self.files[file]}  {file}\n" for file in sorted(self.files))
        counts = {"files": len(self.files), "bytes": self.size}
        self._write_aside(SUMS, sums)
        self._write_aside(ABOUT, json.dumps({"what": self.what, **about, **counts}, indent=2) + "\n")
        self._journal.close()
        shutil.rmtree(self.work)
        return {"what": self.what, **about, **counts} | {
            name: getattr(self, name) for name in ("written", "unchanged", "removed")
        }

    def _draft(self) -> Path:
        return self.work / f"draft-{next(self._drafts)}"

    def _place(self, file: str, draft: Path, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._note(UNKNOWN, file)
        draft.replace(path)

    def _done(self, file: str, digest: str, size: int) -> None:
        self._note(digest, file)
        self.files[file] = digest
        self.size += size
        self.written += 1

    def _keep(self, file: str, digest: str, size: int) -> None:
        if self.known.get(file) != digest:
            self._note(digest, file)
        self.files[file] = digest
        self.size += size
        self.unchanged += 1

    def _note(self, digest: str, file: str) -> None:
        self._journal.write(f"{digest}  {file}\n")
        self._journal.flush()

    def _write_aside(self, file: str, text: str) -> None:
        if (self.root / file).is_file() and (self.root / file).read_text(encoding="utf-8") == text:
            return
        draft = self.work / f"draft-{file}"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.root / file)

    def _remove(self, file: str) -> None:
        path = self.root / file
        if path.is_file():
            path.unlink()
            self.removed += 1
        for folder in path.parents:
            if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def _is_inside(file: str) -> bool:
    return not file.startswith("/") and ".." not in file.split("/")
