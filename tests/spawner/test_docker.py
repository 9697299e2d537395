"""Containers of labs on a real engine: what they may, what they are made of, and how they begin and end."""

from __future__ import annotations

import asyncio
import io
import json
import os
import tarfile
from types import SimpleNamespace

import pytest
from docker import APIClient
from docker.errors import APIError
from jupyterhub.objects import Hub
from requests.exceptions import ConnectionError as NoConnection
from support import images
from support.fake_gpus import FakeGpus, ids
from support.runtime_service import TOKEN, StandIn
from traitlets.config import Config

from mlabs_ext.catalogue import Catalogue
from mlabs_images import build
from mlabs_spawner import clear, engine
from mlabs_spawner.container import LabContainer
from mlabs_spawner.docker import DockerLabSpawner
from mlabs_spawner.options import Refused

pytestmark = pytest.mark.docker

PREFIX = f"mlabs-test-{os.getpid()}"
LISTEN = "import http.server as h; h.HTTPServer(('', 8888), h.BaseHTTPRequestHandler).serve_forever()"
SERVE = ["python3", "-c", LISTEN]


@pytest.fixture(scope="module")
def client():
    client = engine.connect()
    yield client
    clear.clear(client, PREFIX)
    for volume in client.volumes(filters={"name": PREFIX})["Volumes"] or []:
        client.remove_volume(volume["Name"])
    client.close()


@pytest.fixture(autouse=True)
def engine_of_the_test(client, monkeypatch):
    monkeypatch.setattr(LabContainer, "_client", client)


@pytest.fixture(scope="module")
def service():
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def python(client):
    """The image of the environment `python`, as the engine describes it."""
    return client.inspect_image(images.image("python"))


@pytest.fixture
async def spawner(service, python, client, monkeypatch, tmp_path):
    monkeypatch.setenv("MLABS_DATA", str(tmp_path))
    made = []

    async def make(user="ada", server="iris", environment="python", accelerator="none", **traits):
        service.set(f"{user}/{server}", environment, accelerator)
        orm = SimpleNamespace(name=server, user_options={}, server=None)
        person = SimpleNamespace(name=user, url=f"/user/{user}/", escaped_name=user, admin=False, groups=[])
        network = {"LabNetwork": {"name": PREFIX, "port": 8081}}
        defaults = {
            "user": person,
            "orm_spawner": orm,
            "hub": Hub(base_url="/hub/"),
            "service_url": service.url,
            "service_token": TOKEN,
            "catalogue": Catalogue(local=False),
            "gpus": FakeGpus(0),
            "prefix": PREFIX,
            "cmd": SERVE,
            "stop_timeout": 1,
        }
        one = DockerLabSpawner(config=Config(network), **{**defaults, **traits})
        made.append(one)
        await one._run_apply_user_options({"lab": f"{user}/{server}"})
        return one

    yield make
    for one in made:
        await one.stop()


async def inside(one, code):
    """What Python code prints in the container."""
    call = await one.docker("exec_create", one.object_id, ["/opt/env/bin/python", "-c", code])
    return (await one.docker("exec_start", call["Id"])).decode()


async def test_a_container_has_few_rights(spawner):
    one = await spawner()
    await one.start()
    container = await one.get_object()
    host = container["HostConfig"]
    assert {
        "CapDrop": ["ALL"],
        "CapAdd": None,
        "SecurityOpt": ["no-new-privileges:true"],
        "Privileged": False,
        "ReadonlyRootfs": True,
        "PidsLimit": 2048,
        "Memory": 4 << 30,
        "MemorySwap": 4 << 30,
        "CpuQuota": 200_000,
        "NetworkMode": PREFIX,
        "PidMode": "",
        "PortBindings": None,
        "Devices": None,
        "DeviceRequests": [],
        "Binds": [f"{one.volume}:/home/lab:rw"],
    }.items() <= host.items()
    assert host["LogConfig"]["Config"] == {"max-size": str(10 << 20), "max-file": "2"}
    assert container["Config"]["User"] == "1000:1000"
    assert list(container["NetworkSettings"]["Networks"]) == [PREFIX]


