"""Starts the first kernel of a server that waited for its person in the process that waited along with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from mlabs_ext import warm_kernel


class WaitingProvisioner(LocalProvisioner):
    """An ordinary local kernel; the first of all, if it is the image's own, has its imports behind it."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel, in the waiting process if there is one."""
        kernel = warm_kernel.take() if "env" in kwargs else None
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        cwd = kwargs.get("cwd")
        env = {**kwargs["env"], "JPY_PARENT_PID": str(os.getpid())}
        try:
            warm_kernel.tell(kernel, cmd, env, str(cwd) if cwd else None)
        except OSError:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel
        # It leads a session of its own, as every kernel does.
        self.pid = self.pgid = kernel.pid
        self.cwd = cwd or Path.cwd()
        return self.connection_info
