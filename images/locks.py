"""Locks every image's packages, with hashes: `python -m mlabs_images.locks [NAME…]`.

Run it after a change of requirements. Beside each requirements file `X.txt` lies `X.lock`, made for
the Python and the platform of the images.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlabs_ext.catalogue import Catalogue
from mlabs_ext.environment import BASE, Stage
from mlabs_spawner import uv

PYTHON = "3.11"
HEADER = "# Made from {} by `python -m mlabs_images.locks`: change that one.\n"


class LockFailed(Exception):
    """The packages that were asked for cannot be had together; the message is uv's."""


def compiled(requirements: str, constraints: Sequence[Path] = (), source: bool = False) -> str:
    """The full list of packages with hashes for these requirements; raise LockFailed.

    What a `source` needs was installed before it, and asking it would run its setup.
    """
    line = ["pip", "compile", "-", "--python-version", PYTHON, "--python-platform", "linux"]
    line += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", *["--no-deps"] * source]
    line += [f"--constraint={file}" for file in constraints]
    done = subprocess.run(
        uv.command(*line),
        input=requirements,
        env=uv.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LockFailed(uv.tail(done.stderr))
    return done.stdout


def refresh(stage: Stage, folder: Path) -> Path:
    """Write the lock of one step's file."""
    assert stage.file and stage.lock
    text = compiled((folder / stage.file).read_text(), source=stage.source)
    lock = folder / stage.lock
    lock.write_text(HEADER.format(stage.file) + text)
    return lock


def files(names: Sequence[str] = ()) -> Iterator[tuple[Stage, Path]]:
    """Every step with a file, and the folder it lies in: of these environments, or of all and the base."""
    if not names or "base" in names:
        yield Stage(file="requirements.txt"), BASE
    for spec in Catalogue().all():
        if not names or spec.name in names:
            stages = [*spec.stages, *(stage for more in spec.install_on.values() for stage in more)]
            yield from ((stage, spec.folder) for stage in stages if stage.file)


def main(arguments: list[str] | None = None) -> int:
    """Refresh the locks of these environments, or of all."""
    parser = argparse.ArgumentParser(prog="python -m mlabs_images.locks", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="an environment, or `base`")
    for stage, folder in files(parser.parse_args(arguments).names):
        try:
            print(refresh(stage, folder))
        except LockFailed as failure:
            print(f"{folder / str(stage.file)}: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
