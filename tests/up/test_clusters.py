"""What a Swarm or a cluster lacks is said before anything starts."""

from __future__ import annotations

import argparse

import pytest

from mlabs_ext.up import clusters, command
from mlabs_ext.up.containers import Missing
from mlabs_ext.up.settings import Settings
from mlabs_spawner.homes import OWNER


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::", "::1"])
def test_labs_on_other_machines_need_an_address(host):
    assert clusters.unreachable(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "mlabs.example", "fd00::1"])
def test_an_address_of_the_machine_will_do(host):
    assert not clusters.unreachable(host)


@pytest.fixture
def no_cluster(monkeypatch, tmp_path):
    monkeypatch.delenv(clusters.IN_CLUSTER, raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_without_a_cluster_a_person_is_told(no_cluster):
    with pytest.raises(Missing, match="No Kubernetes cluster is configured"):
        clusters.check("kube", "10.0.0.1")


def test_with_a_cluster_its_pods_need_an_address(no_cluster, monkeypatch):
    monkeypatch.setenv(clusters.IN_CLUSTER, "10.96.0.1")
    clusters.check("kube", "10.0.0.1")
    with pytest.raises(Missing, match="--host"):
        clusters.check("kube", "127.0.0.1")


def test_homes_on_a_swarm_can_be_given_to_their_owner(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1001)
    options = argparse.Namespace(spawner="swarm", host="10.0.0.1", environments="", keep_servers=False)
    with pytest.raises(command.Refused, match=r"takes root. Run it as root.*c\.SwarmLabSpawner\.homes"):
        command.check(options, Settings(""))


@pytest.mark.parametrize(
    ("user", "settings"),
    [(0, ""), (OWNER, ""), (1001, "c.SwarmLabSpawner.homes = ''")],
    ids=["root", "the owner", "homes in volumes"],
)
def test_who_can_do_so_goes_on_to_the_engine(monkeypatch, tmp_path, user, settings):
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    (tmp_path / "mlabs_config.py").write_text(settings)
    with pytest.raises(Missing, match="Docker"):
        clusters.check("swarm", "10.0.0.1", Settings(str(tmp_path / "mlabs_config.py")).homes_are_folders)


@pytest.mark.docker
def test_an_engine_without_a_swarm_is_said():
    with pytest.raises(Missing, match="docker swarm init"):
        clusters.check("swarm", "10.0.0.1")


def test_mlabs_up_says_it_and_ends_with_status_1(no_cluster):
    options = argparse.Namespace(spawner="kube", host="127.0.0.1", environments="", keep_servers=False)
    with pytest.raises(command.Refused, match="No Kubernetes cluster") as refused:
        command.check(options, Settings(""))
    assert refused.value.status == 1
