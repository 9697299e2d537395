"""Locks every image's packages, with hashes: `python -m mlabs_images.locks [NAME…]` after a change of requirements.

Beside each requirements file `X.txt` lies `X.lock`, made for the Python and the platform of the images.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mlabs_ext.catalogue import BUNDLED
from mlabs_spawner import uv

PYTHON = "3.11"
BASE = BUNDLED / "base"
HEADER = "# Made from {} by `python -m mlabs_images.locks`: change that one.\n"


class LockFailed(Exception):
    """The packages that were asked for cannot be had together; the message is uv's."""


def compiled(requirements: str, constraints: Sequence[Path] = ()) -> str:
    """The full list of packages with hashes for these requirements; raise LockFailed."""
    line = ["pip", "compile", "-", "--python-version", PYTHON, "--python-platform", "linux"]
    line += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    line += [f"--constraint={file}" for file in constraints]
    done = subprocess.run(
        uv.command(*line), input=requirements, env=uv.environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LockFailed(uv.tail(done.stderr))
    return done.stdout


def lock_file(requirements: Path) -> Path:
    """Where the lock of a requirements file is."""
    return requirements.with_suffix(".lock")


def refresh(requirements: Path) -> None:
    """Write the lock of one requirements file."""
    text = compiled(requirements.read_text())
    lock_file(requirements).write_text(HEADER.format(requirements.name) + text)


def main(arguments: list[str] | None = None) -> int:
    """Refresh the locks of these environments, or of all."""
    parser = argparse.ArgumentParser(prog="python -m mlabs_images.locks", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args(arguments).names or sorted(p.name for p in BUNDLED.iterdir() if p.is_dir())
    for file in (file for name in names for file in sorted((BUNDLED / name).glob("*.txt"))):
        try:
            refresh(file)
        except LockFailed as failure:
            print(f"{file}: {failure}", file=sys.stderr)
            return 1
        print(lock_file(file))
    return 0


if __name__ == "__main__":
    sys.exit(main())
