"""Which server a lab gets: the rules about environments, accelerators and limits, for any spawner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import traitlets
from jupyterhub.traitlets import ByteSpecification
from traitlets import Float, Instance, Integer, List, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext.catalogue import Catalogue, EnvironmentSpec
from mlabs_ext.errors import MLabsError
from mlabs_spawner.options import Choice, Refused, own_lab, read_options
from mlabs_spawner.service import Service


class EnvironmentMixin(LoggingConfigurable):
    """Put before an upstream Spawner, it starts one named server per lab, in the lab's environment.

    A subclass starts the server for `spec` and `choice`, tells `report` how that goes, and says in
    `image` what exactly runs.
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

    idle_timeout = Integer(
        7200,
        help="""Seconds after which a kernel that computes nothing is shut down, and a server without
        kernels too. A running cell is never interrupted, and a tab that is merely open does not count as
        use. 0: never. Default: 7200. Example::

            c.EnvironmentMixin.idle_timeout = 1800
        """,
    ).tag(config=True)

    catalogue = Instance(Catalogue)
    choice = Instance(Choice, allow_none=True, help="What the server was started for.")
    spec = Instance(EnvironmentSpec, allow_none=True, help="The environment, while it starts.")
    image = Unicode(help="What exactly the kernel runs in, for the record of a run.")
    events = List(help="The events of this start, for its progress page.")

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        if self.orm_spawner and self.oauth_client_id:
            self.oauth_client_id = client_id(self.user.name, self.name)

    @traitlets.default("catalogue")
    def _catalogue(self) -> Catalogue:
        return Catalogue(parent=self)

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

        Options other than the lab hold for this start only: the next one follows what the lab says then.
        """
        self.events = []
        self.report("Looking up what the lab needs", 2)
        given = read_options(options)
        lab = own_lab(given, self.user.name, self.name)
        service = Service(self.service_url, self.service_token, self.service_timeout, self.log)
        runtime = await service.runtime(lab)
        environment = given.get("environment", runtime.environment)
        accelerator = given.get("accelerator")
        if accelerator is None:
            accelerator = runtime.accelerator if environment == runtime.environment else "none"
        self.assign(Choice(lab, environment, accelerator), self.allowed(environment, accelerator))
        self.orm_spawner.user_options = {"lab": lab}

    def allowed(self, environment: str, accelerator: str) -> EnvironmentSpec:
        """Return the environment if it may be used with this accelerator, here and now; raise Refused."""
        try:
            spec = self.catalogue.check(environment, accelerator)
        except MLabsError as error:
            raise Refused(f"{error.message} The lab's page is the place to choose another.") from error
        missing = spec.missing() if self.catalogue.local else None
        if missing:
            raise Refused(f"{spec.title} cannot be used on this machine. {missing}", label="environment")
        if accelerator not in self.catalogue.accelerators(spec):
            raise Refused(f"This machine has no {accelerator.upper()}.", label="accelerator")
        return spec

    def assign(self, choice: Choice, spec: EnvironmentSpec) -> None:
        """Set every attribute that a start reads: these objects are used again."""
        self.choice, self.spec, self.image = choice, spec, ""
        self.mem_limit = at_most(self.max_memory, spec.resources.memory_bytes)
        self.cpu_limit = at_most(self.max_cpus, spec.resources.cpus)
        self.user_options = msgspec.structs.asdict(choice)

    def get_env(self) -> dict[str, str]:
        """What the server, its extension and its kernels know of the lab."""
        env = super().get_env()
        env["MLABS_SERVICE_URL"] = self.service_url
        env["MLABS_LAB"] = self.choice.lab
        env["MLABS_ENVIRONMENT"] = self.choice.environment
        env["MLABS_ACCELERATOR"] = self.choice.accelerator
        env["MLABS_IMAGE"] = self.image
        return env

    def get_args(self) -> list[str]:
        """The kernel is the environment's own and no other; what is idle ends."""
        return [
            *super().get_args(),
            "--KernelSpecManager.ensure_native_kernel=False",
            f"--MappingKernelManager.cull_idle_timeout={self.idle_timeout}",
            f"--MappingKernelManager.cull_interval={max(1, min(300, self.idle_timeout // 4))}",
            "--MappingKernelManager.cull_connected=True",
            f"--ServerApp.shutdown_no_activity_timeout={self.idle_timeout}",
        ]

    def report(self, message: str, percent: int) -> None:
        """Tell those who watch this start how it goes."""
        event = {"message": message, "progress": percent}
        if event not in self.events[-1:]:
            self.events = [*self.events, event]

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """All events of this start; the hub stops asking when it is over."""
        sent = 0
        while True:
            events = self.events
            for event in events[sent:]:
                yield event
            sent = len(events)
            await asyncio.sleep(0.2)

    def get_state(self) -> dict[str, Any]:
        """What the server was started for survives a restart of the hub."""
        state = super().get_state()
        if self.choice:
            state["mlabs"] = msgspec.structs.asdict(self.choice)
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` wrote."""
        super().load_state(state)
        if "mlabs" in state:
            self.choice, self.user_options = Choice(**state["mlabs"]), state["mlabs"]

    def clear_state(self) -> None:
        """A stopped server is for no lab."""
        super().clear_state()
        self.choice, self.spec, self.image = None, None, ""


def client_id(user: str, server: str) -> str:
    """The OAuth client of a server, different for different servers; cookies are named after it.

    JupyterHub joins the two names by `-`: server `b` of `user-a` and server `a-b` of `user` would share one.
    Server names hold no dot.
    """
    return f"jupyterhub-server-{server}.{quote(user, safe='')}"


def at_most(limit: float | None, wanted: float) -> Any:
    """`wanted`, or the limit where there is a lower one."""
    return wanted if limit is None else min(limit, wanted)
