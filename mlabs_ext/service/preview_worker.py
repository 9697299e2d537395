"""The process that looks into a file of a dataset: it may be ended at any moment, and knows only the file."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import msgspec

from mlabs_ext.service.asset_paths import media_type
from mlabs_ext.service.table_preview import table_of
from mlabs_ext.service.table_reading import is_binary, sample_of
from mlabs_ext.wire.previews import Preview, PreviewProblem

MEMORY = 1 << 30
TEXT = 20_000
TABLES = (".csv", ".tsv", ".tab")
TEXTS = ("text/", "application/json", "application/x-ndjson")
COMPLEX = PreviewProblem("complex", "This file takes more memory to be looked at than there is for it.")


class Task(msgspec.Struct):
    """A file, and the path that it has in its dataset."""

    file: str
    path: str


def looked_at(task: Task) -> Preview:
    """What is in it."""
    file, media = Path(task.file), media_type(task.path)
    problems: list[PreviewProblem] = []
    try:
        if task.path.lower().endswith(TABLES):
            table = table_of(file, task.path, problems)
            return Preview(task.path, "table" if table else "other", problems, table=table)
        if media.startswith("image/"):
            return Preview(task.path, "image", problems)
        if media.startswith(TEXTS) and not is_binary(sample := sample_of(file)):
            return Preview(task.path, "text", problems, text=sample[:TEXT].decode("utf-8", "replace"))
        return Preview(task.path, "other", problems)
    except (MemoryError, RecursionError):
        return Preview(task.path, "other", [COMPLEX])


def main() -> None:
    """Read a task, write the answer."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    task = msgspec.json.decode(source.read(), type=Task)
    target.write(msgspec.json.encode(looked_at(task)))
    target.flush()


if __name__ == "__main__":
    main()
