"""The files of deploy/: those who read them can, and what they describe keeps labs where they belong."""

from __future__ import annotations

import copy
import ipaddress
import json
import os
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from support import needs
from support.person import Person
from support.up import Up
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.library import FOLDER
from mlabs_ext.up.hub import config_file
from mlabs_ext.up.patience import AT_WORK_WITHIN
from mlabs_spawner.kube import KubeLabSpawner

DEPLOY = needs.CHECKOUT / "deploy"
STACK = DEPLOY / "swarm" / "stack.yml"
VALUES = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text())
OBJECTS = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "postgresql.yaml").read_text()))
SCHEMA = "1.37.0"
NEVER = ["10.1.2.3", "172.20.1.1", "192.168.1.1", "169.254.169.254", "169.254.1.1", "100.64.0.1", "127.0.0.1"]
GIVEN = {"REGISTRY": "registry.example.org/mlabs", "MLABS_ADDRESS": "10.0.0.1"}


# Swarm


def test_the_stack_keeps_secrets_out_of_itself_and_labs_away_from_the_database():
    stack = yaml.safe_load(STACK.read_text())
    assert all(secret == {"external": True} for secret in stack["secrets"].values())
    database, mlabs = stack["services"]["database"], stack["services"]["mlabs"]
    assert "ports" not in database
    assert database["environment"]["POSTGRES_PASSWORD_FILE"].startswith("/run/secrets/")
    assert "PASSWORD" not in "".join(name for name in mlabs["environment"])
    assert [port["published"] for port in mlabs["ports"]] == [8000]
    assert "node.role == manager" in mlabs["deploy"]["placement"]["constraints"]
    for name in stack["configs"].values():
        assert (STACK.parent / name["file"]).is_file()


def test_a_hub_that_changes_its_tables_is_not_ended_for_it():
    check = yaml.safe_load(STACK.read_text())["services"]["mlabs"]["healthcheck"]
    minutes = int(check["start_period"].removesuffix("m"))
    assert minutes * 60 > AT_WORK_WITHIN


@pytest.mark.docker
def test_docker_reads_the_stack():
    command = ["docker", "stack", "config", "-c", str(STACK)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **GIVEN}, check=False)
    if "unknown" in done.stderr or "Usage:  docker stack COMMAND" in done.stdout + done.stderr:
        pytest.skip("this docker command cannot check a stack")
    assert done.returncode == 0, done.stderr
    assert "registry.example.org/mlabs/hub:" in done.stdout
    lacking = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "is missing a value" in lacking.stderr


def stack_settings(folder: Path, database: str) -> str:
    """The settings file of the stack, with a database of the tests'."""
    for name in ("mlabs_password", "mlabs_database_password"):
        (folder / name).write_text(f"{name}\n")
    text = (STACK.parent / "mlabs_config.py").read_text()
    assert "/run/secrets" in text
    own = "mlabs:{secret('mlabs_database_password')}@database/"
    assert own in text
    return text.replace("/run/secrets", str(folder)).replace(own, database)


@pytest.mark.postgresql
@pytest.mark.s3
def test_hub_and_service_run_on_the_stacks_database_and_on_s3(postgresql_server, s3_store, tmp_path):
    where = ("-h", "127.0.0.1", "-p", str(postgresql_server.port), "-U", "postgres")
    for name in ("hub", "mlabs"):
        postgresql_server.run("createdb", *where, name)
    data = tmp_path / "data"
    data.mkdir()
    settings = stack_settings(tmp_path, f"postgres@127.0.0.1:{postgresql_server.port}/")
    blobs, access = s3_store.settings()["url"], s3_store.options
    (data / "mlabs_config.py").write_text(f"{settings}\nc.Blobs.url = {blobs!r}\n")
    given = {"MLABS_ADDRESS": "10.0.0.1", "MLABS_IMAGES": "r.example/", "MLABS_HOMES": "/srv/homes"}
    given |= {"AWS_ENDPOINT_URL": access["endpoint_url"], "AWS_ACCESS_KEY_ID": access["key"]}
    for _ in range(2):
        up = Up(data, **given, AWS_SECRET_ACCESS_KEY=access["secret"])
        try:
            up.wait_ready()
            ada = Person(up.url, "ada", "mlabs_password")
            if not ada.ok("GET", "labs", params={"owner": "ada"})["items"]:
                ada.ok("POST", "labs", json={"name": "kept", "notebook": notebook()})
            assert ada.ok("GET", "labs/ada/kept")["owner"] == "ada"
            assert ada.ok("GET", "labs/ada/kept/versions/1/notebook")["cells"] == []
            ada.close()
        finally:
            assert up.stop() == 0
    assert not (data / "hub.sqlite").exists()
    assert not (data / "mlabs.sqlite").exists()
    # The notebook, and the tables of the datasets that come along.
    assert len(s3_store.files().find(blobs)) == 1 + len(list(FOLDER.glob("*/*.csv")))
    secret = access["secret"].encode()
    assert [file for file in data.rglob("*") if file.is_file() and secret in file.read_bytes()] == []
    hub = subprocess.run(
        [postgresql_server.programs / "pg_dump", *where, "hub"], capture_output=True, check=True
    ).stdout
    assert b"mlabs_ext.up.keeper" in hub
    assert secret not in hub


