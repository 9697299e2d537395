"""What people named reaches an engine or a cluster as it is, whatever braces and dollars it holds."""

from __future__ import annotations

import pytest
from docker import APIClient
from jupyterhub import orm
from support.fake_cluster import spawner_of

from mlabs_spawner import literal
from mlabs_spawner.container import Image, LabContainer
from mlabs_spawner.docker import DockerLabSpawner
from mlabs_spawner.kube import KubeLabSpawner
from mlabs_spawner.network import Place
from mlabs_spawner.swarm import SwarmLabSpawner

# The first would be longer by its braces; with more digits, longer than any memory.
NAMES = ["{prefix:>90}", "{0}", "{raw_username}", "{{.Node.Hostname}}", "{{{", "$(PATH)", "$$", "{}$("]


@pytest.fixture
def make(monkeypatch):
    """Makes the spawner of somebody's server; nothing is asked of an engine or a cluster."""
    monkeypatch.setattr("kubespawner.spawner.load_config", lambda **_: None)
    monkeypatch.setattr("kubespawner.spawner.shared_client", lambda _: None)
    client = APIClient("http://127.0.0.1:1", version="1.41")
    monkeypatch.setattr(LabContainer, "_client", client)
    session = orm.new_session_factory("sqlite:///:memory:")()
    yield lambda kind, user, **settings: spawner_of(session, kind, user, **settings)
    client.close()
    session.close()


async def created(one):
    """What the engine would be asked to make."""
    asked = {}

    async def docker(method, **options):
        asked.update(options)

    one.docker, one.found_image = docker, Image("mlabs/python", "sha256:1", ["serve"])
    one.place = Place("id", "bridge", "10.1.0.0/24", "10.1.0.1")
    await LabContainer.create_object(one)
    return asked


@pytest.mark.parametrize("name", NAMES)
async def test_containers_are_labelled_with_names_as_they_are(make, name):
    asked = await created(make(DockerLabSpawner, name))
    assert asked["labels"]["org.mlabs.user"] == name
    assert asked["labels"]["org.mlabs.lab"] == f"{name}/mnist"
    assert asked["environment"]["JUPYTERHUB_USER"] == name


@pytest.mark.parametrize("name", NAMES)
async def test_what_administrators_write_is_rendered_once(make, name):
    more = {"sysctls": {"net.test": "{prefix}"}}
    own = {"extra_create_kwargs": {"hostname": "lab-{servername}"}, "extra_host_config": more}
    one = make(DockerLabSpawner, name, prefix="mlabs-7", **own)
    asked = await created(one)
    assert asked["hostname"] == "lab-mnist"
    assert asked["host_config"]["Sysctls"] == {"net.test": "mlabs-7"}
    assert (await one.merged("labels", {"person": "{raw_username}"}))["person"] == name


@pytest.mark.parametrize("name", NAMES)
def test_a_swarm_finds_no_template_in_a_name(make, name):
    one = make(SwarmLabSpawner, name, url="http://10.0.0.1:8000")
    one.environment = {"WHERE": "{{.Node.Hostname}}"}
    spec = one.container(["serve"])
    env = dict(line.split("=", 1) for line in spec["Env"])
    # Only the administrator's own is one.
    assert env["WHERE"] == "{{.Node.Hostname}}"
    # A text within braces stands for itself.
    for variable, value in (("JUPYTERHUB_USER", name), ("MLABS_LAB", f"{name}/mnist")):
        pieces = env[variable].split('{{"{{"}}')
        assert "{{".join(pieces) == value
        assert not any("{{" in piece for piece in pieces)
    assert spec["Labels"]["org.mlabs.user"] == name


@pytest.mark.parametrize("name", NAMES)
async def test_kubernetes_finds_no_variable_in_a_name(make, name):
    one = make(KubeLabSpawner, name)
    one.environment = {"WHERE": "$(PATH)"}
    one.image = one.wanted_image()
    pod = await one.get_pod_manifest()
    env = {one.name: one.value for one in pod.spec.containers[0].env}
    assert env["WHERE"] == "$(PATH)"
    for variable, value in (("JUPYTERHUB_USER", name), ("MLABS_LAB", f"{name}/mnist")):
        pieces = env[variable].split("$$")
        assert "$".join(pieces) == value
        assert not any("$" in piece for piece in pieces)


def test_what_is_no_text_is_left_alone():
    env = {"one": 1, "two": "$", "own": "$"}
    found = literal.variables(env, {"own"}, literal.for_kubernetes)
    assert found == {"one": 1, "two": "$$", "own": "$"}
