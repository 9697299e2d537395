"""What the handlers of the server extension ask: its rules, each made once."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.serverapp import ServerApp

from mlabs_ext.lab.background import Background
from mlabs_ext.lab.choices import Choices
from mlabs_ext.lab.data_bringing import DataBringing
from mlabs_ext.lab.data_finding import DataFinding
from mlabs_ext.lab.data_making import DataMaking
from mlabs_ext.lab.guarding import Guarding
from mlabs_ext.lab.history import History
from mlabs_ext.lab.kernel_specs import equip
from mlabs_ext.lab.labs import Labs
from mlabs_ext.lab.limits import Limits
from mlabs_ext.lab.notebook_data import NotebookDatasets
from mlabs_ext.lab.observing import pid_of
from mlabs_ext.lab.opening import Opening
from mlabs_ext.lab.past_runs import PastRuns
from mlabs_ext.lab.publishing import Publishing
from mlabs_ext.lab.resources import Resources
from mlabs_ext.lab.runtime import Runtimes
from mlabs_ext.lab.sharing import Sharing
from mlabs_ext.lab.starting import Starting
from mlabs_ext.lab.stopping import Stopping
from mlabs_ext.lab.uploading import Uploading
from mlabs_ext.lab.upstream import Upstreams
from mlabs_ext.lab.waits import Waits
from mlabs_ext.wire import RuntimeRunning

if TYPE_CHECKING:
    from mlabs_ext.lab.app import MLabsLab


class Rules:
    """Made of the mechanisms of `app`, which has them already; none of these does anything by itself."""

    def __init__(self, app: MLabsLab, server: ServerApp):
        client, notebooks, specs = app.client, app.notebooks, server.kernel_spec_manager
        # Every server that has kernels has their specs.
        assert specs is not None
        self.labs = Labs(client, notebooks)
        self.guarding = Guarding(notebooks, app.owner, Path(server.root_dir).absolute())
        self.publishing = Publishing(
            client,
            notebooks,
            self.labs,
            self.guarding,
            app.recorder,
            app.delivery,
            environment=app.environment,
            accelerator=app.accelerator,
        )
        kernel = server.kernel_manager.default_kernel_name
        self.opening = Opening(client, notebooks, self.labs, specs, kernel)
        self.background = Background(client, notebooks)
        self.history = History(client, notebooks, app.outbox, app.owner)
        self.past_runs = PastRuns(client, notebooks)
        self.upstreams = Upstreams(client, self.labs)
        self.sharing = Sharing(client, self.labs)
        kernels = partial(pid_of, server.kernel_manager)
        self.resources = Resources(kernels, app.gpu_usage.each, server.root_dir, app.accelerator != "none")
        self._make_runtimes(app, server, specs)
        self._make_data(app)

    def _make_runtimes(self, app: MLabsLab, server: ServerApp, specs: KernelSpecManager) -> None:
        client, name = app.client, os.environ.get("JUPYTERHUB_SERVER_NAME", "")
        self.limits = Limits(parent=app, client=client, lab=app.lab, server=name)
        file = Path(server.runtime_dir, "mlabs-runtimes.json")
        self.stopping = Stopping(client, self.limits)
        self.choices = Choices(client, file)
        equip(specs, file)
        running = RuntimeRunning(app.environment, app.accelerator, os.environ.get("MLABS_IMAGE") or None)
        waits = Waits(client, app.accelerator)
        known = (app.notebooks, self.choices, waits, self.limits)
        self.runtimes = Runtimes(client, *known, running, app.base_path)
        self.starting = Starting(client, self.choices, app.owner, app.lab, app.base_path)

    def _make_data(self, app: MLabsLab) -> None:
        client = app.client
        self.making = DataMaking(client)
        self.bringing = DataBringing(app.datasets)
        base = app.base_path
        self.data = NotebookDatasets(client, app.notebooks, self.labs, self.bringing, self.making, base)
        self.finding = DataFinding(client, app.owner)
        self.uploading = Uploading(client)
