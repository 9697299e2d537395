"""The one fake of accelerators: an inventory of ones that no machine has, all else is the real queue."""

import os
import stat

from mlabs_ext import wire
from mlabs_spawner.gpus import Gpus


def ids(count):
    return [f"GPU-fake-{number}" for number in range(count)]


class FakeGpus(Gpus):
    """A queue for `count` accelerators, of this test alone."""

    def __init__(self, count=1, **traits):
        super().__init__(devices=ids(count), **traits)


def person(name, lab="lab"):
    """Somebody, with a lab."""
    return wire.HubPerson(name, f"{name}/{lab}")


def fake_tool(folder, count, status=0):
    """A program in NVIDIA's place, for code that asks the machine; `folder` goes first in PATH."""
    folder.mkdir(exist_ok=True)
    lines = "".join(f"{id}, NVIDIA Fake {n}, {(n + 1) * 1024}\\n" for n, id in enumerate(ids(count)))
    tool = folder / "nvidia-smi"
    listed = "".join(f"GPU {n}: NVIDIA Fake {n} (UUID: {id})\\n" for n, id in enumerate(ids(count)))
    tool.write_text(f"#!/bin/sh\n[ $1 = -L ] && printf '{listed}' || printf '{lines}'\nexit {status}\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
