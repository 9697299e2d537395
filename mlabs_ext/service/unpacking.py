"""Finds the notebook in what was sent or fetched: itself, made of a script, or one of those in an archive."""

from __future__ import annotations

from pathlib import PurePosixPath

import msgspec

from mlabs_ext.errors import BadInput, TooLarge
from mlabs_ext.service.import_archive import Archive
from mlabs_ext.service.import_kinds import ARCHIVE, NOTEBOOK, kind_of
from mlabs_ext.service.sizes import spoken


class Task(msgspec.Struct):
    """A file by its name, which notebook of it is wanted if it has several, and how large that may be."""

    name: str
    data: bytes
    choice: str
    limit: int


class Unpacked(msgspec.Struct):
    """`notebook` is JSON, and empty where one of `notebooks` has to be chosen first.

    `path` is where it lay in an archive, `name` what it was called, `made_of` in words what it was before it
    was one, `files` what else was there, with sizes in bytes.
    """

    name: str
    notebook: bytes = b""
    notebooks: list[str] = []
    files: dict[str, int] = {}
    made_of: str = ""
    path: str = ""


class Failed(msgspec.Struct):
    """An error that a person is told."""

    status: int
    code: str
    message: str


def is_simple(task: Task) -> bool:
    """Whether the file is a notebook already, so that nothing has to be done."""
    return kind_of(task.name, task.data) == NOTEBOOK


def unpacked(task: Task) -> Unpacked:
    """Find the notebook; BadInput or TooLarge where there is none to be had."""
    if kind_of(task.name, task.data) != ARCHIVE:
        return _one(task.name, task.data, task.limit)
    archive = Archive(task.data)
    notebooks, files = archive.notebooks, archive.files
    if not notebooks:
        raise BadInput("There is no notebook in this archive, and no script.", "archive_without_notebook")
    choice = task.choice or (notebooks[0] if len(notebooks) == 1 else "")
    if not choice:
        return Unpacked(task.name, notebooks=notebooks, files=files)
    if choice not in notebooks:
        raise BadInput(f"There is no notebook {choice!r:.100} in this archive.", "import_choice")
    found = _one(choice, archive.read(choice, task.limit), task.limit)
    found.notebooks, found.files, found.path = notebooks, files, choice
    return found


def _one(name: str, data: bytes, limit: int) -> Unpacked:
    called = PurePosixPath(name).name
    if kind_of(name, data) == NOTEBOOK:
        return Unpacked(called, data)
    # Heavy, and needed for scripts alone.
    from mlabs_ext.service.import_script import converted

    notebook, made_of = converted(called, data)
    if len(notebook) > limit:
        raise TooLarge(
            f"{called!r:.100} becomes a notebook larger than {spoken(limit)}, which is the limit here."
        )
    return Unpacked(called, notebook, made_of=made_of)
