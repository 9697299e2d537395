"""Labs in containers, through the whole: two environments at once, and what one lab sees of others."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support import images, outside, volumes
from support.person import Person
from support.up import Up

from mlabs_spawner import engine
from mlabs_spawner.network import LabNetwork

pytestmark = pytest.mark.docker

# Prints which targets take a connection; asks many at once, since nothing answers for some.
SCAN = """
import json, select, socket, time
def scan(targets):
    poll, asked, found = select.poll(), {}, []
    for target in targets:
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(target)
        asked[one.fileno()] = one, target
        poll.register(one, select.POLLOUT)
    left, end = set(asked), time.monotonic() + 3
    while left and time.monotonic() < end:
        for number, _ in poll.poll(100):
            poll.unregister(number)
            left.discard(number)
            one, target = asked[number]
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(target)
    for one, _ in asked.values():
        one.close()
    return found
def expanded(ports):
    return range(1, 65536) if ports == "all" else ports
targets = [(host, port) for host, ports in {targets} for port in expanded(ports)]
print(json.dumps([one for n in range(0, len(targets), 500) for one in scan(targets[n : n + 500])]))
"""


class Lab:
    """A lab of a person, running; code runs in kernels of its server."""

    def __init__(self, up, owner: str, name: str, environment: str):
        self.person = Person(up.url, owner, up.password)
        self.owner, self.name, self.instance = owner, name, prefix(up)
        self.person.ok("POST", "labs", json={"name": name, "environment": environment})
        if name == "iris":
            self.use_data()
        self.path = self.person.start(name)

    def use_data(self) -> None:
        """Have it use a private dataset of its owner's."""
        sent = {"files": [("file", ("all/birds.csv", b"a,b"))], "data": {"name": "birds"}}
        self.person.ok("POST", "datasets", **sent)
        self.person.ok("PUT", f"labs/{self.owner}/{self.name}/data/{self.owner}/birds", json={})

    def run(self, code: str) -> str:
        """What the code prints in a new kernel."""
        kernel = self.person.http.post(f"{self.path}api/kernels", json={}).json()["id"]
        try:
            return self.person.printed(self.path, kernel, code).strip()
        finally:
            self.person.http.delete(f"{self.path}api/kernels/{kernel}")

    def reached(self, targets: dict[str, list[int] | str]) -> set[tuple[str, int]]:
        """Which of these ports of these hosts take connections from here."""
        return set(map(tuple, json.loads(self.run(SCAN.replace("{targets}", repr(list(targets.items())))))))

    @property
    def container(self) -> dict[str, Any]:
        """As the engine describes it."""
        with contextlib.closing(engine.connect()) as client:
            labels = [f"org.mlabs.lab={self.owner}/{self.name}", f"org.mlabs.instance={self.instance}"]
            found = client.containers(filters={"label": labels})
            return client.inspect_container(found[0]["Id"])

    @property
    def address(self) -> str:
        [network] = self.container["NetworkSettings"]["Networks"].values()
        return network["IPAddress"]

    def close(self) -> None:
        self.person.close()


@pytest.fixture(scope="module")
def labs(docker_up) -> Iterator[dict[str, Lab]]:
    """Ada's two labs and Carol's one."""
    wanted = {"iris": ("ada", "python"), "digits": ("ada", "theano"), "spy": ("carol", "python")}
    made = {name: Lab(docker_up, owner, name, environment) for name, (owner, environment) in wanted.items()}
    yield made
    for lab in made.values():
        lab.close()


def test_two_labs_of_one_person_run_two_environments_at_once(labs):
    python = "import sklearn, importlib.util as u; print(sklearn.__name__, bool(u.find_spec('theano')))"
    theano = "import theano; print(theano.__name__, theano.__version__)"
    assert labs["iris"].run(python) == "sklearn False"
    assert "theano 1." in labs["digits"].run(theano)
    assert labs["iris"].container["Id"] != labs["digits"].container["Id"]


def test_a_persons_labs_share_files_and_nobody_elses(labs):
    labs["iris"].run("open('/home/lab/shared.txt', 'w').write('mine')")
    assert labs["digits"].run("print(open('/home/lab/shared.txt').read())") == "mine"
    assert labs["spy"].run("import os; print(os.path.exists('/home/lab/shared.txt'))") == "False"


def test_a_labs_datasets_are_mounted_read_only_and_nobody_elses(docker_up, labs):
    code = """
import errno, os, time
while not os.path.exists("/home/lab/iris/data/ada/birds"):
    time.sleep(0.1)
print(os.readlink("/home/lab/iris/data/ada/birds"), open("/data/ada/birds/all/birds.csv").read())
file = "/data/ada/birds/all/birds.csv"
for change in (lambda: open(file, "a"), lambda: os.chmod(file, 0o666), lambda: os.mkdir("/data/ada/mine")):
    try:
        change()
    except OSError as error:
        print(errno.errorcode[error.errno])
"""
    assert labs["iris"].run(code).split() == ["/data/ada/birds", "a,b", "EACCES", "EROFS", "EROFS"]
    for other in ("digits", "spy"):
        assert labs[other].run("import os; print(os.listdir('/data'))") == "[]"
    [blob] = (path for path in (docker_up.data / "mounts").rglob("birds.csv"))
    assert blob.stat().st_nlink == 2, "it takes no room of its own"


def test_one_more_package_is_the_persons_own(labs):
    code = "import subprocess, sys; print(sys.prefix.startswith('/home/lab/.mlabs'))"
    assert labs["iris"].run(code) == "True"


