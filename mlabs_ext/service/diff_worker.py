"""The process that compares or merges notebooks: it may be ended at any time, and knows nothing but them."""

from __future__ import annotations

import resource
import sys

import msgspec

from mlabs_ext.service.notebook_diff import difference
from mlabs_ext.service.notebook_merge import merge
from mlabs_ext.wire.comparisons import Difference
from mlabs_ext.wire.merges import MergeChoice, Merged

MEMORY = 2 << 30


class Task(msgspec.Struct):
    """Two notebooks, and whether only their code is of interest; or three, and what was chosen."""

    a: dict | None = None
    b: dict | None = None
    code_only: bool = False
    base: dict | None = None
    mine: dict | None = None
    theirs: dict | None = None
    choices: dict[str, MergeChoice] = {}


def done(task: Task) -> Difference | Merged:
    """Do what the task says."""
    if task.base is not None and task.mine is not None and task.theirs is not None:
        return merge(task.base, task.mine, task.theirs, task.choices)
    assert task.a is not None and task.b is not None
    return difference(task.a, task.b, task.code_only)


def main() -> None:
    """Read a task, write the answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(done(task)))


if __name__ == "__main__":
    main()
