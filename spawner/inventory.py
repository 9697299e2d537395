"""Which accelerators a machine has."""

from __future__ import annotations

import shutil
import subprocess

from msgspec import Struct

QUERY = ["--query-gpu=uuid,name,memory.total", "--format=csv,noheader,nounits"]


class Gpu(Struct, frozen=True):
    """One accelerator: `memory` in bytes."""

    id: str
    name: str
    memory: int | None = None


def detect() -> dict[str, Gpu]:
    """The accelerators that NVIDIA's own tool finds on this machine."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    try:
        listed = subprocess.run([tool, *QUERY], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return read(listed.stdout) if listed.returncode == 0 else {}


def read(listed: str) -> dict[str, Gpu]:
    """What the tool printed: a line each of id, name and MiB, which some do not know."""
    found = {}
    for line in listed.splitlines():
        id, name, memory = (field.strip() for field in line.split(",", 2))
        found[id] = Gpu(id, name, int(memory) << 20 if memory.isdecimal() else None)
    return found
