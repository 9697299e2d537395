"""What a lab's container may do, use and see; the part of the Docker spawner that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import traitlets
from dockerspawner import DockerSpawner
from jupyterhub.traitlets import ByteSpecification
from msgspec import Struct
from traitlets import Instance, Integer, Unicode, validate

from mlabs_spawner import engine, objects
from mlabs_spawner.homes import OWNER
from mlabs_spawner.literal import Rendered
from mlabs_spawner.network import LabNetwork, Place

HOME = Path("/home/lab")
DATA = "/data"
TMP = "/tmp"  # noqa: S108 - the container's own
USER = f"{OWNER}:{OWNER}"


class Image(Struct, frozen=True):
    """An image of an environment: what it is called, which one exactly, and what it runs."""

    repository: str
    id: str
    command: list[str]

    @classmethod
    def of(cls, repository: str, inspected: dict[str, Any]) -> Image:
        """The image that the engine describes."""
        return cls(repository, inspected["Id"], list(inspected["Config"].get("Cmd") or []))

    @property
    def reference(self) -> str:
        """As the record of a run names it."""
        return f"{self.repository}@{self.id}"


class LabContainer(DockerSpawner):
    """A container with few rights, in the labs' network, with its user's files."""

    homes = Unicode(
        help="""The directory of the users' files: one folder and one volume of the engine for each. Default:
        empty, named volumes in the engine's own place; needed where the engine is another machine.
        Example::

            c.DockerLabSpawner.homes = "/srv/mlabs/volumes"
        """,
    ).tag(config=True)

    processes_limit = Integer(
        2048,
        help="""The most processes and threads of one server, its kernels included. Default: 2048. Example::

            c.DockerLabSpawner.processes_limit = 512
        """,
    ).tag(config=True)

    shared_memory = ByteSpecification(
        "1G",
        help="""The size of /dev/shm, by which the workers of data loaders exchange batches; what lies there
        counts as memory of the server. Default: 1G. Example::

            c.DockerLabSpawner.shared_memory = "4G"
        """,
    ).tag(config=True)

    log_size = ByteSpecification(
        "10M",
        help="""How much of a server's output is kept while it runs, twice. Default: 10M. Example::

            c.DockerLabSpawner.log_size = "1M"
        """,
    ).tag(config=True)

    stop_timeout = Integer(
        10,
        help="""Seconds for a server to end by itself before it is killed. Default: 10. Example::

            c.DockerLabSpawner.stop_timeout = 30
        """,
    ).tag(config=True)

    network = Instance(LabNetwork)
    found_image = Instance(Image, allow_none=True, help="What the container is made of.")
    place = Instance(Place, allow_none=True, help="The network, as the container joins it.")

    @property
    def own_image(self) -> Image:
        """What the container is made of; a start looks for it first."""
        assert self.found_image is not None
        return self.found_image

    @property
    def own_place(self) -> Place:
        """The network; a start has it ready before it makes the container."""
        assert self.place is not None
        return self.place

    @traitlets.default("network")
    def _network(self) -> LabNetwork:
        return LabNetwork(parent=self)

    @traitlets.default("network_name")
    def _network_name(self) -> str:
        return self.network.name

    @traitlets.default("pull_policy")
    def _never(self) -> str:
        return "never"

    @traitlets.default("remove")
    def _remove(self) -> bool:
        return True

    @traitlets.default("prefix")
    def _prefix(self) -> str:
        return "mlabs"

    @traitlets.default("object_name")
    def _object_name_default(self) -> str:
        return objects.server_object(self.user.name, self.name).replace("mlabs", self.prefix, 1)

    @property
    def volume(self) -> str:
        """The volume of the user's files."""
        return objects.home_object(self.user.name).replace("mlabs", self.prefix, 1)

    @traitlets.default("extra_host_config")
    def _own_host_config(self) -> Callable[[Any], Any]:
        return partial(type(self).merged, own="host_config", more={})

    @validate("extra_host_config")
    def _more_host_config(self, proposal: Any) -> Callable[[Any], Any]:
        return partial(type(self).merged, own="host_config", more=proposal.value)

    @traitlets.default("extra_create_kwargs")
    def _own_create_kwargs(self) -> Callable[[Any], Any]:
        return partial(type(self).merged, own="create_kwargs", more={})

    @validate("extra_create_kwargs")
    def _more_create_kwargs(self, proposal: Any) -> Callable[[Any], Any]:
        return partial(type(self).merged, own="create_kwargs", more=proposal.value)

    async def merged(self, own: str, more: Any) -> Rendered:
        """What the administrator adds; what no lab may lack has the last word, and is no template."""
        added = more(self) if callable(more) else more
        if asyncio.iscoroutine(added):
            added = await added
        return Rendered({**self._render_templates(added), **getattr(self, own)()})

    def _render_templates(self, obj: Any, ns: Any = None) -> Any:
        """Render what the administrator wrote, once: in a name, braces could ask for any amount of memory."""
        return obj if isinstance(obj, Rendered) else super()._render_templates(obj, ns)

    def host_config(self) -> dict[str, Any]:
        """What the container may do and use."""
        return {
            # The engine must not remove it before its end was read.
            "auto_remove": False,
            "privileged": False,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "read_only": True,
            "tmpfs": {"/run": "rw,nosuid,nodev,size=16m,mode=1777"},
            "pids_limit": self.processes_limit,
            "memswap_limit": self.mem_limit,
            "shm_size": self.shared_memory,
            # If memory runs out, labs go before the hub does.
            "oom_score_adj": 500,
            "log_config": {
                "type": "json-file",
                "config": {"max-size": str(self.log_size), "max-file": "2"},
            },
            "device_requests": self.device_requests(),
        }

    def device_requests(self) -> list[dict[str, Any]]:
        """The accelerators that the server holds, by their numbers or names."""
        if not self.device_ids:
            return []
        ids = list(self.device_ids)
        return [{"Driver": "nvidia", "Count": 0, "DeviceIDs": ids, "Capabilities": [["gpu"]], "Options": {}}]

    def create_kwargs(self) -> dict[str, Any]:
        """Which image, as whom, and where in the network."""
        address = self.client.create_endpoint_config(ipv4_address=self.own_place.free_address())
        return {
            "image": self.own_image.id,
            "user": USER,
            "labels": self.labels(),
            "stop_timeout": self.stop_timeout,
            "networking_config": {"EndpointsConfig": {self.network_name: address}},
        }

    def labels(self) -> dict[str, str]:
        """By which containers of this MLabs are found, and told apart by a person."""
        return {
            "org.mlabs.instance": self.prefix,
            "org.mlabs.user": self.user.name,
            "org.mlabs.lab": self.choice.lab,
        }

    async def found_servers(self) -> dict[str, str]:
        """The names of all servers' containers of this MLabs, by their ids; other names hold a dot."""
        wanted = {"label": f"org.mlabs.instance={self.prefix}"}
        listed = await self.docker("containers", all=True, filters=wanted)
        names = {one["Id"]: name.removeprefix("/") for one in listed for name in one["Names"] or ()}
        return {id: name for id, name in names.items() if "." not in name}

    async def remove_found(self, container: str) -> None:
        """Remove a container, running or not, and its own volumes; return when it is gone."""
        try:
            await self.docker("remove_container", container, v=True, force=True)
        except engine.NotFound:
            self.log.debug("%s is removed already", container)
        except engine.APIError as error:
            if error.status_code != 409:
                raise
            # Somebody else removes it right now; its name is free only afterwards.
            with suppress(engine.NotFound):
                await self.docker("wait", container, condition="removed")

    @property
    def volume_binds(self) -> dict[str, Any]:
        """The user's files, and the datasets, which nobody changes."""
        binds = {**super().volume_binds, self.volume: {"bind": str(HOME), "mode": "rw"}}
        if self.data_folder:
            binds[self.data_folder] = {"bind": DATA, "mode": "ro"}
        return binds

    @property
    def volume_mount_points(self) -> list[str]:
        """As above, and /tmp: a place without a volume gets one on the disk that goes with the container."""
        return [*super().volume_mount_points, TMP, "/var/tmp"]  # noqa: S108 - the container's own

    @property
    def executor(self) -> ThreadPoolExecutor:
        """Threads that wait for the engine; with one, a slow start would hold up every poll."""
        if LabContainer._executor is None:
            LabContainer._executor = ThreadPoolExecutor(engine.THREADS, "docker")
        return LabContainer._executor

    @property
    def client(self) -> Any:
        """One connection pool for all servers."""
        if LabContainer._client is None:
            LabContainer._client = engine.connect(**self.client_kwargs)
        return LabContainer._client

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call what waits for the engine."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, function, *arguments)
