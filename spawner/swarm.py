"""Servers as services of a Docker Swarm: each lab on whichever node has room, or a GPU, for it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import traitlets
from docker.types import (
    ContainerSpec,
    EndpointSpec,
    Healthcheck,
    Resources,
    RestartPolicy,
    TaskTemplate,
)
from jupyterhub.traitlets import ByteSpecification
from traitlets import Dict, Float, Instance, Integer, Unicode

from mlabs_spawner import engine, literal, objects
from mlabs_spawner.container import DATA, HOME, USER, LabContainer
from mlabs_spawner.environments import EnvironmentMixin
from mlabs_spawner.homes import Home
from mlabs_spawner.leftovers import Leftovers
from mlabs_spawner.lent import LentNodes
from mlabs_spawner.network import NetworkFailed
from mlabs_spawner.options import Choice, Refused
from mlabs_spawner.swarm_files import SwarmFiles
from mlabs_spawner.swarm_lent import CARRIED, PATIENCE
from mlabs_spawner.swarm_nodes import SwarmNetwork, door
from mlabs_spawner.swarm_services import SwarmServices
from mlabs_spawner.tagged import ImageGone, TaggedImages, is_gone

SECOND = 1_000_000_000  # in nanoseconds; also one processor


class SwarmLabSpawner(SwarmFiles, TaggedImages, EnvironmentMixin, SwarmServices):
    """Runs each server as a service of one task, in the container image of the lab's environment.

    The hub runs on a manager. Every node needs the images (from a registry, or by `docker load`), what
    `python -m mlabs_spawner.swarm_nodes` makes there, and a way to the homes.
    """

    homes = Unicode(
        help="""A directory that every node, and the hub, has at the same path (NFS, CephFS, …): it holds one
        home for each user. Default: empty, a volume for each user, made by `SwarmSpawner.volume_driver`, in
        whose options `{home}` stands for the user's folder; without a driver for several machines, files
        stay on the node where a lab ran. Example::

            c.SwarmLabSpawner.homes = "/srv/mlabs/homes"
        """,
    ).tag(config=True)

    image_prefix = Unicode(
        "mlabs/",
        help="""What the names of images begin with; with several nodes, your registry's. A node that lacks an
        image asks for it by this name. Default: `mlabs/`. Example::

            c.SwarmLabSpawner.image_prefix = "registry.example.org/mlabs/"
        """,
    ).tag(config=True)

    url = Unicode(
        help="""The address of MLabs' proxy for labs on every node: the one private address that they reach.
        Default: that of `EnvironmentMixin.service_url`. Example::

            c.SwarmLabSpawner.url = "http://10.0.0.1:8000"
        """,
    ).tag(config=True)

    placement = Dict(
        default_value={"none": [], "gpu": ["node.labels.mlabs.accelerator==gpu"]},
        help="""For each accelerator, the constraints on the node. Default: GPU labs go to nodes that have the
        label (`docker node update --label-add mlabs.accelerator=gpu NODE`), others anywhere. Whatever is said
        here, `community` labs go to nodes that are lent (`mlabs nodes lend NODE`), and no others do.
        Example, which keeps other labs off GPU nodes::

            c.SwarmLabSpawner.placement = {
                "none": ["node.labels.mlabs.accelerator!=gpu"],
                "gpu": ["node.labels.mlabs.accelerator==gpu"],
            }
        """,
    ).tag(config=True)

    generic_resources = Dict(
        default_value={"gpu": {"NVIDIA-GPU": 1}},
        help="""For each accelerator, what a lab takes of the generic resources that nodes advertise
        (`node-generic-resources` in their daemon.json): Swarm gives each GPU to one lab, and labs wait for
        one. Default: one NVIDIA-GPU. Example, for nodes that advertise none::

            c.SwarmLabSpawner.generic_resources = {}
        """,
    ).tag(config=True)

    reserve = Float(
        0.25,
        min=0,
        max=1,
        help="""The part of a server's memory and processors that Swarm sets aside for it on its node: with 1,
        nodes are never overcommitted. Default: 0.25. Example::

            c.SwarmLabSpawner.reserve = 0.5
        """,
    ).tag(config=True)

    processes_limit = Integer(
        2048,
        help="""The most processes and threads of one server, its kernels included. Default: 2048. Example::

            c.SwarmLabSpawner.processes_limit = 512
        """,
    ).tag(config=True)

    shared_memory = ByteSpecification(
        "1G",
        help="""The size of /dev/shm, which counts as memory of the server. Default: 1G. Example::

            c.SwarmLabSpawner.shared_memory = "4G"
        """,
    ).tag(config=True)

    stop_grace = Integer(
        10,
        help="""Seconds for a server to end by itself before it is killed. Default: 10. Example::

            c.SwarmLabSpawner.stop_grace = 30
        """,
    ).tag(config=True)

    queues_gpus = False  # Swarm gives them out
    takes_lent = True
    use_internal_ip = False
    network = Instance(SwarmNetwork)
    ended = Float(None, allow_none=True, help="When it ended, by its node's clock.")
    answers_within = Integer(help="The seconds that are configured for a server to answer.")
    # As there: threads enough that no start holds up a poll, one pool of connections.
    executor = LabContainer.executor
    client = LabContainer.client

    @traitlets.default("answers_within")
    def _answers_within(self) -> int:
        # Once it was asked for it stays, whatever is set for one start.
        return int(self.http_timeout)

    @traitlets.default("url")
    def _url(self) -> str:
        parts = urlsplit(self.service_url)
        return f"{parts.scheme}://{parts.netloc}"

    @traitlets.default("network")
    def _network(self) -> SwarmNetwork:
        return SwarmNetwork(parent=self, door=door(self.url))

    @traitlets.default("network_name")
    def _network_name(self) -> str:
        return self.network.name

    @traitlets.default("prefix")
    def _prefix(self) -> str:
        return "mlabs"

    @traitlets.default("cmd")
    def _cmd(self) -> list[str]:
        # The manager may not have the image to look it up in.
        return ["/opt/mlabs/bin/python", "-m", "mlabs_ext.quick", "jupyterhub.singleuser"]

    @traitlets.default("object_name")
    def _object_name_default(self) -> str:
        return objects.server_object(self.user.name, self.name).replace("mlabs", self.prefix, 1)

    def begin(self) -> None:
        """Clear away what a crash left, beside what else is done when the hub is up."""
        super().begin()
        Leftovers(self, config=self.config, log=self.log).begin()
        if self.catalogue.community:
            LentNodes(self, self.service, log=self.log).begin()

    async def start(self) -> tuple[str, int]:
        """Have Swarm start the service; return where it answers. Raise Refused where it does not."""
        self.ended = None
        self.make_home()
        try:
            if self.lent:
                await self.take_offer()
            await self.in_thread(self.network.ready, self.client, self.current_image)
            return await self.in_an_image(super().start)
        except NetworkFailed as failure:
            if is_gone(str(failure)):
                raise ImageGone(f"This Swarm has no image of MLabs'. {self.how_to_provide()}") from failure
            raise Refused(str(failure), 503, "network") from failure
        except engine.FAILURES as failure:
            self.log.exception("Swarm failed the start of %s", self._log_name)
            raise engine.refused(failure) from failure

    in_thread = LabContainer.in_thread

    def assign(self, choice: Choice, *arguments: Any, **options: Any) -> None:
        """As ever; what fetches its files first has longer to answer."""
        super().assign(choice, *arguments, **options)
        self.http_timeout = max(self.answers_within, PATIENCE if self.lent else 0)

    @property
    def data_folder(self) -> str:
        """Datasets that are mounted; a machine that is lent has no folders of this Swarm's."""
        return "" if self.lent else super().data_folder

    async def create_object(self) -> dict[str, Any]:
        """A service of one task, which Swarm never starts again by itself: an ended server has ended."""
        # In host mode: the routing mesh needs ip_vs in every node's kernel, and costs a hop.
        ports = EndpointSpec()
        ports["Ports"] = [{"Protocol": "tcp", "TargetPort": self.port, "PublishMode": "host"}]
        task = TaskTemplate(
            self.container([*(CARRIED if self.lent else ()), *await self.get_command()]),
            resources=self.resources(),
            restart_policy=RestartPolicy(condition="none"),
            placement=self.constraints,
            networks=[self.network_name],
        )
        names = {"name": self.object_name, "labels": self.labels()}
        return await self.docker("create_service", task, endpoint_spec=ports, **names)

    def container(self, command: list[str]) -> ContainerSpec:
        """What runs, as whom, and what it may not do."""
        found = ContainerSpec(
            self.image,
            args=command,
            env=literal.variables(self.get_env(), self.environment, literal.for_swarm),
            user=USER,
            labels=self.labels(),
            mounts=[*self.mounts, *self.scratch()],
            read_only=True,
            cap_drop=["ALL"],
            stop_grace_period=self.grace * SECOND,
            # Swarm would say `starting` until the first check, half a minute later, and kill what is too busy
            # to answer one.
            healthcheck=Healthcheck(test=["NONE"]),
        )
        # Engines before 25 know it only as a setting of the node's daemon.
        found["Privileges"] = {"NoNewPrivileges": True}
        return found

    def resources(self) -> Resources:
        """Limits, and what Swarm sets aside on a node."""
        generic = self.generic_resources.get(self.variant)
        cpus, memory = int(self.cpu_limit * SECOND), int(self.mem_limit)
        # Whoever lends a machine has to be able to use it as well.
        reserve = 1 if self.lent else self.reserve
        found = Resources(
            cpu_limit=cpus,
            mem_limit=memory,
            cpu_reservation=int(cpus * reserve),
            mem_reservation=int(memory * reserve),
            generic_resources=None if generic is None else {**generic},
        )
        found["Limits"]["Pids"] = self.processes_limit
        return found

    labels = LabContainer.labels

    def get_env(self) -> dict[str, str]:
        """Hub and service are reached through the proxy; every server has its own runtime files."""
        env = super().get_env()
        base, user = self.hub.base_url, self.user.escaped_name
        env["JUPYTERHUB_API_URL"] = f"{self.url}{base}api"
        env["JUPYTERHUB_ACTIVITY_URL"] = f"{self.url}{base}api/users/{user}/activity"
        env["MLABS_SERVICE_URL"] = f"{self.url}{base.removesuffix('hub/')}services/mlabs/"
        if not self.data_folder:
            env["MLABS_DATA_LINKS"] = DATA
        if self.variant == "none":
            # Some images show all GPUs to whoever says nothing.
            env["NVIDIA_VISIBLE_DEVICES"] = "void"
        return env | Home(HOME, self.name).variables() | (self.lent_env() if self.lent else {})

    async def ended_at(self) -> float | None:
        """When a server that is found ended did so."""
        return self.ended