def test_a_third_persons_lab_reaches_none_of_it(docker_up, labs):
    """Whatever is scanned here takes connections from the machine itself: the probes are good."""
    network = LabNetwork(name=prefix(docker_up))
    with contextlib.closing(engine.connect()) as client:
        gateway = network.find(client).gateway
    ports = json.loads((docker_up.data / "ports.json").read_text())
    spy, others = labs["spy"], [labs["iris"].address, labs["digits"].address]
    # A database that listens on every address, as an administrator's may.
    with socket.create_server(("0.0.0.0", 0)) as database, outside.Outside():
        kept_off = [*ports.values(), database.getsockname()[1], 2375]
        targets = {
            **dict.fromkeys(others, "all"),
            gateway: sorted(set(kept_off)),
            outside.NEAR: [database.getsockname()[1], ports["door"]],
            outside.LINK_LOCAL: [80],
            **{address: [80] for address in outside.PRIVATE},
            outside.PUBLIC: [80],
        }
        for host in (*others, outside.LINK_LOCAL, *outside.PRIVATE, outside.PUBLIC):
            assert outside.connects(host, 8888 if host in others else 80), host
        assert outside.connects(gateway, database.getsockname()[1])
        assert spy.reached(targets) == {(gateway, ports["door"]), (outside.PUBLIC, 80)}


def prefix(up) -> str:
    return f"mlabs-{(up.data / 'secrets' / 'prefix').read_text().strip()}"


def test_through_the_door_there_is_the_proxy_alone(labs):
    code = """
import json, os, urllib.request, urllib.error
def status(url, token=True):
    headers = {"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]} if token else {}
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status
    except urllib.error.HTTPError as error:
        return error.code
api = os.environ["JUPYTERHUB_API_URL"]
door = api.removesuffix("/hub/api")
print(json.dumps([status(f"{door}/hub/health"), status(f"{api}/user"), status(f"{api}/users"),
    status(f"{door}/services/mlabs/api/v1/me"), status(f"{door}/user/ada/iris/api/contents"),
    status(f"{door}/api/routes")]))
"""
    assert json.loads(labs["spy"].run(code)) == [200, 200, 403, 200, 403, 404]


@pytest.mark.parametrize(
    "options",
    [
        {"image": "busybox"},
        {"image": "mlabs/python:latest"},
        {"image": f"mlabs/python@sha256:{'0' * 64}"},
        {"image": "mlabs/python --privileged"},
        {"environment": "mlabs/python:latest"},
        {"environment": "python theano"},
        {"environment": f"python@sha256:{'0' * 64}"},
        {"volumes": {"/": "/host"}},
        {"extra_host_config": {"privileged": True}},
        {"cmd": "sh"},
        {"accelerator": "--gpus=all"},
    ],
    ids=str,
)
def test_options_of_ones_own_are_refused_and_nothing_is_fetched(docker_up, labs, options):
    ada = labs["iris"].person
    if ada.api("GET", "labs/ada/other").status_code == 404:
        ada.ok("POST", "labs", json={"name": "other"})
    body = {"user_options": {"lab": "ada/other", **options}}
    with contextlib.closing(engine.connect()) as client:
        since = time.time()
        answer = ada.http.post("/hub/api/users/ada/servers/other", json=body)
        assert answer.status_code == 400, answer.text
        pulled = client.events(since=since, until=time.time(), filters={"event": "pull"}, decode=True)
        assert list(pulled) == []
        assert not client.containers(all=True, filters={"label": "org.mlabs.lab=ada/other"})


def test_containers_outlive_the_hub(docker_up, labs):
    lab = labs["iris"]
    before = lab.container["Id"]
    docker_up.kill_hub()
    docker_up.wait_said("MLabs is ready again")
    assert lab.container["Id"] == before
    assert lab.run("print(6 * 7)") == "42"
    code = "import os, urllib.request as u; print(u.urlopen(os.environ['JUPYTERHUB_API_URL']).status)"
    assert lab.run(code) == "200"


def test_a_killed_server_is_noticed_and_starts_again(labs):
    lab = labs["digits"]
    with contextlib.closing(engine.connect()) as client:
        client.kill(lab.container["Id"])
    # JupyterHub looks every half minute, and when it is asked to start what it believes to run.
    assert lab.person.start("digits") == lab.path
    assert lab.run("print(6 * 7)") == "42"


def test_labs_outlive_a_killed_mlabs_and_end_with_the_next(tmp_path):
    images.image("python")
    arguments = (tmp_path / "data", "--spawner", "docker", "--environments", "python")
    up = Up(*arguments).wait_ready()
    lab = Lab(up, "ada", "iris", "python")
    lab.run("open('/home/lab/kept.txt', 'w').write('words')")
    network, container = LabNetwork(name=prefix(up)), lab.container["Id"]
    assert network.bridge in outside.run("iptables", "-S")
    up.stop(signal.SIGKILL)

    again = Up(*arguments)
    try:
        again.wait_ready()
        lab.person.url = again.url
        lab.person.http.base_url = again.url
        assert lab.container["Id"] == container
        assert lab.run("print(open('/home/lab/kept.txt').read())") == "words"
        lab.close()
    finally:
        assert again.stop() == 0, again.said()
    with contextlib.closing(engine.connect()) as client:
        assert not client.containers(all=True, filters={"label": f"org.mlabs.instance={network.name}"})
        assert network.find(client) is None
    assert network.bridge not in outside.run("iptables", "-S")
    volumes.forget(again.data)
    assert (again.data / "volumes" / "ada" / "kept.txt").read_text() == "words"
