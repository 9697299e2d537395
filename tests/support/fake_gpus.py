"""The one fake of accelerators: an inventory of ones that no machine has, all else is the real queue."""

import asyncio
import os
import stat

from mlabs_ext import wire
from mlabs_spawner.gpus import Gpus


def ids(count):
    return [f"GPU-fake-{number}" for number in range(count)]


class FakeGpus(Gpus):
    """A queue for `count` accelerators, of this test alone."""

    def __init__(self, count=1, **traits):
        super().__init__(**{"devices": ids(count), "record": ""} | traits)


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


def fake_nvidia_smi(folder, use="50, 1024\n", status=0):
    """A tool that tells how much its GPUs do: what is in `folder/use`, a line of percent and MiB for each.

    Each question goes to `folder/asked`.
    """
    (folder / "use").write_text(use)
    program = folder / "nvidia-smi"
    program.write_text(f'#!/bin/sh\necho "$@" >>"{folder}/asked"\ncat "{folder}/use"\nexit {status}\n')
    program.chmod(0o755)
    return program


class Person:
    """Asks for an accelerator; `heard` is what was reported meanwhile."""

    def __init__(self, gpus, name, key):
        self.heard = []
        self.key = key
        self.task = asyncio.ensure_future(gpus.acquire(key, person(name), self.report))

    def report(self, message, percent):
        self.heard.append(message)

    async def turn(self):
        """What came of it, as far as that is known by now."""
        for _ in range(5):
            await asyncio.sleep(0)
        return self.task.result() if self.task.done() else None
