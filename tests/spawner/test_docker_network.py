"""What a container of a lab reaches, and that the same probe reaches all of it where there are no rules."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from support import images, outside
from support.waiting import free_port, until

from mlabs_spawner import engine, firewall
from mlabs_spawner.network import LabNetwork, NetworkFailed, machine_nameservers

pytestmark = pytest.mark.docker

NAME = f"mlabs-test-{os.getpid()}"
PROBE = """
import json, socket, sys
def reaches(host, port):
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True
targets = json.loads(sys.argv[1])
print(json.dumps([name for name, (host, port) in targets.items() if reaches(host, port)]))
"""
LISTEN = "import socket, time; s = socket.create_server(('0.0.0.0', 8888)); time.sleep(600)"


@pytest.fixture(scope="module", autouse=True)
def root():
    if os.geteuid() != 0:
        pytest.skip("only root can make network namespaces")


@pytest.fixture(scope="module")
def client():
    client = engine.connect()
    yield client
    client.close()


@pytest.fixture(scope="module")
def image() -> str:
    return images.image("python")


@pytest.fixture(scope="module")
def world() -> Iterator[None]:
    with outside.Outside():
        yield


@pytest.fixture(scope="module")
def listeners() -> Iterator[dict[str, int]]:
    """Ports of this machine, as those of the hub, the proxy's API and the database are, and the door."""
    ports = {}
    sockets = [socket.create_server(("0.0.0.0", 0)) for _ in ("door", "other")]
    for name, one in zip(("door", "other"), sockets, strict=True):
        ports[name] = one.getsockname()[1]
    yield ports
    for one in sockets:
        one.close()


@pytest.fixture(scope="module")
def network(client, listeners, image):
    network = LabNetwork(name=NAME, port=listeners["door"], nameservers=[outside.RESOLVER])
    yield network
    network.remove(client, image)


def run_in(network: str, image: str, *command: str) -> str:
    """The output of a command in a container that may do what a lab's may."""
    limits = ["--cap-drop=ALL", "--security-opt=no-new-privileges", f"--dns={outside.RESOLVER}"]
    return outside.run(
        *("docker", "run", "--rm", f"--network={network}", *limits, "--entrypoint=python3", image, *command)
    )


@pytest.fixture(scope="module")
def targets(client, world, listeners, network, image):
    """Everything that is probed, by name; a neighbour in both networks."""
    place = network.ready(client, image)
    neighbours = {
        name: outside.run(
            *("docker", "run", "-d", "--rm", f"--network={name}", "--entrypoint=python3"),
            *(f"--label={NAME}", image, "-c", LISTEN),
        ).strip()
        for name in (NAME, "bridge")
    }
    found = {
        "the internet": (outside.PUBLIC, 80),
        "a private network's name server, port 80": (outside.RESOLVER, 80),
        "link-local": (outside.LINK_LOCAL, 80),
        **{f"private {address}": (address, 80) for address in outside.PRIVATE},
        "the machine by its gateway": (place.gateway, listeners["other"]),
        "the machine by its other address": (outside.NEAR, listeners["other"]),
        "the door": (place.gateway, listeners["door"]),
        "the door's port by the machine's other address": (outside.NEAR, listeners["door"]),
    }
    yield found, {name: address_of(client, container, name) for name, container in neighbours.items()}
    for container in neighbours.values():
        client.remove_container(container, force=True)


def address_of(client, container, network):
    address = client.inspect_container(container)["NetworkSettings"]["Networks"][network]["IPAddress"]
    until(lambda: outside.connects(address, 8888))
    return address, 8888


def reached(network, image, targets) -> set[str]:
    found, neighbours = targets
    everything = {**found, "a neighbour": neighbours[network]}
    return set(json.loads(run_in(network, image, "-c", PROBE, json.dumps(everything))))


def test_a_lab_reaches_the_internet_and_the_door_and_nothing_else(image, targets):
    assert reached(NAME, image, targets) == {"the internet", "the door"}


def test_without_rules_the_same_probe_reaches_everything(image, targets):
    found, _ = targets
    assert reached("bridge", image, targets) == {*found, "a neighbour"}


