"""What every node of a Swarm needs before labs run there: their network, and the rules that keep them apart.

    python -m mlabs_spawner.swarm_nodes --door 10.0.0.1:8000 | ssh NODE sudo sh

The script that this prints makes both, and the same again when run again; a node forgets the rules at a boot.
"""

from __future__ import annotations

import argparse
import ipaddress
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

import traitlets
from docker import APIClient
from docker.errors import APIError
from traitlets import Unicode

from mlabs_spawner.clear import any_image
from mlabs_spawner.firewall import Rules
from mlabs_spawner.network import NOT_PUBLIC, OPTION, LabNetwork, NetworkFailed, Place, machine_nameservers

SCRIPT = """\
set -e
docker network inspect {part} >/dev/null 2>&1 ||
  docker network create --config-only --subnet {subnet} {options} {part} >/dev/null
{rules}"""


class SwarmNetwork(LabNetwork):
    """A bridge on each node, apart from the other nodes': labs have no way to each other on any."""

    door = Unicode(help="Where labs on any node reach MLabs' proxy, as `host:port`.")

    @traitlets.default("name")
    def _name(self) -> str:
        return "mlabs-labs"

    @traitlets.default("subnet")
    def _subnet(self) -> str:
        return "172.30.0.0/16"

    @property
    def part(self) -> str:
        """The network's settings as each node has them, from which Swarm makes it there at the first lab."""
        return f"{self.name}-node"

    @property
    def options(self) -> dict[str, str]:
        """Of the bridge."""
        return {f"{OPTION}.name": self.bridge, f"{OPTION}.enable_icc": "false"}

    def ready(self, client: APIClient, image: str) -> Place:
        """The network, with its rules where this is the only node: others are their administrator's work."""
        if alone(client):
            # To make the rules any will do, also where the one that is wanted is not there.
            return super().ready(client, any_image(client) or image)
        return self.make(client)

    def _place(self, network: dict[str, Any]) -> Place:
        if (network.get("ConfigFrom") or {}).get("Network") != self.part:
            raise NetworkFailed(
                f"The Docker network {self.name} is not one that MLabs made. Remove it "
                f"(docker network rm {self.name}), or set c.SwarmNetwork.name to another name."
            )
        return Place(network["Id"], self.bridge, self.subnet, str(ipaddress.IPv4Network(self.subnet)[1]))

    def _create(self, client: APIClient) -> None:
        if alone(client):
            ipam = {"Config": [{"Subnet": self.subnet}]}
            create(client, Name=self.part, ConfigOnly=True, IPAM=ipam, Options=self.options)
        elif not client.networks(names=[self.part]):
            command = f"python -m mlabs_spawner.swarm_nodes --name {self.name} --door {self.door}"
            raise NetworkFailed(
                "The nodes of this Swarm are not ready for labs. Their administrator runs, for each:\n"
                f"{command} | ssh NODE sudo sh"
            )
        create(client, Name=self.name, Driver="bridge", Scope="swarm", ConfigFrom={"Network": self.part})

    def rules(self, place: Place) -> Rules:
        """What labs on a node may reach; the door may be another machine's, so it has a rule of its own."""
        host, _, port = self.door.rpartition(":")
        address = socket.gethostbyname(host)
        door = f"{address} -p tcp --dport {port}"
        servers = tuple(self.nameservers or machine_nameservers())
        return Rules(place.bridge, address, int(port), tuple(self.blocked), (door, *self.allowed), servers)

    def script(self) -> str:
        """What a node runs, as root."""
        options = " ".join(f"-o {key}={value}" for key, value in self.options.items())
        place = Place("", self.bridge, self.subnet, "")
        return SCRIPT.format(
            part=self.part, subnet=self.subnet, options=options, rules=self.rules(place).apply_script()
        )


def alone(client: APIClient) -> bool:
    """Whether the Swarm has one node; raise NetworkFailed where this engine does not manage one."""
    try:
        return len(client.nodes()) == 1
    except APIError as error:
        if error.status_code != 503:
            raise
        raise NetworkFailed(
            "This Docker engine is no manager of a Swarm. Its administrator makes it one: docker swarm init"
        ) from error


def create(client: APIClient, **network: Any) -> None:
    """Make a network; one that another process made meanwhile is fine."""
    # The client's own method knows neither ConfigOnly nor ConfigFrom, and its types no private methods.
    private: Any = client
    answer = private._post_json(private._url("/networks/create"), data=network)
    try:
        private._raise_for_status(answer)
    except APIError as error:
        if error.status_code != 409:
            raise


def door(url: str) -> str:
    """`host:port` of a URL."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or {'https': 443}.get(parts.scheme, 80)}"


def main(arguments: list[str]) -> int:
    """Print the script for a node."""
    parser = argparse.ArgumentParser(prog="python -m mlabs_spawner.swarm_nodes", description=__doc__)
    add = parser.add_argument
    add("--door", required=True, metavar="HOST:PORT", help="MLabs' proxy, as labs reach it")
    add("--name", default="mlabs-labs", help="the network (default: mlabs-labs)")
    add("--subnet", default="172.30.0.0/16", help="labs' addresses on a node (default: 172.30.0.0/16)")
    add("--block", action="append", default=[], metavar="NET", help="one more network that labs do not reach")
    add("--allow", action="append", default=[], metavar="NET", help="a network that they reach all the same")
    add(
        "--nameserver",
        action="append",
        default=[],
        metavar="IP",
        help="a name server (default: this machine's)",
    )
    given = parser.parse_args(arguments)
    network = SwarmNetwork(
        name=given.name,
        door=given.door,
        subnet=given.subnet,
        blocked=[*NOT_PUBLIC, *given.block],
        allowed=given.allow,
        nameservers=given.nameserver,
    )
    print(network.script())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
