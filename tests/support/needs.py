"""What some tests need and a machine may lack: how it is looked for, and what is said where it is absent."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from mlabs_spawner import inventory

CHECKOUT = Path(__file__).resolve().parents[2]


def corpus() -> Path:
    """The notebook corpus: `MLABS_CORPUS`, else `shared/corpus` beside the checkout."""
    return Path(os.environ.get("MLABS_CORPUS") or CHECKOUT.parent / "shared" / "corpus")


def chromium(whole: bool = False) -> str | None:
    """Chromium's program: `MLABS_CHROMIUM`, else the one on PATH.

    The headless shell is the same engine without windows, and takes a third less of the processor; it has
    no cameras, and no processes of their own for sandboxed frames: who needs those asks for the `whole`.
    """
    names = ("chromium", "chromium-browser")
    names = names if whole else ("chromium-headless-shell", *names)
    return os.environ.get("MLABS_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's server programs; Debian keeps them off PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = str(found[-1]) if found else shutil.which("initdb")
    return Path(program).parent if program else None


def seaweedfs() -> str | None:
    """SeaweedFS' program, which a wheel puts beside Python's own."""
    return shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")


def nginx() -> str | None:
    """nginx' program; Debian keeps it off the PATH of most."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


def _nginx() -> str | None:
    return None if nginx() else "nginx is not installed"


def _docker() -> str | None:
    if not shutil.which("docker"):
        return "there is no docker command"
    done = subprocess.run(["docker", "info"], capture_output=True, text=True, timeout=20, check=False)
    return None if done.returncode == 0 else f"the Docker engine does not answer: {done.stderr.strip()[:200]}"


def _browser() -> str | None:
    return None if chromium() else "Chromium is not installed"


def _corpus() -> str | None:
    return None if corpus().is_dir() else f"there is no notebook corpus in {corpus()}"


def _postgresql() -> str | None:
    return None if postgresql_programs() else "the PostgreSQL server is not installed"


def _s3() -> str | None:
    return None if seaweedfs() else "SeaweedFS is not installed"


def _gpu() -> str | None:
    return None if inventory.detect() else "there is no NVIDIA GPU"


NEEDS: dict[str, Callable[[], str | None]] = {
    "docker": _docker,
    "browser": _browser,
    "corpus": _corpus,
    "postgresql": _postgresql,
    "s3": _s3,
    "nginx": _nginx,
    "gpu": _gpu,
}


@cache
def absent(need: str) -> str | None:
    """Why `need` cannot be had here; None where it can."""
    return NEEDS[need]()


def insist(need: str) -> None:
    """Skip the running test where `need` is absent; fail it where `MLABS_TEST_REQUIRE` names the need."""
    reason = absent(need)
    if reason and need in os.environ.get("MLABS_TEST_REQUIRE", "").split(","):
        pytest.fail(f"{reason}, and MLABS_TEST_REQUIRE asks for it", pytrace=False)
    if reason:
        pytest.skip(reason)
