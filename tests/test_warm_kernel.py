"""A process that waits becomes the very kernel that an ordinary start would have made."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

from mlabs_ext import warm_kernel

COMMAND = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
# All that code can tell of the process that it runs in.
SEEN = """
import json, os, signal, sys, threading
variables = {name: value for name, value in os.environ.items() if "CONNECTION" not in name}
print(json.dumps({
    "path": sys.path, "cwd": os.getcwd(), "flags": repr(sys.flags), "main": __name__, "prefix": sys.prefix,
    "executable": sys.executable, "stdin": os.readlink("/proc/self/fd/0").partition(":")[0],
    "signals": [repr(signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM)],
    "leads": os.getsid(0) == os.getpid(), "parent": os.getppid(), "variables": variables,
    "modules": sorted(name for name in sys.modules if "." not in name),
    "threads": sorted(thread.name.rstrip("0123456789") for thread in threading.enumerate()),
}))
"""


class Manager(AsyncKernelManager):
    """A kernel of our command, whatever is installed."""

    @property
    def kernel_spec(self):
        return KernelSpec(argv=COMMAND, display_name="Python", language="python", env={"MARK": "spec"})


@pytest.fixture(autouse=True)
def provisioners(monkeypatch):
    monkeypatch.setattr(warm_kernel, "offered", [])
    yield
    KernelProvisionerFactory.clear_instance()


async def seen(tmp_path, waiting=None, **env):
    """What a kernel sees, its process, and whether it is the one that waited."""
    KernelProvisionerFactory.clear_instance()
    if waiting:
        warm_kernel.offer(waiting)
        KernelProvisionerFactory.instance().default_provisioner_name = warm_kernel.PROVISIONER
    manager = Manager(connection_file=str(tmp_path / f"kernel-{id(env)}.json"))
    await manager.start_kernel(env={**os.environ, **env}, cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    said: list[str] = []
    try:
        await client.wait_for_ready(60)
        await client.execute_interactive(
            SEEN, output_hook=lambda message: said.append(message["content"].get("text", "")), timeout=60
        )
        return json.loads("".join(said)), manager.provisioner.pid
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


async def test_the_kernel_is_like_any_other(tmp_path):
    waiting = warm_kernel.begin(COMMAND)
    ordinary, _ = await seen(tmp_path, NEW="one")
    warm, process = await seen(tmp_path, waiting, NEW="one")
    assert process == waiting.pid
    assert waiting.returncode is not None
    ordinary_modules, modules = set(ordinary.pop("modules")), set(warm.pop("modules"))
    assert modules - ordinary_modules <= {"runpy"}
    # One has what was left of a pipe, the other nothing at all.
    ordinary.pop("stdin"), warm.pop("stdin")
    assert warm == ordinary
    assert warm["variables"]["NEW"] == "one"
    assert warm["variables"]["MARK"] == "spec"


async def test_the_second_kernel_is_an_ordinary_one(tmp_path):
    waiting = warm_kernel.begin(COMMAND)
    _, first = await seen(tmp_path, waiting)
    _, second = await seen(tmp_path)
    assert first == waiting.pid != second


async def test_one_that_ended_while_it_waited_is_not_used(tmp_path):
    waiting = warm_kernel.begin(COMMAND)
    waiting.stdin.close()
    await asyncio.to_thread(waiting.wait)
    _, process = await seen(tmp_path, waiting)
    assert process != waiting.pid


@pytest.mark.parametrize(
    "variables",
    [{}, {"PYTHONPATH": "{folder}"}, {"PYTHONUSERBASE": "{folder}"}, {"PYTHONOPTIMIZE": "1"}, {"TZ": "UTC"}],
    ids=str,
)
async def test_what_python_reads_at_its_start_is_honoured(tmp_path, variables):
    waiting = warm_kernel.begin(COMMAND)
    given = {name: value.format(folder=tmp_path) for name, value in variables.items()}
    warm, process = await seen(tmp_path, waiting, **given)
    ordinary, _ = await seen(tmp_path, **given)
    assert process == waiting.pid
    assert (warm["path"], warm["flags"]) == (ordinary["path"], ordinary["flags"])


@pytest.mark.parametrize(
    ("new", "changes"),
    [
        ("colorama", False),
        ("colorama-1.0.dist-info", False),
        ("traitlets", True),
        ("traitlets.py", True),
        ("mine.pth", True),
        ("sitecustomize.py", True),
    ],
)
def test_packages_that_would_have_come_first_make_an_ordinary_start(tmp_path, monkeypatch, new, changes):
    monkeypatch.setattr("site.getsitepackages", lambda prefixes: [str(tmp_path)])
    monkeypatch.setattr("site.getusersitepackages", lambda: str(tmp_path / "none"))
    (tmp_path / "there").mkdir()
    before = warm_kernel.packages()
    assert not warm_kernel.changed(before)
    (tmp_path / new).mkdir()
    assert warm_kernel.changed(before) is changes


@pytest.mark.parametrize("command", [None, [], ["R", "--slave", "-e", "IRkernel::main()"], ["python", "-m"]])
def test_only_kernels_of_ipython_wait(command):
    assert warm_kernel.begin(command) is None