def test_names_are_resolved_though_the_name_server_is_private(image, targets):
    code = "import socket; print(socket.gethostbyname('labs.example'))"
    assert run_in(NAME, image, "-c", code).strip() == outside.ANSWER


def test_a_container_has_no_ipv6(image, targets):
    code = "print([line for line in open('/proc/net/if_inet6') if not line.split()[-1] == 'lo'])"
    assert run_in(NAME, image, "-c", code).strip() == "[]"


def lines_of(bridge: str) -> list[str]:
    listed = subprocess.run(["iptables", "-S"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if bridge in line]


def test_rules_made_again_are_the_same(client, network, image, targets):
    before = lines_of(network.bridge)
    for run in (firewall.run_here, lambda script: firewall.run_by_engine(client, image, script)):
        run(network.rules(network.find(client)).apply_script())
        assert lines_of(network.bridge) == before


def test_a_removed_network_leaves_no_rule(client, image):
    network = LabNetwork(name=f"{NAME}-gone")
    network.ready(client, image)
    assert lines_of(network.bridge)
    network.remove(client, image)
    assert not lines_of(network.bridge)
    assert network.find(client) is None


def test_rules_that_were_flushed_are_back_at_the_next_start(client, network, image, targets, monkeypatch):
    subprocess.run(["iptables", "-F", network.rules(network.find(client)).names["through"]], check=True)
    monkeypatch.setattr(LabNetwork, "_made", {})
    network.ready(client, image)
    assert reached(NAME, image, targets) == {"the internet", "the door"}


@pytest.mark.parametrize("required", [True, False])
def test_no_server_starts_without_rules(client, image, required, monkeypatch, caplog):
    def fails(script):
        raise firewall.RulesFailed("no iptables")

    monkeypatch.setattr(firewall, "run_here", fails)
    network = LabNetwork(name=f"{NAME}-bare", require_rules=required)
    try:
        if required:
            with pytest.raises(NetworkFailed, match=r"no lab starts.*no iptables"):
                network.ready(client, image)
        else:
            assert network.ready(client, image).subnet
        assert "no iptables" in caplog.text
    finally:
        monkeypatch.undo()
        network.remove(client, image)


def test_anothers_network_is_not_taken(client):
    theirs = client.create_network(f"{NAME}-theirs")["Id"]
    try:
        with pytest.raises(NetworkFailed, match="not one that MLabs made"):
            LabNetwork(name=f"{NAME}-theirs").make(client)
    finally:
        client.remove_network(theirs)


def test_two_processes_make_one_network(client):
    network = LabNetwork(name=f"{NAME}-twice")
    made = []

    def make():
        own = engine.connect()
        made.append(LabNetwork(name=network.name).make(own))
        own.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({place.id for place in made}) == 1
    assert len(made) == 4
    client.remove_network(made[0].id)


def test_the_door_goes_with_a_network_that_is_made_anew(client):
    name, port = f"{NAME}-moved", free_port()
    options = [f"--LabNetwork.name={name}", f"--LabNetwork.port={port}"]
    door = subprocess.Popen([sys.executable, "-m", "mlabs_spawner.relay", *options])
    try:
        first = until(lambda: LabNetwork(name=name).find(client))
        until(lambda: outside.connects(first.gateway, port))
        client.remove_network(first.id)
        second = LabNetwork(name=name, subnet="10.231.7.0/24").make(client)
        until(lambda: outside.connects(second.gateway, port))
        assert second.gateway == "10.231.7.1" != first.gateway
        assert not outside.connects(first.gateway, port)
    finally:
        door.terminate()
        assert door.wait(30) == 0
        client.remove_network(name)


def test_addresses_are_chosen_among_all_of_the_network(client, network):
    place = network.make(client)
    chosen = {place.free_address() for _ in range(50)}
    assert len(chosen) > 40
    assert place.gateway not in chosen


def test_the_machines_name_servers_are_known():
    assert all(":" not in one and not one.startswith("127.") for one in machine_nameservers())
