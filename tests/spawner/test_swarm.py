"""Labs on a real Swarm of one node: what they may, what they wait for, and how they end."""

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from support.images import image
from support.swarm_suite import PREFIX, new_lab, running, suite
from support.waiting import until
from ulid import ULID

from mlabs_ext.catalogue import read
from mlabs_spawner.tagged import GONE

pytestmark = pytest.mark.docker

READS = """
import errno, os
print(len(open("/data/library/iris/iris.csv").readlines()) - 1)
try:
    os.chmod("/data/library/iris/iris.csv", 0o666)
except OSError as error:
    print(errno.errorcode[error.errno])
"""
GPU = "--node-generic-resource NVIDIA-GPU=GPU-of-the-test"


@pytest.fixture(scope="module")
def mlabs():
    with suite(1, GPU) as made:
        yield made


@pytest.fixture
def ada(mlabs):
    return mlabs.enter("ada")


def test_a_lab_has_few_rights_and_its_users_files(mlabs, ada):
    new_lab(ada, "rights")
    ada.ok("PUT", "labs/ada/rights/data/library/iris", json={})
    ada.start("rights")
    assert mlabs.inside("ada", READS).split() == ["150", "EROFS"]
    node, container = mlabs.container("ada")
    said = node.inspect("inspect", container)
    host = said["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert host["PidsLimit"] == 2048
    assert host["Memory"] > 0
    assert host["RestartPolicy"]["Name"] in ("", "no")
    assert said["Config"]["User"] == "1000:1000"
    assert list(said["NetworkSettings"]["Networks"]) == ["mlabs-labs"]
    assert "docker.sock" not in json.dumps(said["Mounts"])
    spec = node.inspect("service", "inspect", mlabs.service("ada"))["Spec"]["TaskTemplate"]
    assert spec["RestartPolicy"]["Condition"] == "none"
    status = mlabs.inside("ada", "print(open('/proc/self/status').read())")
    assert "NoNewPrivs:\t1" in status
    assert "CapBnd:\t0000000000000000" in status
    mlabs.inside("ada", "open('/home/lab/kept.txt', 'w').write('kept')")

    ada.stop("rights")
    assert mlabs.service("ada") == ""
    assert node.docker("ps", "-q", "--filter", "label=org.mlabs.user=ada") == ""
    ada.start("rights")
    assert mlabs.inside("ada", "print(open('/home/lab/kept.txt').read())") == "kept"
    ada.stop("rights")


def test_a_name_that_reads_like_a_template_is_only_a_name(mlabs):
    # Swarm would make a plain 3 of the first, and Python nothing good of the second.
    person = mlabs.enter("{{3}}{0}")
    new_lab(person, "braces")
    person.start("braces")
    code = "import os; print(*map(os.environ.get, ('JUPYTERHUB_USER', 'MLABS_LAB')))"
    assert mlabs.inside(person.name, code).split() == [person.name, f"{person.name}/braces"]
    person.stop("braces")


def test_a_lab_reaches_mlabs_and_no_other_lab(mlabs, ada):
    bob = mlabs.enter("bob")
    for person in (ada, bob):
        new_lab(person, "apart")
        person.start("apart")
    node, container = mlabs.container("bob")
    settings = node.inspect("inspect", container)["NetworkSettings"]
    published = int(settings["Ports"]["8888/tcp"][0]["HostPort"])
    ports = json.loads((mlabs.up.data / "ports.json").read_text())
    door = (mlabs.swarm.gateway, 18000)
    places = [
        (settings["Networks"]["mlabs-labs"]["IPAddress"], 8888),
        *((mlabs.swarm.manager.address, port) for port in (published, 2377, 7946)),
        *((mlabs.swarm.gateway, port) for port in ports.values()),
        ("169.254.169.254", 80),
        door,
    ]
    assert mlabs.reached("ada", places) == [door]
    for person in (ada, bob):
        person.stop("apart")


def test_labs_that_need_a_gpu_wait_for_a_node_that_has_one(mlabs, ada):
    new_lab(ada, "first", environment="tiny", accelerator="gpu")
    new_lab(ada, "second", environment="tiny", accelerator="gpu")
    node = mlabs.swarm.manager
    start(ada, "first")
    mlabs.wait_said(ada, "first", "Waiting for a node with room")
    node.docker("node", "update", "--label-add", "mlabs.accelerator=gpu", "node1")
    until(lambda: (running(ada, "first") or {}).get("ready"), 120)
    task = node.inspect("inspect", node.docker("service", "ps", "-q", mlabs.service("ada")))
    assert task["GenericResources"] == [
        {"NamedResourceSpec": {"Kind": "NVIDIA-GPU", "Value": "GPU-of-the-test"}}
    ]

    # The one GPU is held.
    start(ada, "second")
    mlabs.wait_said(ada, "second", "Waiting for a node with room")
    ada.stop("first")
    until(lambda: (running(ada, "second") or {}).get("ready"), 120)
    ada.stop("second")


def start(person, lab):
    """Ask for a start; what fails within seconds is told at once."""
    options = {"user_options": {"lab": f"{person.name}/{lab}"}}
    answer = person.http.post(f"/hub/api/users/{person.name}/servers/{lab}", json=options)
    assert answer.status_code in (201, 202, 503), answer.text
    return answer.text


def test_a_lab_that_ends_by_itself_is_noticed_and_cleared_away(mlabs, ada):
    new_lab(ada, "ending")
    ada.start("ending")
    node, container = mlabs.container("ada")
    node.docker("kill", "--signal", str(int(signal.SIGKILL)), container)
    until(lambda: not (running(ada, "ending") or {}).get("ready"), 120)
    until(lambda: mlabs.service("ada") == "", 120)
    ada.start("ending")
    ada.stop("ending")


def test_a_start_that_a_crash_cuts_short_leaves_nothing(mlabs, ada):
    node = mlabs.swarm.manager
    new_lab(ada, "cut", environment="tiny", accelerator="gpu")
    with ThreadPoolExecutor(1) as asking:
        # It waits for a node that has a GPU, and would go on to do so.
        node.docker("node", "update", "--label-add", "mlabs.accelerator=none", "node1")
        asked = asking.submit(start, ada, "cut")
        until(lambda: mlabs.service("ada"), 120)
        assert running(ada, "cut")["pending"] == "spawn"
        mlabs.up.kill_hub()
        asked.exception()
    # One that came after its start had been given up, and one of another MLabs.
    for name, instance in (("late", mlabs.prefix), ("foreign", "mlabs-elsewhere")):
        more = ("--name", name, "--label", f"org.mlabs.instance={instance}", image("python"), "true")
        node.docker("service", "create", "--detach", *more)
    mlabs.up.wait_said("MLabs is ready again")
    until(lambda: mlabs.service("ada") == "", 120)
    until(lambda: node.docker("service", "ls", "--format", "{{.Name}}") == "foreign", 120)
    node.docker("service", "rm", "foreign")
    node.docker("node", "update", "--label-add", "mlabs.accelerator=gpu", "node1")
    ada.start("cut")
    ada.stop("cut")


def test_a_lent_machine_takes_labs_that_ask_for_it_and_leaves_without_losing_their_files(mlabs, ada):
    new_lab(ada, "travels", accelerator="community")
    assert "No machine is lent" in start(ada, "travels")
    home = mlabs.home("ada")
    write(home / "travels" / "data.csv", "brought")
    write(home / "private.txt", "private")
    node = mlabs.join()
    assert "is lent" in mlabs.command("nodes", "lend", node.name)
    ada.start("travels")
    where, container = mlabs.container("ada")
    assert where is node
    assert [
        one["Type"] for one in node.inspect("inspect", container)["Mounts"] if one["Type"] == "bind"
    ] == []
    there = "import pathlib; print(sorted(str(one) for one in pathlib.Path('/home/lab').glob('[a-z]*/*')))"
    assert mlabs.inside("ada", there) == "['/home/lab/travels/data.csv']"
    task = mlabs.swarm.manager.inspect("service", "inspect", mlabs.service("ada"))["Spec"]["TaskTemplate"]
    assert task["Placement"]["Constraints"] == ["node.labels.mlabs.community==true"]
    # Nobody overcommits somebody else's machine: who finds no room waits, as for a GPU.
    limits, reserved = (task["Resources"][name] for name in ("Limits", "Reservations"))
    assert {name: limits[name] for name in ("NanoCPUs", "MemoryBytes")} == reserved
    mlabs.inside("ada", "open('/home/lab/travels/made.txt', 'w').write('made there')")
    until(lambda: (home / "travels" / "made.txt").exists(), 20)
    mlabs.inside("ada", "open('/home/lab/travels/late.txt', 'w').write('at the last moment')")

    assert "is drained" in mlabs.command("nodes", "drain", node.name)
    assert (home / "travels" / "late.txt").read_text() == "at the last moment"
    assert node.docker("ps", "-q") == ""
    left = node.docker("volume", "ls", "-q", "--filter", "label=org.mlabs.lent").split()
    lists = ("--entrypoint", "ls", image("python"), "-A", "/v")
    assert [name for name in left if node.docker("run", "--rm", "-v", f"{name}:/v", *lists)] == []
    until(lambda: not (running(ada, "travels") or {"ready": False})["ready"], 120)

    # It is free again, and a lab that did not ask for it never goes there.
    mlabs.command("nodes", "lend", node.name)
    ada.ok("PATCH", "labs/ada/travels", json={"accelerator": "none"})
    ada.start("travels")
    assert mlabs.container("ada")[0] is mlabs.swarm.manager
    assert mlabs.inside("ada", "print(open('/home/lab/travels/made.txt').read())") == "made there"
    assert "is removed" in mlabs.command("nodes", "remove", node.name)
    assert node.name not in mlabs.command("nodes", "list")
    ada.stop("travels")


def write(file, text):
    """A file of a home."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    for one in (file.parent, file):
        os.chown(one, 1000, 1000)


def test_an_image_that_no_node_has_is_said_in_words(mlabs, ada):
    node = mlabs.swarm.manager
    name = tiny(mlabs)
    node.docker("tag", name, "kept:here")
    node.docker("rmi", name)
    try:
        new_lab(ada, "missing", environment="tiny")
        if f"has no image {name}" not in start(ada, "missing"):
            mlabs.wait_said(ada, "missing", f"has no image {name}")
        until(lambda: mlabs.service("ada") == "", 120)
    finally:
        node.docker("tag", "kept:here", name)


def test_a_pinned_image_that_is_gone_gives_way_to_the_current_one(mlabs, ada):
    gone = f"{tiny(mlabs).partition(':')[0]}:{'0' * 12}"
    new_lab(ada, "origin", environment="tiny")
    run = str(ULID())
    fields = {"lab": "ada/origin", "environment": "tiny", "started": datetime.now(UTC).isoformat()}
    ada.ok("POST", "runs", json={"id": run, "image": gone, **fields})
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    ada.ok("POST", "labs/ada/origin/versions", json={"notebook": notebook, "run": run})
    assert ada.ok("POST", "labs/ada/origin/fork", json={"name": "pinned"})["image"] == gone

    with ThreadPoolExecutor(1) as asking:
        asked = asking.submit(start, ada, "pinned")
        until(lambda: running(ada, "pinned"), 120)
        mlabs.wait_said(ada, "pinned", GONE)
        asked.result()
    until(lambda: running(ada, "pinned")["ready"], 120)
    node, container = mlabs.container("ada")
    settings = node.inspect("inspect", container)["Config"]
    assert settings["Image"] == tiny(mlabs)
    assert f"MLABS_IMAGE={tiny(mlabs)}" in settings["Env"]
    # The lab stays pinned: the image may come back.
    assert ada.ok("GET", "labs/ada/pinned")["image"] == gone
    ada.stop("pinned")


def tiny(mlabs):
    """The name of the image of the environment `tiny`."""
    return read(mlabs.swarm.folder / "environments" / "tiny" / "environment.toml").image("none", PREFIX)
