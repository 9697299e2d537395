"""Which server a lab gets: the rules about environments, accelerators and limits, for any spawner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
import traitlets
from jupyterhub.traitlets import ByteSpecification
from traitlets import Float, Instance, Integer, List, Unicode

from mlabs_ext import wire
from mlabs_ext.accelerators import COMMUNITY
from mlabs_ext.catalogue import Catalogue, EnvironmentSpec
from mlabs_ext.errors import MLabsError
from mlabs_spawner import options as rules
from mlabs_spawner import wishes
from mlabs_spawner.metered import Metered
from mlabs_spawner.options import Choice, Refused
from mlabs_spawner.service import Service

Number = TypeVar("Number", int, float)
# What only a person in front of a notebook needs.
RUN_ARGUMENTS = [
    f"--ServerApp.jpserver_extensions={name}=False"
    for name in ("jupyterlab", "notebook", "notebook_shim", "jupyter_lsp", "jupyter_server_terminals")
]


class EnvironmentMixin(Metered):
    """Put before an upstream Spawner, it starts one named server per lab, in the lab's environment.

    A subclass starts the server for `spec` and `choice`, in `pinned` where it can and else in what is
    current, with the accelerators `device_ids` once it has called `acquire`, and tells `report` how that
    goes. It says in `image` what exactly runs, and in `ended_at` when that ended.
    """

    service_url = Unicode(
        help="""Where the MLabs service is, as seen from the hub and from users' servers; it ends in
        `/services/mlabs/`. Required. Example::

            c.EnvironmentMixin.service_url = "http://127.0.0.1:8000/services/mlabs/"
        """,
    ).tag(config=True)

    service_token = Unicode(
        help="""The JupyterHub API token by which the hub asks the service what a lab needs; its service has
        a role with the scopes `custom:mlabs:hub` and `access:services!service=mlabs`. Required. Example::

            c.EnvironmentMixin.service_token = Path("secrets/spawner").read_text()
        """,
    ).tag(config=True)

    service_timeout = Float(
        10,
        help="""Seconds to wait for the service's answer. Default: 10. Example::

            c.EnvironmentMixin.service_timeout = 30
        """,
    ).tag(config=True)

    max_memory = ByteSpecification(
        None,
        allow_none=True,
        help="""The most memory that any server gets; its environment may ask for less. Default: none,
        what the environment asks for. Example::

            c.EnvironmentMixin.max_memory = "4G"
        """,
    ).tag(config=True)

    max_cpus = Float(
        None,
        allow_none=True,
        help="""The most processor cores that any server gets; its environment may ask for fewer. Not
        enforced for local servers. Default: none, what the environment asks for. Example::

            c.EnvironmentMixin.max_cpus = 1.5
        """,
    ).tag(config=True)

    datasets = Unicode(
        "",
        help="""The directory of the datasets, `<owner>/<name>/` each, that servers see read-only in `/data`.
        Default: none. Example::

            c.EnvironmentMixin.datasets = "/var/lib/mlabs/datasets"
        """,
    ).tag(config=True)

    idle_timeout = Integer(
        7200,
        help="""Seconds after which a kernel that computes nothing is shut down, and a server without
        kernels too. A running cell is never interrupted, and a tab that is merely open does not count as
        use. 0: never. A plan's own `idle_timeout` comes before it. Default: 7200. Example::

            c.EnvironmentMixin.idle_timeout = 1800
        """,
    ).tag(config=True)

    # Whether there are several machines, some of which others may lend.
    takes_lent = False

    catalogue = Instance(Catalogue)
    run = Unicode(help="The batch run that it was started for; empty for a lab that is opened.")
    spec = Instance(EnvironmentSpec, allow_none=True, help="The environment, while it starts.")
    title = Unicode(help="The lab's title, for the page of its start.")
    pinned = Unicode(None, allow_none=True, help="The image that the lab wishes for.")
    image = Unicode(help="What exactly the kernel runs in, for the record of a run.")
    # Not `events`, which KubeSpawner has for something else.
    told: List[dict[str, Any]] = List(help="The events of this start, for its progress page.")

    # Upstream's.
    oauth_client_id: str
    start_timeout: int
    poll_interval: int

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        if self.orm_spawner and self.oauth_client_id:
            self.oauth_client_id = client_id(self.user.name, self.name)
        # These depend on the accelerator, and these objects are used again.
        self.configured = (self.start_timeout, self.poll_interval)

    @property
    def chosen_spec(self) -> EnvironmentSpec:
        """The environment; asked only while the server starts."""
        assert self.spec is not None
        return self.spec

    @traitlets.default("catalogue")
    def _catalogue(self) -> Catalogue:
        return Catalogue(parent=self)

    @property
    def service(self) -> Service:
        """The service, as the hub asks it."""
        return Service(self.service_url, self.service_token, self.service_timeout, self.log)

    @traitlets.default("apply_user_options")
    def _apply_user_options(self) -> Any:
        return type(self).choose

    @traitlets.default("options_from_form")
    def _options_from_form(self) -> Any:
        return self._simple_options_from_form

    @traitlets.default("default_url")
    def _default_url(self) -> str:
        return "/lab"

    async def choose(self, options: Mapping[str, Any]) -> None:
        """Set everything that depends on the lab; raise Refused where the server must not start.

        Options other than the lab hold for this start only, also where it is refused: the next one follows
        what the lab says then.
        """
        self.told, self.title = [], ""
        self.orm_spawner.user_options = {}
        self.report("Looking up what the lab needs", 2)
        given = rules.read_options(wishes.of_request(self.handler, options))
        lab = rules.own_lab(given, self.user.name, self.name)
        run = given.get("run", "")
        self.orm_spawner.user_options = {"lab": lab} | ({"run": run} if run else {})
        runtime = await (self.service.run(run, self.user.name, lab) if run else self.service.runtime(lab))
        self.title = runtime.title
        choice = rules.choose(lab, {} if run else given, runtime)
        spec = self.allowed(choice.environment, choice.accelerator)
        grant = await self.ask_for_a_place(choice)
        self.assign(choice, spec, grant, rules.pinned(choice, runtime), run)

    def allowed(self, environment: str, accelerator: str) -> EnvironmentSpec:
        """Return the environment if it may be used with this accelerator, here and now; raise Refused."""
        try:
            spec = self.catalogue.check(environment, accelerator)
        except MLabsError as error:
            raise Refused(f"{error.message} The lab's page is the place to choose another.") from error
        missing = spec.missing() if self.catalogue.local else None
        if missing:
            raise Refused(f"{spec.title} cannot be used on this machine. {missing}", label="environment")
        if accelerator == COMMUNITY and not self.takes_lent:
            raise Refused(
                "Nobody can lend a machine to this MLabs: that takes a Swarm or Kubernetes. Choose the "
                "accelerator none on the lab's page.",
                label="accelerator",
            )
        if accelerator != "none" and self.queues_gpus and not self.gpus.inventory:
            raise Refused(
                f"This machine has no {accelerator.upper()}. Choose the accelerator none on the lab's page.",
                label="accelerator",
            )
        return spec

    def assign(
        self,
        choice: Choice,
        spec: EnvironmentSpec,
        grant: wire.Grant,
        pinned: str | None,
        run: str = "",
    ) -> None:
        """Set every attribute that a start reads: these objects are used again."""
        self.choice, self.spec, self.grant, self.pinned, self.image = choice, spec, grant, pinned, ""
        self.run = run
        self.mem_limit = at_most(grant.memory, at_most(self.max_memory, spec.resources.memory_bytes))
        self.cpu_limit = at_most(grant.cpus, at_most(self.max_cpus, spec.resources.cpus))
        self.user_options = msgspec.structs.asdict(choice)
        self.start_timeout, self.poll_interval = self.configured
        if choice.accelerator != "none":
            self.start_timeout += self.gpus.queue_timeout
            # A server that dies holds its accelerator until somebody looks.
            self.poll_interval = min(5, self.poll_interval)
        if run:
            # Whoever waits for a run wants to know soon that its server is gone.
            self.poll_interval = min(5, self.poll_interval)

    @property
    def data_folder(self) -> str:
        """What is mounted in `/data`, read-only: the administrator's datasets, else those of the lab.

        Where homes are no folders of this machine, the service's folders are none that could be mounted.
        """
        own = self.grant.data if self.grant and getattr(self, "homes", None) else None
        return self.datasets or own or ""

    def get_env(self) -> dict[str, str]:
        """What the server, its extension and its kernels know of the lab."""
        env = super().get_env()
        env["MLABS_SERVICE_URL"] = self.service_url
        env["MLABS_LAB"] = self.chosen.lab
        env["MLABS_ENVIRONMENT"] = self.chosen.environment
        env["MLABS_ACCELERATOR"] = self.chosen.accelerator
        env["MLABS_IMAGE"] = self.image
        if self.run:
            env["MLABS_RUN"] = self.run
            # It has a page of its own; its server is nothing to work in.
            env["JUPYTERHUB_DEFAULT_URL"] = "/mlabs/api/run"
        return env

    def get_args(self) -> list[str]:
        """The kernel is the environment's own and no other; what is idle ends."""
        plan = self.grant.idle_timeout if self.grant else None
        idle = self.idle_timeout if plan is None else int(plan)
        # A batch run ends its server itself, once all of it is delivered.
        idle = 0 if self.run else idle
        return [
            *super().get_args(),
            *(RUN_ARGUMENTS if self.run else ()),
            "--KernelSpecManager.ensure_native_kernel=False",
            f"--MappingKernelManager.default_kernel_name={self.spec.kernel_name if self.spec else 'python3'}",
            f"--MappingKernelManager.cull_idle_timeout={idle}",
            f"--MappingKernelManager.cull_interval={max(1, min(300, idle // 4))}",
            "--MappingKernelManager.cull_connected=True",
            f"--ServerApp.shutdown_no_activity_timeout={idle}",
        ]

    def report(self, message: str, percent: int) -> None:
        """Tell those who watch this start how it goes."""
        event = {"message": message, "progress": percent}
        if event not in self.told[-1:]:
            self.told = [*self.told, event]

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """All events of this start; the hub stops asking when it is over."""
        sent = 0
        while True:
            events = self.told
            for event in events[sent:]:
                yield event
            sent = len(events)
            await asyncio.sleep(0.2)

    def get_state(self) -> dict[str, Any]:
        """What the server was started for survives a restart of the hub."""
        state = super().get_state()
        if self.choice:
            state["mlabs"] = msgspec.structs.asdict(self.choice)
        if self.run:
            state["run"] = self.run
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` wrote."""
        super().load_state(state)
        if "mlabs" in state:
            self.choice, self.user_options = Choice(**state["mlabs"]), state["mlabs"]
        self.run = state.get("run", "")

    def clear_state(self) -> None:
        """A stopped server is for no lab."""
        super().clear_state()
        self.choice, self.spec, self.image, self.pinned, self.run = None, None, "", None, ""


def client_id(user: str, server: str) -> str:
    """The OAuth client of a server, different for different servers; cookies are named after it.

    JupyterHub joins the two names by `-`: server `b` of `user-a` and server `a-b` of `user` would share one.
    Server names hold no dot.
    """
    return f"jupyterhub-server-{server}.{quote(user, safe='')}"


def at_most(limit: Number | None, wanted: Number) -> Number:
    """`wanted`, or the limit where there is a lower one."""
    return wanted if limit is None else min(limit, wanted)
