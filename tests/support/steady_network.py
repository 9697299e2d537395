"""A network that stands still, for browsers beside tests whose containers bring interfaces and take them."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from support.preloaded import compiled, may_compile

SOURCE = Path(__file__).with_suffix(".c")


def environ() -> dict[str, str]:
    """The variables of a program that hears nothing of interfaces; ours, where there is no compiler."""
    return {**os.environ, "LD_PRELOAD": _library()} if may_compile() else dict(os.environ)


@functools.cache
def _library() -> str:
    folder = tempfile.mkdtemp(prefix="mlabs-steady-network-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(compiled(SOURCE, Path(folder)))