async def test_these_rights_are_few_from_within(spawner):
    one = await spawner()
    await one.start()
    code = """
import json, os, pathlib
def fails(path):
    try:
        pathlib.Path(path).write_text("x")
    except OSError as error:
        return error.strerror
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status"))
paths = ("/x", "/opt/env/x", "/opt/mlabs/x", "/home/lab/x", "/tmp/x", "/dev/shm/x")
writes = {path: fails(path) for path in paths}
print(json.dumps({"status": {name: status[name].strip() for name in ("CapEff", "CapBnd", "NoNewPrivs")},
    "writes": writes, "ids": [os.getuid(), os.getgid()], "shm": os.statvfs("/dev/shm").f_blocks * 4096,
    "socket": [p for p in ("/var/run/docker.sock", "/run/docker.sock") if os.path.exists(p)],
    "network": sorted(os.listdir("/sys/class/net"))}))
"""
    seen = json.loads(await inside(one, code))
    assert seen["status"] == {"CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1"}
    assert seen["writes"] == {
        **dict.fromkeys(("/x", "/opt/env/x", "/opt/mlabs/x"), "Read-only file system"),
        **dict.fromkeys(("/home/lab/x", "/tmp/x", "/dev/shm/x")),
    }
    assert (seen["ids"], seen["shm"], seen["socket"]) == ([1000, 1000], 1 << 30, [])
    assert "eth0" in seen["network"]


async def test_memory_and_processes_end_within_the_container(spawner):
    one = await spawner(max_memory="400M", processes_limit=60)
    await one.start()
    assert (await inside(one, "print(len(bytearray(100 << 20)))")).strip() == str(100 << 20)
    assert await inside(one, "print(len(bytearray(1 << 30)))") == ""
    bomb = "import subprocess as s\nfor n in range(99): s.Popen(['sleep', '9'])"
    assert "Resource temporarily unavailable" in await inside(one, bomb)
    assert await one.poll() is None


async def test_what_an_administrator_adds_takes_no_protection_away(spawner):
    async def more(spawner):
        return {"dns_search": ["example.org"], "cap_drop": [], "privileged": True}

    one = await spawner(extra_host_config=more, extra_create_kwargs={"hostname": "lab", "user": "0"})
    await one.start()
    container = await one.get_object()
    host, config = container["HostConfig"], container["Config"]
    assert (host["DnsSearch"], host["CapDrop"], host["Privileged"]) == (["example.org"], ["ALL"], False)
    assert (config["Hostname"], config["User"]) == ("lab", "1000:1000")


async def test_the_image_is_recorded_exactly(spawner, python):
    one = await spawner()
    await one.start()
    container = await one.get_object()
    assert one.image == f"{images.prefix()}python@{python['Id']}"
    assert container["Image"] == python["Id"]
    env = dict(line.split("=", 1) for line in container["Config"]["Env"])
    assert env["MLABS_IMAGE"] == one.image
    assert env["HOME"] == env["JUPYTERHUB_ROOT_DIR"] == "/home/lab"


async def test_hub_and_service_are_reached_through_the_door(spawner):
    one = await spawner()
    await one.start()
    env = dict(line.split("=", 1) for line in (await one.get_object())["Config"]["Env"])
    door = f"http://{one.place.gateway}:8081"
    assert env["JUPYTERHUB_API_URL"] == f"{door}/hub/api"
    assert env["JUPYTERHUB_ACTIVITY_URL"] == f"{door}/hub/api/users/ada/activity"
    assert env["MLABS_SERVICE_URL"] == f"{door}/services/mlabs/"


