"""A Swarm of three machines loses one: the labs that it held open elsewhere, with their files."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support.swarm_suite import new_lab, running, seconds_until, suite

from mlabs_spawner.swarm_nodes import SwarmNetwork, door

PEOPLE = ("ada", "bob", "cyd")


@pytest.mark.docker
@pytest.mark.slow
def test_labs_of_a_node_that_dies_open_elsewhere_with_their_files(capsys):
    with suite(3) as mlabs:
        people = [mlabs.enter(name) for name in PEOPLE]
        for person in people:
            new_lab(person, "mnist")
            person.start("mnist")
            mlabs.inside(person.name, f"open('/home/lab/mine.txt', 'w').write('of {person.name}')")
        held = {person.name: mlabs.container(person.name)[0] for person in people}
        assert len({node.name for node in held.values()}) == 3, "labs are spread over the nodes"

        # Each reaches MLabs and nobody else, on whichever node.
        for person in people:
            others = [node.address for name, node in held.items() if name != person.name]
            found = mlabs.reached(
                person.name, [*((one, 32768) for one in others), (mlabs.swarm.gateway, 18000)]
            )
            assert found == [(mlabs.swarm.gateway, 18000)]

        # The hub's own machine is the manager; any other may die.
        victim = next(person for person in people if held[person.name] is not mlabs.swarm.manager)
        dead = held[victim.name]
        dead.kill()
        noticed = seconds_until(lambda: not (running(victim, "mnist") or {}).get("ready"), 120)
        reopened = seconds_until(lambda: victim.start("mnist", timeout=120), 1)
        node, _ = mlabs.container(victim.name)
        assert node is not dead
        assert mlabs.inside(victim.name, "print(open('/home/lab/mine.txt').read())") == f"of {victim.name}"
        for person in people:
            assert running(person, "mnist")["ready"], "nobody else noticed anything"
        with capsys.disabled():
            print(f"\nThe dead node was noticed after {noticed:.0f} s; its lab opened in {reopened:.1f} s.")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://10.0.0.1:8000", "10.0.0.1:8000"),
        ("https://mlabs.example", "mlabs.example:443"),
        ("http://mlabs.example", "mlabs.example:80"),
    ],
)
def test_the_door_is_where_the_proxy_is(url, expected):
    assert door(url) == expected


def test_a_nodes_script_opens_the_door_and_nothing_else_that_is_private():
    network = SwarmNetwork(door="10.0.0.1:8000", nameservers=["10.0.0.53"])
    script = network.script()
    assert "-d 10.0.0.1 -p tcp --dport 8000 -j RETURN" in script
    assert "-d 10.0.0.53 -p udp --dport 53 -j RETURN" in script
    assert "-d 10.0.0.0/8 -j REJECT" in script
    assert script.index("-d 10.0.0.1 -p tcp") < script.index("-d 10.0.0.0/8 -j REJECT")
    assert (
        f"--config-only --subnet 172.30.0.0/16 -o com.docker.network.bridge.name={network.bridge}" in script
    )
    assert len(network.bridge) <= 15


def test_the_script_is_printed_for_a_node():
    command = [
        sys.executable,
        "-m",
        "mlabs_spawner.swarm_nodes",
        "--door",
        "10.0.0.1:8000",
        "--nameserver",
        "9.9.9.9",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    checked = subprocess.run(["sh", "-n"], input=done.stdout, capture_output=True, text=True, check=False)
    assert checked.stderr == ""
