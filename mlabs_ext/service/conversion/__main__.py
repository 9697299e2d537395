"""The process that converts a model: it may be ended at any moment, and knows only that model."""

from __future__ import annotations

import os
import resource
import sys
import warnings

import msgspec

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.conversion.task import Answer, Failed, Task

MEMORY = 3 << 30


def answer(task: Task) -> Answer:
    """Convert; an error that the files cause is an answer as well."""
    from mlabs_ext.service.conversion.converting import converted

    try:
        return Answer(made=converted(task))
    except MLabsError as error:
        return Answer(failed=Failed(error.status, error.code, error.message, error.detail))
    except (RecursionError, MemoryError):
        message = "This model is too large or too deeply nested to be converted here."
        return Answer(failed=Failed(422, "model_refused", message))


def limit(size: int) -> None:
    """Bound what a hostile file can take: memory, files of `size` bytes, no programs, no core files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def main() -> None:
    """Read a task, write the answer."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not reach the pipe that the answer goes through.
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    task = msgspec.msgpack.decode(source.read(), type=Task)
    limit(task.limit + (64 << 20))
    target.write(msgspec.msgpack.encode(answer(task)))
    target.flush()


if __name__ == "__main__":
    # OpenBLAS would reserve memory for threads that nothing here uses.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.setrecursionlimit(2000)
    main()
