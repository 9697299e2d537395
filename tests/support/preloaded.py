"""Libraries in C that stand between a program and the system (LD_PRELOAD)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def may_compile() -> bool:
    """Whether there is a compiler for them."""
    return shutil.which("cc") is not None


def compiled(source: Path, folder: Path) -> Path:
    """The library of a source, made in this folder."""
    library = folder / f"{source.stem}.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return library
