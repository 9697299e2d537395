"""Executes the batch run that this server was started for, has all of it delivered, and ends the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from jupyter_server.utils import ApiPath
from nbformat import NotebookNode
from traitlets import Float, Instance, List, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext import names, notebook, parameters
from mlabs_ext.errors import MLabsError, NotFound
from mlabs_ext.lab import out_of_memory
from mlabs_ext.lab.batch_tracker import Over
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.kernel_watch import KernelWatch
from mlabs_ext.lab.outputs import Outputs
from mlabs_ext.lab.providing import Providing
from mlabs_ext.lab.recorder import Recorder
from mlabs_ext.lab.run_all import Request
from mlabs_ext.lab.run_folder import RunFolder
from mlabs_ext.wire import BatchOrder, Run, RunCreate, RunReason

# Seconds for the record to hear what the executor has heard already.
HEARD_WITHIN = 10.0
# Seconds between two looks at whether all is delivered.
LOOK = 0.2


class Runner(LoggingConfigurable):
    """One run, from the order to the end of the server.

    While it goes on, `folder` is where it works; `finishing` are awaited when its last cell has ended and
    before its end is recorded: what they hand to the service arrives before anybody hears of the end.
    """

    run = Unicode(help="The id of the run.")
    client = Instance(Client)
    recorder = Instance(Recorder)
    watch = Instance(KernelWatch)
    kernels = Instance(MappingKernelManager)
    root = Instance(Path)
    outputs = Instance(Outputs)
    provided = List(Instance(Providing), help="What is fetched before the run, where it is not there yet.")
    image = Unicode(allow_none=True)

    poll_interval = Float(
        2.0,
        help="""Seconds between two questions to the service whether somebody stopped the run. Default: 2.
        Example: `c.Runner.poll_interval = 10`.""",
    ).tag(config=True)
    interrupt_patience = Float(
        10.0,
        help="""Seconds for a cell to end after a stop or the run's time limit interrupted it; then the kernel
        is killed. Default: 10. Example: `c.Runner.interrupt_patience = 60`.""",
    ).tag(config=True)
    kernel_timeout = Float(
        120.0,
        help="""Seconds within which the kernel has to answer once it was started. Default: 120. Example:
        `c.Runner.kernel_timeout = 600`.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.folder: RunFolder | None = None
        self.finishing: list[Callable[[], Awaitable[None]]] = []
        self.kernel = ""
        # Why it ends before its last cell, once somebody or its time limit wants that.
        self.cause: RunReason | None = None
        self.halted = False
        self._cutting: asyncio.Task[None] | None = None

    async def go(self, end_server: Callable[[], None]) -> None:
        """Do all of it; whatever happens, the server ends."""
        try:
            order = await self._order()
            if order and not order.stopping and order.status in ("starting", "running"):
                await self._record(order)
        finally:
            self.close()
        end_server()

    async def halt(self, going: asyncio.Task[None]) -> None:
        """Let go of everything at once, as the server stops; `going` is `go`'s task."""
        self.halted = True
        going.cancel()
        await asyncio.wait([going])
        self.close()

    def close(self) -> None:
        """Leave nothing behind."""
        if self._cutting:
            self._cutting.cancel()
        if self.folder:
            self.folder.remove()

    async def _record(self, order: BatchOrder) -> None:
        """Execute it; what keeps it from being executed is the end of it too, and told in its record."""
        try:
            await self._execute(order)
        except Exception as error:
            self.log.exception("MLabs: run %s could not be executed", self.run)
            self._broke(order, f"{type(error).__name__}: {error}")
        await self._delivered()

    def _broke(self, order: BatchOrder, words: str) -> None:
        kernel = self.kernel or self.run
        if self.run not in self.recorder.outbox.runs:
            self.recorder.batch_begins(kernel, self._create(order), "")
        self.recorder.heard(kernel, Over("failed", "crashed", words))

    async def _order(self) -> BatchOrder | None:
        """What is to be executed, once the service says so; None where there is no such run any more."""
        while True:
            try:
                return await self.client.get(f"runs/{self.run}/order", BatchOrder)
            except NotFound:
                return None
            except MLabsError as error:
                self.log.warning("MLabs: run %s waits for the service: %s", self.run, error.message)
            await asyncio.sleep(self.poll_interval)

    async def _execute(self, order: BatchOrder) -> None:
        name = names.split_lab(order.lab)[1]
        path = names.notebook_path(name)
        for each in self.provided:
            await each.attempt(order.lab)
        self.folder = RunFolder(self.root, self.run, self.root / name)
        await asyncio.to_thread(self.folder.make)
        nb = parameters.inject(notebook.parse(order.notebook.encode()), order.parameters)
        self.kernel = await self.kernels.start_kernel(
            kernel_name=self._kernel_name(nb),
            path=ApiPath(self.folder.path.relative_to(self.root).as_posix()),
        )
        # One that dies has ended the run: another in its place would know nothing of it.
        self.kernels.get_kernel(self.kernel).stop_restarter()
        self.recorder.batch_begins(self.kernel, self._create(order), path)
        self.outputs.follow(self.run, self.folder.outputs)
        watching = asyncio.create_task(self._watch())
        try:
            over = await self._cells(nb, order.timeout)
        finally:
            watching.cancel()
        await self._finish(over)

    def _create(self, order: BatchOrder) -> RunCreate:
        return RunCreate(
            id=order.id,
            lab=order.lab,
            started=datetime.now(UTC),
            environment=order.environment,
            accelerator=order.accelerator,
            image=self.image,
            kind="batch",
            run_all=True,
            parameters=order.parameters,
        )

    def _kernel_name(self, nb: NotebookNode) -> str:
        spec = nb.metadata.get("kernelspec")
        name = spec.get("name") if isinstance(spec, dict) else None
        # The server has given it its own.
        assert self.kernels.kernel_spec_manager is not None
        known = self.kernels.kernel_spec_manager.find_kernel_specs()
        return name if isinstance(name, str) and name in known else self.kernels.default_kernel_name

    async def _cells(self, nb: NotebookNode, timeout: float | None) -> Over:
        """Execute them; how that went. `timeout` in seconds."""
        # Here only: other servers have no use for it.
        from mlabs_ext.lab.executor import Executor

        manager = self.kernels.get_kernel(self.kernel)
        kills, timer = out_of_memory.kills(), None
        executor = Executor(nb, manager, self._asked)
        try:
            await executor.connect(self.kernel_timeout)
            # The limit is one of the cells, not of the kernel's start.
            timer = timeout and asyncio.get_running_loop().call_later(timeout, self._cut, "timeout")
            return await self._each(executor)
        except RuntimeError as error:
            # Of nbclient's and jupyter_client's: it died, or never answered.
            if self.halted:
                # nbclient takes being cancelled for the kernel's death.
                raise asyncio.CancelledError from error
            self.log.warning("MLabs: the kernel of run %s: %s", self.run, error)
            if self.cause:
                return self._cut_short()
            reason, words = out_of_memory.died(exit_status(manager), kills, out_of_memory.kills())
            return Over("failed", reason, words)
        finally:
            executor.close()
            if timer:
                timer.cancel()

    async def _each(self, executor: Any) -> Over:
        from nbclient.exceptions import CellExecutionError

        for index in range(len(executor.nb.cells)):
            if self.cause:
                break
            try:
                await executor.execute_next(index)
            except CellExecutionError as error:
                reason = out_of_memory.raised(error.ename, error.evalue)
                return self._cut_short() if self.cause else Over("failed", reason)
        return self._cut_short() if self.cause else Over("succeeded", None)

    def _cut_short(self) -> Over:
        return Over("failed" if self.cause == "timeout" else "stopped", self.cause)

    def _asked(self, message: str, cell: str, code: str) -> None:
        self.recorder.heard(self.kernel, Request(message, cell or None, code, True, time.monotonic()))

    async def _watch(self) -> None:
        """End the run when somebody says so."""
        while self.cause is None:
            await asyncio.sleep(self.poll_interval)
            if await self._stopped():
                self._cut("stopped")

    async def _stopped(self) -> bool:
        try:
            run = await self.client.get(f"runs/{self.run}", Run)
        except NotFound:
            return True
        except MLabsError:
            return False
        return run.stopping or run.status == "stopped"

    def _cut(self, cause: RunReason) -> None:
        if self.cause:
            return
        self.cause = cause
        self._cutting = asyncio.create_task(self._interrupt())

    async def _interrupt(self) -> None:
        """Interrupt what runs; kill it where that is not heard."""
        # What it returns is the kernel's own coroutine; its type is that of kernels without asyncio.
        await self.kernels.interrupt_kernel(self.kernel)  # type: ignore[func-returns-value,misc]
        await asyncio.sleep(self.interrupt_patience)
        self.log.warning("MLabs: run %s does not end when interrupted; its kernel is killed", self.run)
        with suppress(KeyError):
            provisioner = self.kernels.get_kernel(self.kernel).provisioner
            if provisioner:
                await provisioner.kill()

    async def _finish(self, over: Over) -> None:
        """Record the end after all that the kernel said before, then let the kernel go."""
        if self._cutting:
            self._cutting.cancel()
        self.watch.flush()
        await self.recorder.batch_heard(self.kernel, 0.5 if over.died or self.cause else HEARD_WITHIN)
        for each in self.finishing:
            try:
                await each()
            except (OSError, MLabsError):
                self.log.exception("MLabs: something of run %s could not be handed over", self.run)
        self.recorder.heard(self.kernel, over)
        await self.recorder.batch_heard(self.kernel, HEARD_WITHIN)
        with suppress(KeyError):
            await self.kernels.shutdown_kernel(self.kernel, now=True)

    async def _delivered(self) -> None:
        """Return when the service has all of it, or will not take it."""
        while self.run in self.recorder.outbox.runs:
            await asyncio.sleep(LOOK)


def exit_status(manager: Any) -> int | None:
    """How a kernel's process ended, as Python tells it: negative for signals; None where nobody knows."""
    process = getattr(manager.provisioner, "process", None)
    status = process.poll() if process is not None else None
    return status if isinstance(status, int) else None
