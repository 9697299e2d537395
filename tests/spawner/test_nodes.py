"""`mlabs nodes` against a Swarm that says what a manager would; a real one is in test_swarm.py."""

import argparse
import json

import pytest
from docker.errors import DockerException
from support.fake_swarm import FakeSwarm, said

from mlabs_ext.cli import main
from mlabs_ext.errors import NotFound, Unusable
from mlabs_spawner import nodes

LABELS = {"org.mlabs.user": "ada", "org.mlabs.lab": "ada/mnist"}


class Swarm(FakeSwarm):
    """It does as it is told; what runs on a drained machine ends after a look or two."""

    patience = 2
    removed = ()

    def inspect_node(self, node):
        return next(one for one in self.known if one["ID"] == node) | {"Version": {"Index": 7}}

    def update_node(self, node, version, spec):
        assert version == 7
        next(one for one in self.known if one["ID"] == node)["Spec"] = spec

    def remove_node(self, node, force):
        self.removed = (*self.removed, node)

    def tasks(self, filters):
        found = super().tasks(filters)
        node = self.inspect_node(filters["node"])
        if found and node["Spec"]["Availability"] == "drain":
            self.patience -= 1
        return found if self.patience > 0 else []

    def close(self):
        pass


def lab(node, labels=LABELS):
    """The task of a lab's server."""
    return {
        "NodeID": f"id-{node}",
        "Status": {"State": "running"},
        "Spec": {"ContainerSpec": {"Labels": labels}},
    }


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(nodes, "LOOK", 0.01)


def asked(node, wait=5.0):
    return argparse.Namespace(node=node, wait=wait, json=False)


def spec(swarm, node):
    return swarm.inspect_node(f"id-{node}")["Spec"]


def test_a_worker_that_took_nothing_yet_is_lent(capsys):
    swarm = Swarm(said("desk", lent=False, availability="drain"))
    swarm.known[0]["Spec"]["Labels"] = {"mlabs.address": "10.9.0.2"}
    assert nodes.lend(swarm, asked("desk")) == 0
    assert spec(swarm, "desk")["Labels"] == {"mlabs.address": "10.9.0.2", "mlabs.community": "true"}
    assert spec(swarm, "desk")["Availability"] == "active"
    assert "desk is lent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("swarm", "error", "words"),
    [
        (Swarm(said("desk", lent=False, role="manager")), Unusable, "Only a worker can be lent"),
        (Swarm(said("desk", lent=False), tasks=[lab("desk", {})]), Unusable, "--availability drain desk"),
        (Swarm(said("other")), NotFound, "There are: other"),
        (Swarm(said("desk"), said("desk") | {"ID": "id-2"}), NotFound, "name one by its id"),
    ],
    ids=["a manager", "one with services of others", "none of that name", "two of that name"],
)
def test_what_cannot_be_lent_is_said_with_what_to_do(swarm, error, words):
    with pytest.raises(error, match=words):
        nodes.lend(swarm, asked("desk"))


def test_a_machine_is_drained_once_its_labs_have_ended(capsys):
    swarm = Swarm(said("desk"), tasks=[lab("desk")])
    assert nodes.drain(swarm, asked("desk")) == 0
    assert spec(swarm, "desk")["Availability"] == "drain"
    told = capsys.readouterr()
    assert "ada/mnist: stopping, and sending files home" in told.err
    assert "desk is drained" in told.out
    assert swarm.removed == ()


def test_a_machine_is_not_removed_while_labs_end(capsys):
    swarm = Swarm(said("desk"), tasks=[lab("desk")])
    swarm.patience = 10**9
    assert nodes.remove(swarm, asked("desk", wait=0.05)) == 1
    assert "desk still runs ada/mnist" in capsys.readouterr().err
    assert swarm.removed == ()
    swarm.patience = 1
    assert nodes.remove(swarm, asked("desk")) == 0
    assert swarm.removed == ("id-desk",)
    assert "docker swarm leave" in capsys.readouterr().out


def test_one_that_does_not_answer_leaves_too_and_that_is_said(capsys):
    swarm = Swarm(said("desk", state="down"), tasks=[lab("desk")])
    swarm.patience = 10**9
    assert nodes.remove(swarm, asked("desk")) == 0
    assert "may still be there" in capsys.readouterr().err
    assert swarm.removed == ("id-desk",)


def test_only_a_machine_that_is_lent_is_drained():
    with pytest.raises(Unusable, match="is not lent"):
        nodes.remove(Swarm(said("own", lent=False)), asked("own"))


def test_the_list(monkeypatch, capsys):
    swarm = Swarm(
        said("boss", lent=False, role="manager"),
        said("desk", gpus=["a"]),
        said("old", state="down"),
        said("own", lent=False, availability="drain"),
        tasks=[lab("desk")],
    )
    monkeypatch.setattr("mlabs_spawner.engine.connect", lambda: swarm)
    assert main(["nodes", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "boss: manager, 4 cores, 8.0 GiB",
        "desk: lent, 4 cores, 8.0 GiB, 1 NVIDIA-GPU, runs ada/mnist",
        "old: lent, down, 4 cores, 8.0 GiB",
        "own: worker, drained, 4 cores, 8.0 GiB",
    ]
    assert main(["nodes", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["lent"], one["labs"]) for one in found] == [
        *(("boss", False, []), ("desk", True, ["ada/mnist"]), ("old", True, []), ("own", False, []))
    ]


def test_an_engine_that_is_not_there_is_said_in_words(monkeypatch, capsys):
    def connect():
        raise DockerException("nobody listens")

    monkeypatch.setattr("mlabs_spawner.engine.connect", connect)
    assert main(["nodes", "list"]) == 1
    assert capsys.readouterr().err == "Docker: nobody listens\n"
