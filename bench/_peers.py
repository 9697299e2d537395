"""Programs of peers that nothing else needs: each in a virtualenv of its own, made once."""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from pathlib import Path

from _rows import Absent, Effort

PACKAGES = {
    # The last releases; what they leave open has moved on without them.
    "nbviewer": (
        "nbviewer==1.0.1",
        "nbconvert==5.2.1",
        "ipython_genutils",
        "jinja2==2.11.3",
        "markupsafe==2.0.1",
        "mistune==0.8.4",
        "tornado>=6.6,<7",
        "setuptools<81",
    ),
    "tensorflowjs": ("tensorflowjs==4.22.0", "ydf==0.15.0", "setuptools<81"),
}


def programs(name: str, effort: Effort) -> Path:
    """The folder of the programs of that peer."""
    folder = effort.keep / name
    if not (folder / "whole").exists():
        print(f"{name} is installed in {folder}", flush=True)
        begun = time.monotonic()
        venv.create(folder, with_pip=True, clear=True)
        pip = [folder / "bin" / "pip", "install", "--quiet", *PACKAGES[name]]
        done = subprocess.run(pip, stdout=sys.stderr, check=False)
        if done.returncode:
            raise Absent(f"{name} cannot be installed here, as pip says above")
        (folder / "whole").touch()
        print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    return folder / "bin"
