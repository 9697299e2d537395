"""The process that merges notebooks: it may be ended at any moment, and knows nothing but them."""

from __future__ import annotations

import resource
import sys
from typing import Any

import msgspec

from mlabs_ext.service.notebook_merge import merge
from mlabs_ext.wire.merges import MergeChoice

MEMORY = 2 << 30


class Task(msgspec.Struct):
    """Three notebooks, and what was chosen where two of them disagree."""

    base: dict[str, Any]
    mine: dict[str, Any]
    theirs: dict[str, Any]
    choices: dict[str, MergeChoice] = {}


def main() -> None:
    """Read a task, write what comes of it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    merged = merge(task.base, task.mine, task.theirs, task.choices)
    sys.stdout.buffer.write(msgspec.json.encode(merged))


if __name__ == "__main__":
    main()
