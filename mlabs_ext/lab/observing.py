"""Puts the observers of runs together, on the kernels of this server."""

from __future__ import annotations

import os
from functools import partial
from string import Template
from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

from mlabs_ext.lab.kernel_specs import is_ipython
from mlabs_ext.lab.observers import Observer
from mlabs_ext.lab.outbox import Outbox
from mlabs_ext.lab.packages import Packages, Python
from mlabs_ext.lab.recorder import Recorder
from mlabs_ext.lab.resource_usage import ResourceUsage
from mlabs_ext.lab.tensorboard import TensorBoard


def observers(parent: Any, server: ServerApp, recorder: Recorder, outbox: Outbox) -> list[Observer]:
    """All of them; `parent` has their configuration."""
    kernels = server.kernel_manager

    def python_of(kernel: str) -> Python | None:
        spec = kernels.get_kernel(kernel).kernel_spec if kernel in kernels else None
        if spec is None or not is_ipython(spec.argv):
            return None
        program, *_ = kernels.get_kernel(kernel).format_kernel_cmd()
        return Python(
            program, {name: Template(value).safe_substitute(os.environ) for name, value in spec.env.items()}
        )

    return [
        ResourceUsage(parent=parent, record=recorder, pid_of=partial(pid_of, kernels)),
        Packages(parent=parent, record=recorder, python_of=python_of),
        TensorBoard(parent=parent, record=recorder, outbox=outbox, root=server.root_dir),
    ]


def pid_of(kernels: MappingKernelManager, kernel: str) -> int | None:
    """The process of a kernel."""
    provisioner = kernels.get_kernel(kernel).provisioner if kernel in kernels else None
    return getattr(provisioner, "pid", None)
