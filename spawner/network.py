"""The network of the labs' containers: one bridge, no way between labs, one door to MLabs."""

from __future__ import annotations

import hashlib
import ipaddress
import random
import secrets
import time
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from docker import APIClient
from docker.errors import APIError
from docker.types import IPAMConfig, IPAMPool
from msgspec import Struct
from traitlets import Bool, Integer, List, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_spawner import firewall

# Networks that are not the internet, RFC 6890; among them the clouds' services for their own machines.
NOT_PUBLIC = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
]
OPTION = "com.docker.network.bridge"
LABEL = "org.mlabs.network"
ATTEMPTS = 10
# The engine asks the first of these that names any; the last is where a resolver of this machine asks.
RESOLVERS = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
FULL = (
    "The network of labs, {subnet}, has room for {room}, and all is taken. End labs that nobody needs. The "
    'administrator may name a larger one, as c.LabNetwork.subnet = "10.117.0.0/16"; MLabs makes it once this '
    "one was removed, while MLabs is stopped and no lab runs: docker network rm {id}"
)


class NetworkFailed(Exception):
    """The network cannot be used; why, in words."""


class Place(Struct, frozen=True):
    """The network as it is."""

    id: str
    bridge: str
    subnet: str
    gateway: str
    taken: frozenset[str] = frozenset()

    def free_address(self) -> str:
        """An address for a container, by chance; raise NetworkFailed where all are taken.

        Docker would give that of a container that just ended to the next one, while the proxy may still send
        the ended one's visitors there, with their cookies.
        """
        network = ipaddress.IPv4Network(self.subnet)
        # The first is the gateway; the first and the last of all are no addresses.
        every = range(2, network.num_addresses - 1)
        numbers = {int(ipaddress.IPv4Address(one)) - int(network[0]) for one in self.taken if one}
        taken = sorted(number for number in numbers if number in every)
        if len(taken) >= len(every):
            raise NetworkFailed(FULL.format(subnet=self.subnet, room=len(every), id=self.id[:12]))
        chosen = every[random.randrange(len(every) - len(taken))]  # noqa: S311 - not a secret
        # As if those that are taken were not there.
        for number in taken:
            chosen += number <= chosen
        return str(network[chosen])


