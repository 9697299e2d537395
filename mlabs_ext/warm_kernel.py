"""A process of the kernel's own interpreter that has IPython imported, and waits to become a kernel.

It runs as a file, by an interpreter that need not know MLabs: nothing but the standard library. What it is
told is exactly what an ordinary start would have run; where it cannot be that, it replaces itself by it.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

# What an ordinary kernel has imported once it answers, and nothing else: not what a person may bring.
MODULES = (
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.comm.manager"),
    *("ipykernel.debugger", "IPython.core.completer", "IPython.core.completerlib", "IPython.core.debugger"),
    *("IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic"),
    *("zmq.eventloop.zmqstream", "tornado.platform.asyncio", "psutil", "sqlite3"),
)
# What the interpreter, or a module when it is imported, reads once and for all; these few may differ.
ONCE = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "JUPYTERHUB_SINGLEUSER_")
HARMLESS = ("PYTHONPATH", "PYTHONSTARTUP")

# The entry point by which Jupyter finds who hands a kernel over.
PROVISIONER = "mlabs-waiting"

Waiting = subprocess.Popen
offered: list[subprocess.Popen[bytes]] = []


def begin(command: list[str] | None) -> subprocess.Popen[bytes] | None:
    """Start a process that waits to become a kernel with this command; None where it is none of IPython's."""
    if not command or "-m" not in command:
        return None
    at = command.index("-m")
    if "".join(command[at + 1 : at + 2]).partition(".")[0] not in ("ipykernel", "ipykernel_launcher"):
        return None
    with suppress(OSError):
        # As the launcher of kernels does: interrupts go to a process group.
        return subprocess.Popen(
            [*command[:at], __file__],
            stdin=subprocess.PIPE,
            # Read when ipykernel is imported: with it, a kernel ends when its server does.
            env={**os.environ, "JPY_PARENT_PID": str(os.getpid())},
            start_new_session=True,
        )
    return None


def offer(kernel: subprocess.Popen[bytes]) -> None:
    """The next kernel that this process starts may be this one."""
    offered.append(kernel)


def take() -> subprocess.Popen[bytes] | None:
    """The waiting process, once, if it still waits."""
    kernel = offered.pop() if offered else None
    return kernel if kernel and kernel.poll() is None else None


def tell(kernel: subprocess.Popen[bytes], command: list[str], env: dict[str, str], cwd: str | None) -> None:
    """Have it become this kernel; raise OSError where it ended meanwhile."""
    assert kernel.stdin
    with kernel.stdin as pipe:
        pipe.write(json.dumps({"command": command, "env": env, "cwd": cwd}).encode() + b"\n")


def main() -> None:
    """Import, wait, become the kernel."""
    # The folder of this file holds modules of another environment.
    del sys.path[0]
    had = set(os.environ)
    for module in MODULES:
        with suppress(Exception):
            importlib.import_module(module)
    left = {name: value for name, value in os.environ.items() if name not in had}
    before, mine = packages(), read_once()
    line = sys.stdin.buffer.readline()
    if not line:
        return
    told = json.loads(line)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.environ.clear()
    # What the imports left there, as they would have later.
    os.environ.update({**left, **told["env"]})
    if told["cwd"]:
        os.chdir(told["cwd"])
    command = told["command"]
    at = command.index("-m") if "-m" in command else 0
    if not at or command[:at] != sys.orig_argv[:-1] or read_once() != mine or changed(before):
        os.execvp(command[0], command)  # noqa: S606 - the kernel
    become(command[at + 1 :])


def become(argv: list[str]) -> None:
    """Run a module with its arguments, as `python -m` would."""
    import runpy

    sys.path_importer_cache.clear()
    for place in reversed(os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if place and place not in sys.path:
            sys.path.insert(0, place)
    sys.path.insert(0, "")
    sys.argv = argv
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)


def read_once() -> dict[str, str]:
    """The variables that a process cannot take up later."""
    return {
        name: value for name, value in os.environ.items() if name.startswith(ONCE) and name not in HARMLESS
    }


def packages() -> dict[str, list[str]]:
    """What is in the folders where a person's own packages are: those of the virtualenv, and user site."""
    import site

    found: dict[str, list[str]] = {}
    for place in [*site.getsitepackages([sys.prefix]), site.getusersitepackages()]:
        with suppress(OSError):
            found[place] = sorted(each.name for each in Path(place).iterdir())
    return found


def changed(before: dict[str, list[str]]) -> bool:
    """Whether an interpreter that started now would differ from this one: by what it ran, or has imported."""
    for place, names in packages().items():
        for name in set(names) - set(before.get(place, ())):
            module = name.partition(".")[0]
            if name.endswith(".pth") or module in sys.modules or module.endswith("customize"):
                return True
    return False


if __name__ == "__main__":
    main()
