"""The process that finds a notebook in a file: it may be ended at any moment, and knows only the file."""

from __future__ import annotations

import os
import resource
import sys
import warnings

import msgspec

from mlabs_ext.errors import MLabsError, Unusable
from mlabs_ext.service.unpacking import Failed, Task, Unpacked, unpacked

MEMORY = 2 << 30


def answer(task: Task) -> Unpacked | Failed:
    """Find it; an error that the file causes is an answer as well."""
    try:
        return unpacked(task)
    except MLabsError as error:
        return Failed(error.status, error.code, error.message)
    except (RecursionError, MemoryError):
        failed = Unusable("This file is too complex to be imported.", "import_failed")
        return Failed(failed.status, failed.code, failed.message)


def main() -> None:
    """Read a task, write the answer."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not reach the pipe that the answer goes through.
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    found = answer(msgspec.msgpack.decode(source.read(), type=Task))
    kind = "found" if isinstance(found, Unpacked) else "failed"
    target.write(msgspec.msgpack.encode({kind: found}))
    target.flush()


if __name__ == "__main__":
    # A grammar for a format that notebooks do not have, and a server: seconds of loading, for nothing.
    for name in ("rfc3987_syntax", "jupyter_server"):
        sys.modules[name] = None  # type: ignore[assignment]  # it is how an import is made to fail
    main()