class LabNetwork(LoggingConfigurable):
    """A Docker network for all containers of one MLabs."""

    name = Unicode(
        "mlabs",
        help="""The name of the Docker network; it is made where it is not there. Two MLabs on one machine
        need two. Default: mlabs; `mlabs up` takes one for each data directory. Example::

            c.LabNetwork.name = "mlabs-physics"
        """,
    ).tag(config=True)

    subnet = Unicode(
        help="""The addresses of the network, when it is made. Default: empty, any that Docker finds free.
        Example::

            c.LabNetwork.subnet = "10.117.0.0/16"
        """,
    ).tag(config=True)

    port = Integer(
        8081,
        help="""The port on the network's gateway at which labs reach MLabs: the one thing on the machine that
        they reach. Default: 8081; `mlabs up` takes a free one. Example::

            c.LabNetwork.port = 9000
        """,
    ).tag(config=True)

    blocked = List(
        Unicode(),
        NOT_PUBLIC,
        help="""Networks that labs do not reach. Default: all that are not the public internet. Labs never
        reach one another, nor the machine that they run on, whatever this says. Example, also a network with
        public addresses of your own::

            c.LabNetwork.blocked = [*LabNetwork.blocked.default_value, "203.0.113.0/24"]
        """,
    ).tag(config=True)

    allowed = List(
        Unicode(),
        help="""Networks that labs reach although they are blocked, for example a data store inside. Default:
        none. Example::

            c.LabNetwork.allowed = ["10.20.30.40/32"]
        """,
    ).tag(config=True)

    nameservers = List(
        Unicode(),
        help="""Name servers of labs, which they reach at port 53 wherever those are. Default: empty, those of
        the machine. Example::

            c.LabNetwork.nameservers = ["10.0.0.53"]
        """,
    ).tag(config=True)

    require_rules = Bool(
        True,
        help="""Whether no server starts where the rules that keep labs apart could not be made. They are made
        by the hub where it is root, else by a privileged helper container. Only turn this off where another
        firewall does the same. Default: True. Example::

            c.LabNetwork.require_rules = False
        """,
    ).tag(config=True)

    # By network: when its rules were last made, and for which bridge. One set of rules serves all servers.
    _made: ClassVar[dict[str, tuple[float, Place]]] = {}
    _lock: ClassVar[Lock] = Lock()

    @property
    def bridge(self) -> str:
        """The interface's name, which has at most 15 characters."""
        return f"ml-{hashlib.sha256(self.name.encode()).hexdigest()[:10]}"

    def url(self, place: Place) -> str:
        """Where containers reach MLabs' proxy."""
        return f"http://{place.gateway}:{self.port}"

    def make(self, client: APIClient) -> Place:
        """The network, made where it is not there; raise NetworkFailed, or what the engine raises."""
        for left in reversed(range(ATTEMPTS)):
            found = self.find(client)
            if found:
                return found
            try:
                self._create(client)
            except APIError:
                # Another process made it, or took these addresses, meanwhile.
                if not left:
                    raise
                time.sleep(random.uniform(0.1, 0.5))  # noqa: S311 - not a secret
        raise NetworkFailed(f"The Docker network {self.name} goes away as soon as it is made.")

    def find(self, client: APIClient) -> Place | None:
        """The network, if it is there."""
        try:
            network = client.inspect_network(self.name)
        except APIError as error:
            if error.status_code == 404:
                return None
            raise
        return self._place(network)

    def _place(self, network: dict[str, Any]) -> Place:
        options, pools = network.get("Options") or {}, network["IPAM"]["Config"] or [{}]
        if options.get(f"{OPTION}.enable_icc") != "false" or LABEL not in (network.get("Labels") or {}):
            raise NetworkFailed(
                f"The Docker network {self.name} is not one that MLabs made. Remove it "
                f"(docker network rm {self.name}), or set c.LabNetwork.name to another name."
            )
        taken = {one["IPv4Address"].partition("/")[0] for one in (network.get("Containers") or {}).values()}
        return Place(network["Id"], self.bridge, pools[0]["Subnet"], pools[0]["Gateway"], frozenset(taken))

    def _create(self, client: APIClient) -> None:
        subnet = ipaddress.IPv4Network(self.subnet or self._free_subnet(client))
        pool = IPAMPool(subnet=str(subnet), gateway=str(subnet[1]))
        options = {f"{OPTION}.name": self.bridge, f"{OPTION}.enable_icc": "false"}
        client.create_network(
            self.name,
            driver="bridge",
            options=options,
            ipam=IPAMConfig(pool_configs=[pool]),
            check_duplicate=True,
            labels={LABEL: self.name},
        )

    def _free_subnet(self, client: APIClient) -> str:
        """Addresses that the engine finds free: only in a subnet that was named are containers' chosen."""
        probe = client.create_network(f"{self.name}-probe-{secrets.token_hex(4)}", driver="bridge")
        try:
            return client.inspect_network(probe["Id"])["IPAM"]["Config"][0]["Subnet"]
        finally:
            client.remove_network(probe["Id"])

    def rules(self, place: Place) -> firewall.Rules:
        """What this network's containers may reach."""
        return firewall.Rules(
            place.bridge,
            place.gateway,
            self.port,
            tuple(self.blocked),
            tuple(self.allowed),
            tuple(self.nameservers or machine_nameservers()),
        )

    def ready(self, client: APIClient, image: str) -> Place:
        """The network with its rules made not long ago; raise NetworkFailed where they cannot be made.

        `image` serves where a helper is needed; any of Debian's kind will do.
        """
        place = self.make(client)
        with self._lock:
            made, of = self._made.get(self.name, (0.0, None))
            run = firewall.runner(client, place.bridge, image)
            lasting = 60 if run is firewall.run_here else 600
            if of is None or of.id != place.id or time.monotonic() - made > lasting:
                self._make_rules(place, run)
                self._made[self.name] = (time.monotonic(), place)
        return place

    def _make_rules(self, place: Place, run: firewall.Run) -> None:
        try:
            run(self.rules(place).apply_script())
        except firewall.RulesFailed as failure:
            self.log.error("The rules that keep labs apart could not be made: %s", failure)
            if self.require_rules:
                raise NetworkFailed(
                    "The rules that keep labs apart from each other and from this machine could not be made, "
                    f"so no lab starts. Its administrator has to see to it: {failure}"
                ) from failure

    def remove(self, client: APIClient, image: str) -> None:
        """Remove rules and network; containers must be gone."""
        place = self.find(client)
        if place is not None:
            firewall.runner(client, place.bridge, image)(self.rules(place).remove_script())
            client.remove_network(place.id)
        self._made.pop(self.name, None)


def machine_nameservers() -> list[str]:
    """The name servers that this machine asks; a resolver on the machine itself counts by whom it asks."""
    for file in map(Path, RESOLVERS):
        lines = file.read_text().splitlines() if file.exists() else []
        words = [line.split() for line in lines if line.startswith("nameserver ")]
        found = [one for _, one, *_ in words if ":" not in one and not one.startswith("127.")]
        if found:
            return found
    return []