def loaded(text: str, file: Path) -> Config:
    """What a settings file says."""
    file.write_text(text)
    return PyFileConfigLoader(str(file)).load_config()


@pytest.mark.s3
def test_blobs_of_the_stack_are_where_its_secret_says(s3_store, tmp_path):
    settings = stack_settings(tmp_path, "")
    file = tmp_path / "mlabs_config.py"
    assert loaded(settings, file).Blobs == {}
    (tmp_path / "mlabs_blobs").write_text(json.dumps(s3_store.settings()))
    blobs = Blobs(config=loaded(settings, file), directory=str(tmp_path / "blobs"))
    assert blobs.local_path(blobs.put(b"abc")) is None


def test_the_stack_with_blobs_in_s3():
    text = STACK.read_text()
    for line in ("- mlabs_blobs", "mlabs_blobs: {external: true}"):
        assert text.count(f"# {line}\n") == 1
        text = text.replace(f"# {line}", line)
    stack = yaml.safe_load(text)
    assert set(stack["services"]["mlabs"]["secrets"]) == set(stack["secrets"])


def notebook():
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


# Kubernetes


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda thing: f"{thing['kind']}-{thing['metadata']['name']}")
def test_objects_follow_the_published_schema(thing):
    kubernetes_validate.validate(thing, SCHEMA, strict=True)


def test_only_the_hub_reaches_the_database():
    [policy] = [thing for thing in OBJECTS if thing["kind"] == "NetworkPolicy"]
    [stateful] = [thing for thing in OBJECTS if thing["kind"] == "StatefulSet"]
    labels = stateful["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    [rule] = policy["spec"]["ingress"]
    hub = {"matchLabels": {"app.kubernetes.io/component": "hub"}}
    assert rule["from"] == [{"podSelector": hub}]


def lab_egress():
    """The policy that the chart makes of the values' rules."""
    rules = VALUES["singleuser"]["networkPolicy"]["egress"]
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "singleuser"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": rules},
    }
    kubernetes_validate.validate(policy, SCHEMA, strict=True)
    return rules


def allows(block, address):
    inside = ipaddress.ip_address(address)
    return inside in ipaddress.ip_network(block["cidr"]) and not any(
        inside in ipaddress.ip_network(one) for one in block["except"]
    )


def test_labs_reach_the_internet_and_nothing_private():
    blocks = [place["ipBlock"] for rule in lab_egress() for place in rule["to"]]
    assert any(allows(block, "8.8.8.8") for block in blocks)
    assert not [address for address in NEVER for block in blocks if allows(block, address)]
    switches = VALUES["singleuser"]["networkPolicy"]["egressAllowRules"]
    assert [name for name, on in switches.items() if on] == ["dnsPortsKubeSystemNamespace"]


