"""Waits in a container, with all of a server imported, for the person whose server it becomes.

    python -m mlabs_ext.warm

The hub writes one line to the standard input, which nobody else reaches: what to run, and the variables that
make it that person's. Until then the process knows of nobody.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from mlabs_ext import quick, warm_kernel

# The hub looks for this line.
READY = "MLabs: waiting for a person"
# Where the health check finds out what to ask, and whether anything is to be asked yet.
ADDRESS = Path("/run/mlabs-address")
ENTRY_POINT = Path("/usr/local/bin/start")
COMMAND = ["-m", quick.__name__, "jupyterhub.singleuser"]
SERVICES = [
    *("api", "config", "contents", "events", "kernels", "kernelspecs", "nbconvert", "security", "sessions"),
    "shutdown",
]
# What a server loads, its extensions and what those load when they start included; and nothing else, since
# some modules change others (jupyterlab.labhubapp is an older kind of server).
MODULES = [
    *("jupyterhub.singleuser.extension", "jupyter_server.serverapp", "jupyterlab.labapp", "notebook.app"),
    *("jupyter_lsp.virtual_documents_shadow", "jupyter_server_terminals", "notebook_shim.nbserver"),
    *("jupyterlab.extensions.pypi", "jupyterlab_server.handlers", "mlabs_ext.lab", "mlabs_ext.lab.app"),
    *("jupyter_client.provisioning", "mlabs_ext.lab.waiting_kernel", "IPython.core.inputtransformer2"),
    *("jupyter_server.services.kernels.connection.channels", "httpcore", "jinja2.ext"),
    *("jupyter_core.migrate", "tornado.platform.asyncio"),
    *(f"jupyter_server.{name}.handlers" for name in ("kernelspecs", "nbconvert", "view")),
    *(f"jupyter_server.services.{name}.handlers" for name in SERVICES),
]


def main() -> None:
    """Import, wait, become the server."""
    sys.modules[quick.UNUSED] = cast(ModuleType, None)
    kernel = warm_kernel.begin(kernel_command())
    load(MODULES)
    gc.freeze()
    print(READY, file=sys.stderr, flush=True)
    line = sys.stdin.buffer.readline()
    if not line:
        sys.exit("MLabs: nobody came.")
    become(json.loads(line), kernel)


def load(modules: list[str]) -> None:
    """Import what is there of these; what is not was not needed."""
    for module in modules:
        with suppress(ImportError):
            importlib.import_module(module)


def become(claim: dict[str, Any], kernel: warm_kernel.Waiting[bytes] | None) -> None:
    """Run the server of this claim: `command` and `env`, to which the image's own variables come."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    before = warm_kernel.read_once()
    os.environ.update(claim["env"])
    # The same folder by name, but by now it is in the person's volume.
    os.chdir(os.environ.get("HOME", "/"))
    with suppress(OSError):
        ADDRESS.write_text(os.environ.get("JUPYTERHUB_SERVICE_URL", ""))
    if ENTRY_POINT.exists():
        subprocess.run([ENTRY_POINT, "true"], check=False)
    sys.path_importer_cache.clear()
    command = claim["command"]
    if command[1 : 1 + len(COMMAND)] != COMMAND or warm_kernel.read_once() != before:
        os.execvp(command[0], command)  # noqa: S606 - what the image runs
    sys.argv = command[len(COMMAND) :]
    if kernel:
        warm_kernel.offer(kernel)
        # Not by the variable that does the same: kernels and terminals would inherit it.
        sys.argv.append(f"--KernelProvisionerFactory.default_provisioner_name={warm_kernel.PROVISIONER}")
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def kernel_command() -> list[str] | None:
    """How the kernel of this image is started, if one could be handed over; else None."""
    if not metadata.entry_points(group="jupyter_client.kernel_provisioners", name=warm_kernel.PROVISIONER):
        return None
    folders = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
    for folder in folders:
        for file in sorted(Path(folder, "kernels").glob("*/kernel.json")) if folder else ():
            with suppress(OSError, ValueError):
                return cast(list[str], json.loads(file.read_text())["argv"])
    return None


if __name__ == "__main__":
    main()