@pytest.mark.parametrize(
    ("pinned", "used"),
    [
        pytest.param("mlabs/python@{python}", "pinned", id="an image of this environment"),
        pytest.param("mlabs/python@{other}", "current", id="an image of another environment"),
        pytest.param(f"mlabs/python@sha256:{'0' * 64}", "current", id="an image that is gone"),
        pytest.param("{tag}", "current", id="a tag"),
        pytest.param("{python}", "current", id="a digest without a name"),
        pytest.param("mlabs/python@{python} --privileged", "current", id="with more"),
        pytest.param("python-py311-0123456789ab", "current", id="a local environment"),
    ],
)
async def test_a_pinned_image_must_be_one_of_this_environment(spawner, client, python, pinned, used):
    derived = client.build(
        fileobj=derivative(python["Id"]), custom_context=True, rm=True, decode=True, tag=f"{PREFIX}:derived"
    )
    assert not [event for event in derived if "error" in event]
    derived = client.inspect_image(f"{PREFIX}:derived")["Id"]
    other = client.inspect_image(build.base_name())["Id"]
    one = await spawner()
    one.pinned = pinned.format(python=derived, other=other, tag=images.image("python"))
    found = await one.find_image()
    assert found.id == (derived if used == "pinned" else python["Id"])
    assert any("gone" in event["message"] for event in one.told) == (used == "current")


def derivative(image):
    text = f'FROM {image}\nLABEL of="a test"\n'.encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    packed.seek(0)
    return packed


async def test_a_missing_image_names_the_command_that_builds_it(spawner):
    one = await spawner()
    one.spec.title = "Something that nobody built"
    with pytest.raises(Refused, match="mlabs images build python") as refusal:
        await one.start()
    assert refusal.value.status_code == 503


async def test_names_that_look_alike_share_nothing(spawner):
    first, second = await spawner("user-a", "b"), await spawner("user", "a-b")
    await first.start()
    await second.start()
    assert first.object_id != second.object_id
    assert first.volume != second.volume
    await inside(first, "open('/home/lab/mine', 'w')")
    assert (await inside(second, "import os; print(os.path.exists('/home/lab/mine'))")).strip() == "False"


async def test_files_are_the_users_and_outlive_the_container(spawner, tmp_path):
    homes = tmp_path / "homes"
    one, two = [await spawner("keeper", server, homes=str(homes)) for server in ("first", "second")]
    await one.start()
    await inside(one, "open('/home/lab/kept', 'w').write('words')")
    await one.stop()
    assert (homes / "keeper" / "kept").read_text() == "words"
    assert (homes / "keeper" / "kept").stat().st_uid == 1000
    await two.start()
    assert (await inside(two, "print(open('/home/lab/kept').read())")).strip() == "words"


async def test_homes_may_move(spawner, tmp_path):
    for name in ("before", "after"):
        one = await spawner(user="mover", homes=str(tmp_path / name))
        await one.start()
        await inside(one, "open('/home/lab/here', 'w')")
        await one.stop()
        assert (tmp_path / name / "mover" / "here").exists()


async def test_datasets_are_read_only(spawner, service, monkeypatch, tmp_path):
    (tmp_path / "mounts" / "ada" / "penguins").mkdir(parents=True)
    (tmp_path / "mounts" / "ada" / "penguins" / "all.csv").write_text("a,b\n")
    monkeypatch.setattr(service, "limits", {"data": str(tmp_path / "mounts")})
    assert (await spawner()).data_folder == "", "where homes are the engine's, folders are none of its"
    one = await spawner(homes=str(tmp_path / "homes"))
    await one.start()
    code = """
import errno
print(open("/data/ada/penguins/all.csv").read().strip())
for name in ("all.csv", "new.csv"):
    try:
        open(f"/data/ada/penguins/{name}", "w")
    except OSError as error:
        print(errno.errorcode[error.errno])
"""
    assert (await inside(one, code)).split() == ["a,b", "EROFS", "EROFS"]


