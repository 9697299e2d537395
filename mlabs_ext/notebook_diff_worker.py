"""The process that compares two notebooks: it may be ended at any moment, and knows nothing but them."""

from __future__ import annotations

import resource
import sys
from typing import Any

import msgspec

from mlabs_ext.notebook_diff import difference

MEMORY = 2 << 30


class Task(msgspec.Struct):
    """Two notebooks, and whether only their code is of interest."""

    a: dict[str, Any]
    b: dict[str, Any]
    code_only: bool


def main() -> None:
    """Read a task, write the difference."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(difference(task.a, task.b, task.code_only)))


if __name__ == "__main__":
    main()
