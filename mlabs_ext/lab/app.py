"""The server extension: puts its parts together, and takes them down in order when the server stops."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from traitlets import Float, Instance, List, Unicode, default

from mlabs_ext.lab.checkpoints import Checkpoints
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.datasets import DataFolder
from mlabs_ext.lab.delivery import Delivery
from mlabs_ext.lab.ending import end_with_main_thread
from mlabs_ext.lab.gpu_usage import GpuUsage
from mlabs_ext.lab.kernel_watch import KernelWatch
from mlabs_ext.lab.lab_files import LabFiles
from mlabs_ext.lab.line import Lines
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.lab.observing import observers
from mlabs_ext.lab.outbox import Outbox
from mlabs_ext.lab.outputs import Outputs
from mlabs_ext.lab.recorder import Recorder
from mlabs_ext.lab.rules import Rules
from mlabs_ext.lab.runner import Runner
from mlabs_ext.lab.web.routes import ROUTES
from mlabs_ext.lab.websocket import recording
from mlabs_ext.names import lab_url, server_name


class MLabsLab(ExtensionApp):
    """Publishes, forks and opens labs, and records what runs; off where MLabs did not start the server."""

    name = "mlabs"
    load_other_extensions = True

    service_url = Unicode(
        help="""Address of the MLabs service, absolute and ending in a slash. Default: the environment
        variable MLABS_SERVICE_URL; without it the extension is off. Example:
        `c.MLabsLab.service_url = "http://127.0.0.1:8000/services/mlabs/"`."""
    ).tag(config=True)
    owner = Unicode(
        help="""The JupyterHub user whose server this is; nobody else may use the extension. Default:
        JUPYTERHUB_USER. Example: `c.MLabsLab.owner = "ada"`."""
    ).tag(config=True)
    lab = Unicode(
        help="""The lab that this server was started for. Default: MLABS_LAB. Example:
        `c.MLabsLab.lab = "ada/mnist"`."""
    ).tag(config=True)
    environment = Unicode(
        help="""The environment that its kernels run in. Default: MLABS_ENVIRONMENT, else `python`. Example:
        `c.MLabsLab.environment = "pytorch"`."""
    ).tag(config=True)
    run = Unicode(
        help="""The batch run that this server was started for; empty for a server to work in. Default:
        MLABS_RUN. Example: `c.MLabsLab.run = "01JCQ3W3T9V0Q8X5H7ZK2M0001"`."""
    ).tag(config=True)
    accelerator = Unicode(
        help="""The accelerator that its kernels have. Default: MLABS_ACCELERATOR, else `none`. Example:
        `c.MLabsLab.accelerator = "gpu"`."""
    ).tag(config=True)
    stop_timeout = Float(
        3.0,
        help="""Seconds that a stopping server spends on delivering recorded runs; the rest waits for the next
        start. Default: 3. Example: `c.MLabsLab.stop_timeout = 1`.""",
    ).tag(config=True)
    runner = Instance(Runner, allow_none=True, help="Executes the batch run, where the server is for one.")
    running = Instance(asyncio.Task, allow_none=True, help="What the runner does.")
    tasks: List[asyncio.Task[None]] = List(help="What runs in the background while the server does.")

    @default("service_url")
    def _service_url(self) -> str:
        return os.environ.get("MLABS_SERVICE_URL", "")

    @default("owner")
    def _owner(self) -> str:
        return os.environ.get("JUPYTERHUB_USER") or self.lab.partition("/")[0]

    @default("lab")
    def _lab(self) -> str:
        return os.environ.get("MLABS_LAB", "")

    @default("run")
    def _run(self) -> str:
        return os.environ.get("MLABS_RUN", "")

    @default("environment")
    def _environment(self) -> str:
        return os.environ.get("MLABS_ENVIRONMENT") or "python"

    @default("accelerator")
    def _accelerator(self) -> str:
        return os.environ.get("MLABS_ACCELERATOR") or "none"

    @property
    def enabled(self) -> bool:
        """Whether this server belongs to an MLabs."""
        return bool(self.service_url and self.owner)

    def initialize_settings(self) -> None:
        """Make the parts, and hook the recorder into the kernels."""
        if not self.enabled:
            self.log.info(
                "MLabs is off: MLABS_SERVICE_URL is not set, so this server was not started by MLabs."
            )
            return
        self._make_parts()
        base = self._server.kernel_websocket_connection_class
        self.settings["kernel_websocket_connection_class"] = recording(base, self.recorder, self.lines)
        # With the page, as it is asked for where this server answers no more.
        self._server.web_app.settings.setdefault("page_config_data", {})["mlabsLabPage"] = self.lab_page

    def initialize_handlers(self) -> None:
        """Serve `{server}/mlabs/api`."""
        if self.enabled:
            self.handlers.extend(ROUTES)

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        if self.enabled:
            await self.outbox.adopt()
            self.tasks = [asyncio.create_task(each) for each in self._background()]
            for task in self.tasks:
                task.add_done_callback(self._background_ended)
            if self.runner:
                self.running = asyncio.create_task(self.runner.go(self._server.stop))

    async def stop_extension(self) -> None:
        """End the open runs, as their kernels are about to end, and deliver what can be delivered now."""
        if not self.enabled:
            return
        end_with_main_thread()
        self.lines.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.stop_timeout):
                await self.outputs.finish()
        await self._stop_runner()
        await self.rules.bringing.close()
        await self.rules.making.close()
        self.watch.flush()
        await self.recorder.stop()
        await self.outbox.settle()
        if self.tasks and not await self.delivery.flush(self.stop_timeout):
            self.log.warning("MLabs: recorded runs wait in %s for the next start", self.outbox.directory)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.outbox.close()
        self.client.close()

    async def _stop_runner(self) -> None:
        """A run that goes on is ended by the recorder, with the word that its server stops."""
        if self.runner and self.running:
            await self.runner.halt(self.running)

    @property
    def base_path(self) -> str:
        """The path of the service, ending in a slash: browsers may know it by another host."""
        return urlsplit(self.service_url).path

    @property
    def lab_page(self) -> str:
        """The path of the lab's page, or of the service where this server is for none."""
        owner, _, name = self.lab.partition("/")
        return lab_url(self.base_path, owner, name) if name else self.base_path

    @property
    def _server(self) -> ServerApp:
        """The server that has loaded this."""
        assert self.serverapp is not None
        return self.serverapp

    def _make_parts(self) -> None:
        server = self._server
        runtime = {"environment": self.environment, "accelerator": self.accelerator}
        token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
        self.client = Client(parent=self, url=self.service_url, token=token)
        self.notebooks = Notebooks(
            parent=self,
            contents=server.contents_manager,
            sessions=server.session_manager,
            owner=self.owner,
            lab=self.lab,
        )
        self.outbox = Outbox(parent=self, **self._outbox_directory())
        self.delivery = Delivery(parent=self, outbox=self.outbox, client=self.client)
        self.recorder = Recorder(
            parent=self,
            outbox=self.outbox,
            notebooks=self.notebooks,
            image=os.environ.get("MLABS_IMAGE") or None,
            **runtime,
        )
        self.watch = KernelWatch(
            parent=self, kernels=server.kernel_manager, events=server.event_logger, listener=self.recorder
        )
        self.lines = Lines(parent=self)
        self.gpu_usage = GpuUsage(parent=self, record=self.recorder)
        self.recorder.used = self.gpu_usage.taken
        root = Path(server.root_dir).absolute()
        self.checkpoints = Checkpoints(parent=self, client=self.client, root=root)
        self.lab_files = LabFiles(parent=self, client=self.client, root=root)
        self.datasets = DataFolder(parent=self, client=self.client, root=root)
        self.outputs = Outputs(parent=self, client=self.client, record=self.recorder, root=root)
        if self.run:
            self._make_runner()
        self.recorder.observers = [*observers(self, server, self.recorder, self.outbox), self.outputs]
        self.rules = Rules(self, server)

    def _make_runner(self) -> None:
        self.runner = Runner(
            parent=self,
            run=self.run,
            client=self.client,
            recorder=self.recorder,
            watch=self.watch,
            kernels=self._server.kernel_manager,
            root=self.outputs.root,
            outputs=self.outputs,
            provided=[self.lab_files, self.checkpoints, self.datasets],
            image=os.environ.get("MLABS_IMAGE") or None,
        )
        self.runner.finishing.append(partial(self.outputs.finish_run, self.run))

    def _background(self) -> list[Coroutine[Any, Any, None]]:
        """What goes on for as long as the server does."""
        work = [self.delivery.run(), self.recorder.watch_clock(), self._adopt_again()]
        work += [self.rules.limits.watch(), self.rules.choices.watch()]
        provided = [] if self.run else [self.lab_files, self.checkpoints, self.datasets]
        work += [each.keep_trying(self.lab) for each in provided]
        work += [each.watch() for each in self.recorder.observers if hasattr(each, "watch")]
        return work if self.accelerator == "none" else [*work, self.gpu_usage.watch()]

    def _outbox_directory(self) -> dict[str, str]:
        """Where the outbox is, unless the configuration says otherwise."""
        if "directory" in self.config.Outbox:
            return {}
        name = os.environ.get("JUPYTERHUB_SERVER_NAME") or "default"
        if self.run:
            # No later server has this one's name: what a crash leaves is delivered by the next of the lab.
            name = server_name(self.lab.rpartition("/")[2])
        return {"directory": str(Path(self._server.root_dir, ".mlabs", "outbox", name))}

    def _background_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self.log.error("MLabs: %s failed; recorded runs are kept", task.get_coro(), exc_info=error)

    async def _adopt_again(self) -> None:
        """A server that was still stopping when this one started may have left something since."""
        while True:
            await asyncio.sleep(60)
            await self.outbox.adopt()