async def test_an_accelerator_is_asked_for_by_its_name(spawner, python, client, monkeypatch):
    client.tag(python["Id"], f"{PREFIX}-gpu", "latest")
    one = await spawner(environment="pytorch", accelerator="gpu", gpus=FakeGpus(1))
    monkeypatch.setattr(type(one.spec), "image", lambda self, accelerator: f"{PREFIX}-gpu:latest")
    asked = {}
    original = one.docker

    async def remember(method, *arguments, **options):
        if method == "start":
            asked.update(await original("inspect_container", one.object_id))
        return await original(method, *arguments, **options)

    monkeypatch.setattr(one, "docker", remember)
    try:
        with pytest.raises(Refused, match="GPU"):
            await one.start()
        assert asked["HostConfig"]["DeviceRequests"] == [
            {"Driver": "nvidia", "Count": 0, "DeviceIDs": ids(1), "Capabilities": [["gpu"]], "Options": {}}
        ]
        assert f"NVIDIA_VISIBLE_DEVICES={ids(1)[0]}" in asked["Config"]["Env"]
        assert await one.poll() is not None
        assert await one.get_object() is None
    finally:
        client.remove_image(f"{PREFIX}-gpu:latest")


async def test_a_server_that_died_is_noticed_with_its_time_and_removed(spawner, client):
    one = await spawner()
    await one.start()
    container, name = one.object_id, one.object_name
    assert await one.poll() is None
    client.kill(container)
    client.wait(container)
    state = client.inspect_container(container)["State"]
    # A hub that was away meanwhile finds it like this.
    later = await spawner()
    later.load_state(json.loads(json.dumps(one.get_state())))
    assert "ExitCode=137" in await later.poll()
    assert await later.ended_at() == engine.moment(state["FinishedAt"])
    assert not client.containers(all=True, filters={"name": name})
    assert await later.poll() == 0


async def test_a_hub_that_starts_again_finds_its_servers(spawner):
    one = await spawner()
    where = await one.start()
    later = await spawner()
    later.load_state(json.loads(json.dumps(one.get_state())))
    assert await later.poll() is None
    assert await later.get_ip_and_port() == where
    await later.stop()
    assert await one.get_object() is None


async def test_what_a_lost_hub_left_makes_room(spawner):
    one = await spawner()
    await one.start()
    left = one.object_id
    again = await spawner()
    await again.start()
    assert again.object_id != left
    assert again.object_name == one.object_name


async def test_a_server_that_ends_while_it_starts_says_why(spawner):
    one = await spawner(cmd=["python3", "-c", "raise SystemExit('no such thing')"])
    with pytest.raises(Refused, match="no such thing"):
        await one.start()


async def test_progress_is_told_in_order(spawner):
    one = await spawner()
    await one.start()
    told = [event["message"] for event in one.told]
    assert told[-5:] == [
        "Looking for the environment's image",
        "Creating the container",
        "Starting the container",
        "Waiting for JupyterLab",
        "Opening the notebook",
    ]
    assert [event["progress"] for event in one.told] == sorted(event["progress"] for event in one.told)


async def test_an_engine_that_is_away_loses_no_server(spawner, monkeypatch, client):
    one = await spawner()
    await one.start()
    away = APIClient(base_url="tcp://127.0.0.1:1", version="1.41")
    with monkeypatch.context() as while_away:
        while_away.setattr(LabContainer, "_client", away)
        assert await one.poll() is None
        with pytest.raises(Refused, match="Docker does not answer"):
            await one.stop()
        other = await spawner(server="other")
        with pytest.raises(Refused, match="Docker does not answer"):
            await other.start()
        other.object_id = ""
    away.close()
    assert await one.poll() is None


async def test_many_start_at_once(spawner):
    labs = [await spawner(server=f"at-once-{number}") for number in "abcd"]
    where = await asyncio.gather(*(one.start() for one in labs))
    assert len(set(where)) == len(labs)


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (NoConnection("refused"), 503, "does not answer"),
        (APIError("x", explanation='could not select device driver "nvidia"'), 503, "hands out no GPUs"),
        (APIError("x", explanation="write /x: no space left on device"), 507, "disk .* is full"),
        (APIError("x", explanation="something else"), 503, "something else"),
    ],
    ids=["no engine", "no nvidia", "full", "other"],
)
def test_failures_of_the_engine_in_words(failure, status, words):
    refused = engine.refused(failure)
    assert refused.status_code == status
    with pytest.raises(Refused, match=words):
        raise refused
