"""The process that takes an archive apart: it may be ended at any moment, and knows only the archive."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import msgspec

from mlabs_ext.errors import MLabsError, TooLarge
from mlabs_ext.service.dataset_archive import unpacked

MEMORY = 1 << 30


class Task(msgspec.Struct):
    """An archive, and the folder for what is in it, with how much that may be."""

    archive: str
    target: str
    limit: int
    max_files: int


class Answer(msgspec.Struct):
    """The files by their paths, each with its name in the folder; or an error that a person is told."""

    files: list[tuple[str, str]] = []
    status: int = 0
    code: str = ""
    message: str = ""


def answer(task: Task) -> Answer:
    """Take it apart; an error that the archive causes is an answer as well."""
    try:
        files = unpacked(Path(task.archive), Path(task.target), task.limit, task.max_files)
        return Answer(files)
    except MLabsError as error:
        failed = error
    except (RecursionError, MemoryError):
        failed = TooLarge("This archive takes more memory to be unpacked than there is for it.")
    return Answer(status=failed.status, code=failed.code, message=failed.message)


def main() -> None:
    """Read a task, write the answer."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    task = msgspec.msgpack.decode(source.read(), type=Task)
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, task.limit)):
        resource.setrlimit(what, (most, resource.getrlimit(what)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    target.write(msgspec.msgpack.encode(answer(task)))
    target.flush()


if __name__ == "__main__":
    main()
