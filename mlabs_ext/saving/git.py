"""Saves a copy in a Git repository: each version a commit, with its author, message and time."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlabs_ext.errors import Conflict, Unavailable, Unusable
from mlabs_ext.saving.copied import ABOUT, Copied, Original, known, parsed
from mlabs_ext.wire import Asset, Version

ROLES = ("AUTHOR", "COMMITTER")
PROTOCOLS = "file:git:http:https:ssh"
# Hosts of repositories refuse larger files.
LARGEST = 50 * 1024**2
# What a repository holds could otherwise lead out of the folder that it is written to.
SAFE = ("-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")


class Repository:
    """A repository by its address, cloned for as long as the copy takes."""

    def __init__(self, url: str):
        if url.startswith("-"):
            raise Unusable(f"{url!r:.100} is no address of a repository.", "destination_invalid")
        self.url = url

    def save(self, original: Original) -> dict[str, Any]:
        """Commit the versions that it has not, then the files as they are now; push what that made."""
        with self._cloned() as folder:
            place = folder / original.name
            versions, files = original.versions(), original.files()
            about = self._about(place, original)
            for number, version in enumerate(versions, 1):
                if about is None or version.number > about.version:
                    self._commit(folder, original, versions[:number], about.files if about else {})
            left_out = self._files(folder, original, versions, files)
            made = self._pushed(folder)
        return {"version": versions[-1].number, "commits": made, "left_out": left_out}

    def _about(self, place: Path, original: Original) -> Copied | None:
        """What an earlier copy says."""
        about = place / ABOUT
        if place.exists() and not about.is_file():
            raise Conflict(f"The repository has something else called {place.name}.", "copy_of_another")
        return parsed(about.read_bytes() if about.is_file() else None, original)

    def _commit(
        self, folder: Path, original: Original, versions: list[Version], files: dict[str, str]
    ) -> None:
        """The last of these versions, with the files as they were."""
        version, place = versions[-1], folder / original.name
        place.mkdir(exist_ok=True)
        about = original.about(versions, [])
        about.files = files
        (place / ABOUT).write_bytes(about.dumped())
        (place / f"{original.name}.ipynb").write_bytes(original.notebook(version))
        message = f"{original.name} {version.number}: {version.message or 'No message'}"
        self._record(folder, place.name, message, version.author, version.created.isoformat())

    def _files(
        self, folder: Path, original: Original, versions: list[Version], files: list[Asset]
    ) -> list[str]:
        """Commit the files; the paths of those that are too large for a repository."""
        place, fitting = folder / original.name, [file for file in files if file.size <= LARGEST]
        there = known((place / ABOUT).read_bytes(), original)
        kept = place / "files"
        for asset in fitting:
            if there.get(asset.path) != asset.digest or not (kept / asset.path).is_file():
                (kept / asset.path).parent.mkdir(parents=True, exist_ok=True)
                with original.file(asset) as data:
                    shutil.copyfile(data, kept / asset.path)
        for gone in there.keys() - {asset.path for asset in fitting}:
            (kept / gone).unlink(missing_ok=True)
        (place / ABOUT).write_bytes(original.about(versions, fitting).dumped())
        if _git(folder, "status", "--porcelain", "--", place.name):
            self._record(folder, place.name, f"{original.name}: files of its runs", original.lab.owner, None)
        return [asset.path for asset in files if asset.size > LARGEST]

    def _record(self, folder: Path, place: str, message: str, author: str, at: str | None) -> None:
        name = " ".join(author.replace("<", "").replace(">", "").split()) or "unknown"
        _git(folder, "add", "--all", "--force", "--", place)
        who = {f"GIT_{role}_NAME": name for role in ROLES} | {f"GIT_{role}_EMAIL": "" for role in ROLES}
        when = {f"GIT_{role}_DATE": at for role in ROLES} if at else {}
        _git(folder, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", message, **who, **when)

    def _pushed(self, folder: Path) -> int:
        """Push what is new; how many commits that is."""
        count = int(_git(folder, "rev-list", "--count", "HEAD", "--not", "--remotes"))
        if count:
            _git(folder, "push", "--quiet", "origin", "HEAD")
        return count

    @contextmanager
    def _cloned(self) -> Iterator[Path]:
        with TemporaryDirectory(prefix="mlabs-copy-") as folder:
            _git(Path(folder), "clone", "--quiet", "--", self.url, "copy")
            yield Path(folder, "copy")


def _git(folder: Path, *arguments: str, **more: str) -> str:
    """Run git; what it has against it is its own to say."""
    environment = {**os.environ, "GIT_ALLOW_PROTOCOL": PROTOCOLS, "LC_ALL": "C.UTF-8", **more}
    try:
        done = subprocess.run(
            ["git", *SAFE, *arguments],  # noqa: S607 - the person's own git
            cwd=folder,
            env=environment,
            capture_output=True,
            check=True,
        )
    except FileNotFoundError as error:
        raise Unusable("There is no git on this machine: install it first.", "git_missing") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise Unavailable(f"git {arguments[0]}: {said}", "git_failed") from error
    return done.stdout.decode(errors="replace").strip()