@pytest.fixture
def chart(tmp_path, monkeypatch):
    """The hub's settings after the chart's own and the values' extraConfig, with the suite's real wiring."""
    monkeypatch.setenv("MLABS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MLABS_SPAWNER", VALUES["hub"]["extraEnv"]["MLABS_SPAWNER"])
    monkeypatch.setenv("MLABS_WIRING", str(config_file()))
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.setenv("MLABS_BLOBS_URL", "s3://mlabs/blobs")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key-of-the-store")
    c = Config()
    c.JupyterHub.hub_bind_url = "http://:8081"
    c.JupyterHub.hub_connect_url = "http://hub:8081"
    c.JupyterHub.db_url = VALUES["hub"]["db"]["url"]
    c.JupyterHub.services = []
    c.JupyterHub.load_roles = []
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.ConfigurableHTTPProxy.api_url = "http://proxy-api:8001"
    c.ConfigurableHTTPProxy.should_start = False
    c.Spawner.cmd = ["jupyterhub-singleuser"]
    # As the chart does with hub.config.
    for name, settings in copy.deepcopy(VALUES["hub"]["config"]).items():
        c[name].update(settings)
    # The chart's own is 64.
    c.JupyterHub.concurrent_spawn_limit = VALUES["hub"].get("concurrentSpawnLimit", 64)

    def load_subconfig(file):
        c.merge(PyFileConfigLoader(file).load_config())

    exec(VALUES["hub"]["extraConfig"]["mlabs"], {"c": c, "load_subconfig": load_subconfig})
    return c


def test_the_chart_runs_mlabs_and_keeps_what_is_its_own(chart):
    hub = chart.JupyterHub
    assert hub.hub_bind_url == "http://:8081"
    assert hub.db_url == "postgresql+psycopg://mlabs@postgresql/hub"
    assert chart.ConfigurableHTTPProxy.should_start is False
    assert chart.ConfigurableHTTPProxy.api_url == "http://proxy-api:8001"
    assert hub.spawner_class == "mlabs_spawner.kube.KubeLabSpawner"
    assert hub.concurrent_spawn_limit == 0
    service = next(service for service in hub.services if service["name"] == "mlabs")
    [port] = VALUES["hub"]["service"]["extraPorts"]
    assert service["url"] == f"http://hub:{port['port']}"
    assert service["environment"]["PGPASSWORD"] == "secret"
    assert {"mlabs-spawner"} <= {role["name"] for role in hub.load_roles}
    assert "custom:mlabs:hub" in hub.custom_scopes
    assert chart.Catalogue.local is False
    assert chart.KubeLabSpawner.cmd[0] == "/opt/mlabs/bin/python"


def test_only_the_service_is_told_how_to_reach_s3(chart, tmp_path, monkeypatch):
    # JupyterHub writes the settings of services into its database.
    assert "key-of-the-store" not in str(chart)
    [service] = [one for one in chart.JupyterHub.services if "AWS_" in one.get("command", ())]
    assert service["name"] == "mlabs"
    assert service["environment"]["MLABS_BLOBS_URL"] == "s3://mlabs/blobs"
    settings = VALUES["hub"]["extraFiles"]["mlabs_config.py"]["stringData"]
    for url in ("s3://mlabs/blobs", ""):
        monkeypatch.setenv("MLABS_BLOBS_URL", url)
        assert loaded(settings, tmp_path / "mlabs_config.py").Blobs.url == url


def test_variables_of_the_hub_follow_the_published_schema():
    given = VALUES["hub"]["extraEnv"]
    variables = [
        {"name": name, **({"value": value} if isinstance(value, str) else value)}
        for name, value in given.items()
    ]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "hub"},
        "spec": {"containers": [{"name": "hub", "image": "hub", "env": variables}]},
    }
    kubernetes_validate.validate(pod, SCHEMA, strict=True)
    optional = [one["valueFrom"]["secretKeyRef"]["optional"] for one in variables if "valueFrom" in one]
    assert optional == [True] * 4


def test_the_hubs_image_can_reach_s3():
    assert "[hub,kube,s3]" in (DEPLOY / "hub" / "Dockerfile").read_text()


def test_the_values_name_settings_that_there_are():
    assert VALUES["hub"]["config"]["KubeLabSpawner"].keys() <= set(KubeLabSpawner.class_trait_names())
    listen = VALUES["hub"]["extraFiles"]["mlabs_config.py"]["stringData"]
    assert f'c.MLabsService.listen = "http://0.0.0.0:{10101}"' in listen
    assert (
        VALUES["hub"]["extraEnv"]["MLABS_CONFIG"]
        == VALUES["hub"]["extraFiles"]["mlabs_config.py"]["mountPath"]
    )
    claims = [thing["metadata"]["name"] for thing in OBJECTS if thing["kind"] == "PersistentVolumeClaim"]
    assert VALUES["hub"]["extraVolumes"][0]["persistentVolumeClaim"]["claimName"] in claims
