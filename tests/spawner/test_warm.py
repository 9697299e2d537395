"""Containers that wait, on a real engine: what they know, who gets them, and what becomes of them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from types import SimpleNamespace

import pytest
from jupyterhub.objects import Hub
from support import images
from support.fake_gpus import FakeGpus
from support.runtime_service import TOKEN, StandIn
from traitlets.config import Config

from mlabs_spawner import clear, engine, warm_claim
from mlabs_spawner.container import LabContainer
from mlabs_spawner.docker import DockerLabSpawner
from mlabs_spawner.warm import WarmPool

pytestmark = pytest.mark.docker

PREFIX = f"mlabs-warm-test-{os.getpid()}"
LISTEN = "import http.server as h; h.HTTPServer(('', 8888), h.BaseHTTPRequestHandler).serve_forever()"
# In place of JupyterLab, which the tests of the whole start.
SERVE = ["python3", "-c", LISTEN]


@pytest.fixture(scope="module")
def client():
    client = engine.connect()
    yield client
    clear.clear(client, PREFIX)
    for volume in client.volumes(filters={"name": PREFIX})["Volumes"] or []:
        client.remove_volume(volume["Name"])
    client.close()


@pytest.fixture(scope="module")
def python(client):
    """The image of the environment `python`, as the engine describes it."""
    return client.inspect_image(images.image("python"))


@pytest.fixture(autouse=True)
async def alone(client, monkeypatch):
    """Each test has an engine's connection, and a pool that ends with it."""
    monkeypatch.setattr(LabContainer, "_client", client)
    monkeypatch.setattr(WarmPool, "_all", {})
    yield
    for pool in WarmPool._all.values():
        await left_alone(pool)
        pool.remove_all()


async def left_alone(pool):
    """Nobody looks after the pool any more, so that what a test does to it is all that happens."""
    if pool.task:
        pool.task.cancel()
        await asyncio.wait([pool.task])
    pool.begin = lambda: None


@pytest.fixture(scope="module")
def service():
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def spawner(service, python, monkeypatch, tmp_path):
    async def inspect_image(self, name):
        return python

    # Somebody may build another one meanwhile, which then would be of another recipe.
    monkeypatch.setattr(DockerLabSpawner, "inspect_image", inspect_image)
    monkeypatch.setenv("MLABS_DATA", str(tmp_path))
    made = []

    async def make(user="ada", server="iris", size=1, **traits):
        service.set(f"{user}/{server}", "python")
        orm = SimpleNamespace(name=server, user_options={}, server=None)
        person = SimpleNamespace(name=user, url=f"/user/{user}/", escaped_name=user, admin=False, groups=[])
        config = {
            "LabNetwork": {"name": PREFIX, "port": 8081},
            "WarmPool": {"sizes": {"python": size}, "interval": 3600, "refill_delay": 0},
            "DockerLabSpawner": {
                "service_url": service.url,
                "service_token": TOKEN,
                "prefix": PREFIX,
                "cmd": SERVE,
                "stop_timeout": 1,
                **traits,
            },
            "Catalogue": {"local": False},
        }
        one = DockerLabSpawner(
            config=Config(config), user=person, orm_spawner=orm, hub=Hub(base_url="/hub/"), gpus=FakeGpus(0)
        )
        made.append(one)
        await one._run_apply_user_options({"lab": f"{user}/{server}"})
        return one

    yield make
    for one in made:
        await one.stop()


async def filled(one):
    """The pool of a spawner, once all that is wanted waits, and left alone; and the ids of these."""
    WarmPool._all.get(PREFIX, SimpleNamespace()).__dict__.pop("begin", None)
    pool = WarmPool.of(one)
    deadline = time.monotonic() + 120
    while len(ready(pool)) < sum(pool.sizes.values()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    await left_alone(pool)
    return pool, ready(pool)


def ready(pool):
    return [one.id for one in pool.containers.values() if one.ready]


async def inside(one, code):
    """What Python code prints in the container of a spawner, or in the container of this id."""
    client, container = LabContainer._client, one if isinstance(one, str) else one.object_id
    call = client.exec_create(container, ["/opt/env/bin/python", "-c", code])
    return client.exec_start(call["Id"]).decode().strip()


HOME = "import os; print(sorted(os.listdir('/home/lab')))"


async def test_one_that_waits_knows_nobody(spawner, client, python):
    _, [waiting] = await filled(await spawner())
    found = client.inspect_container(waiting)
    assert sorted(found["Config"]["Env"]) == sorted(python["Config"]["Env"])
    assert "ada" not in json.dumps(found["Config"]["Labels"])
    assert found["HostConfig"]["Binds"] is None
    # What the image has there, in volumes that end with it.
    assert await inside(waiting, HOME) == "['.bash_logout', '.bashrc', '.mlabs', '.profile']"
    assert all(mount["Type"] == "volume" and len(mount["Name"]) == 64 for mount in found["Mounts"])


async def test_a_start_takes_the_one_that_waits_and_is_like_any_other(spawner, client):
    taken, ordinary = await spawner("ada"), await spawner("bob")
    _, [waiting] = await filled(taken)
    for one in (taken, ordinary):
        await one.start()
    assert taken.object_id == waiting != ordinary.object_id
    a, b = (client.inspect_container(one.object_id) for one in (taken, ordinary))
    assert a["Name"] == f"/{taken.object_name}"
    differ = {"Binds", "ContainerIDFile"}
    assert {key for key in a["HostConfig"] if a["HostConfig"][key] != b["HostConfig"][key]} <= differ
    assert a["Config"]["User"] == b["Config"]["User"] == "1000:1000"
    assert list(a["NetworkSettings"]["Networks"]) == list(b["NetworkSettings"]["Networks"]) == [PREFIX]
    assert a["State"]["Running"]
    assert await taken.poll() is None


SECRETS = """
import os
for process in filter(str.isdigit, os.listdir('/proc')):
    words = open(f'/proc/{process}/environ').read().split(chr(0))
    print(*[word for word in words if word.startswith('JUPYTERHUB_API_TOKEN')])
"""


async def test_what_is_secret_reaches_the_server_and_is_seen_nowhere_else(spawner, client):
    one = await spawner()
    one.api_token = "a-token-of-adas"
    _, [waiting] = await filled(one)
    await one.start()
    assert one.object_id == waiting
    assert "JUPYTERHUB_API_TOKEN=a-token-of-adas" in await inside(one, SECRETS)
    assert "a-token" not in json.dumps(client.inspect_container(waiting))
    assert b"a-token" not in client.logs(waiting)


@pytest.mark.parametrize("where", ["volumes of the engine", "folders"])
async def test_files_are_the_persons_own(spawner, tmp_path, where):
    homes = str(tmp_path / "homes") if where == "folders" else ""
    user = where.partition(" ")[0]
    one = await spawner(user, homes=homes)
    _, [waiting] = await filled(one)
    await one.start()
    assert one.object_id == waiting
    write = "import os; open('/home/lab/mine.txt', 'w').write('words'); s = os.stat('/home/lab'); "
    assert await inside(one, write + "print(s.st_uid, oct(s.st_mode))") == "1000 0o40700"
    # Another lab of the same person's, in a container that waited too; then another person's.
    for owner, there in ((user, True), (f"not-{user}", False)):
        other = await spawner(owner, "digits", homes=homes)
        _, [waiting] = await filled(other)
        await other.start()
        assert other.object_id == waiting
        assert ("mine.txt" in await inside(other, HOME)) is there
        assert ".mlabs" in await inside(other, HOME)
    last = await spawner(user, "last", homes=homes)
    await last.start()
    assert "mine.txt" in await inside(last, HOME)


async def test_datasets_are_there_and_cannot_be_changed(spawner, tmp_path):
    (tmp_path / "data" / "ada").mkdir(parents=True)
    (tmp_path / "data" / "ada" / "flowers.csv").write_text("a,b")
    one = await spawner(datasets=str(tmp_path / "data"))
    _, [waiting] = await filled(one)
    assert await inside(waiting, "import os; print(os.listdir('/data'))") == "[]"
    await one.start()
    assert one.object_id == waiting
    code = """
try:
    print(open('/data/ada/flowers.csv').read())
    open('/data/ada/x', 'w')
except OSError as error:
    print(error.errno)
"""
    assert (await inside(one, code)).split() == ["a,b", "30"]


async def test_limits_are_those_of_the_persons_plan(spawner, client, service, monkeypatch):
    monkeypatch.setattr(service, "limits", {"memory": 1 << 30, "cpus": 0.5})
    one = await spawner()
    _, [waiting] = await filled(one)
    assert client.inspect_container(waiting)["HostConfig"]["Memory"] == 4 << 30
    await one.start()
    assert one.object_id == waiting
    host = client.inspect_container(waiting)["HostConfig"]
    assert [host[key] for key in ("Memory", "MemorySwap", "CpuQuota")] == [1 << 30, 1 << 30, 50_000]


async def test_the_time_that_it_waited_is_nobodys(spawner):
    one = await spawner()
    await filled(one)
    taken = time.time()
    await one.start()
    assert await one.started_at() >= taken > one.began


async def test_of_many_starts_one_gets_it_and_all_start(spawner):
    all_of_them = [await spawner(f"user-{number}") for number in range(3)]
    _, [waiting] = await filled(all_of_them[0])
    await asyncio.gather(*(one.start() for one in all_of_them))
    ids = [one.object_id for one in all_of_them]
    assert len(set(ids)) == 3
    assert ids.count(waiting) == 1


async def test_nobody_gets_one_that_somebody_had(spawner, client):
    one = await spawner()
    _, [waiting] = await filled(one)
    await one.start()
    await one.stop()
    assert not client.containers(all=True, filters={"id": waiting})
    _, [another] = await filled(one)
    assert another != waiting


async def test_one_that_ended_is_replaced(spawner, client):
    one = await spawner()
    pool, [waiting] = await filled(one)
    client.kill(waiting)
    await pool.keep()
    assert waiting not in ready(pool)
    assert len(ready(pool)) == 1
    assert not client.containers(all=True, filters={"id": waiting})


async def test_one_that_ended_unnoticed_does_not_keep_a_lab_from_starting(spawner, client):
    one = await spawner()
    _, [waiting] = await filled(one)
    client.kill(waiting)
    await one.start()
    assert one.object_id != waiting
    assert await one.poll() is None


async def test_without_the_helper_a_lab_starts_as_ever_and_the_helper_comes_back(spawner, client):
    one = await spawner()
    pool, [waiting] = await filled(one)
    client.remove_container(pool.mounter.name, force=True)
    await one.start()
    assert one.object_id != waiting
    await one.stop()
    _, [waiting] = await filled(one)
    await one._run_apply_user_options({"lab": "ada/iris"})
    await one.start()
    assert one.object_id == waiting


async def test_a_hub_that_starts_again_finds_those_that_wait_and_leaves_those_that_are_taken(spawner, client):
    one = await spawner(size=2)
    _, ids = await filled(one)
    await one.start()
    [left] = set(ids) - {one.object_id}
    WarmPool._all.pop(PREFIX).mounter.forget()
    _, found = await filled(one)
    assert left in found
    assert one.object_id not in found
    assert await one.poll() is None


async def test_those_of_another_recipe_are_replaced_and_never_taken(spawner, client):
    first = await spawner()
    pool, [old] = await filled(first)
    changed = await spawner("bob", processes_limit=512)
    assert await pool.claim("python", await changed.for_nobody().describe("python")) is None
    WarmPool._all.pop(PREFIX).mounter.forget()
    _, [new] = await filled(changed)
    assert new != old
    assert client.inspect_container(new)["HostConfig"]["PidsLimit"] == 512
    assert not client.containers(all=True, filters={"id": old})


async def test_none_wait_where_none_are_wanted(spawner, client):
    pool, [waiting] = await filled(await spawner())
    pool.sizes = {"python": 0}
    await pool.keep()
    assert not client.containers(all=True, filters={"id": waiting})


async def test_administrators_are_told_what_waits_and_what_it_costs(spawner, service):
    pool, _ = await filled(await spawner())
    await pool.report()
    [said] = service.status["warm"]
    assert (said["environment"], said["accelerator"], said["ready"], said["wanted"]) == (
        "python",
        "none",
        1,
        1,
    )
    assert 30 << 20 < said["memory_bytes"] < 400 << 20


ORDINARY = {
    "image": "sha256:a",
    "user": "1000:1000",
    "environment": {"A": "1"},
    "command": ["x"],
    "name": "n",
    "labels": {"a": "b"},
    "volumes": ["/home/lab"],
    "host_config": {"Binds": ["v:/home/lab:rw"], "Memory": 1, "CapDrop": ["ALL"]},
    "networking_config": {"EndpointsConfig": {"n": {"IPAMConfig": {"IPv4Address": "10.0.0.2"}}}},
}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"environment": {}, "command": ["y"], "name": "m", "labels": {}}, True),
        ({"host_config": {"Binds": None, "Memory": 2, "CapDrop": ["ALL"]}}, True),
        (
            {"networking_config": {"EndpointsConfig": {"n": {"IPAMConfig": {"IPv4Address": "10.0.0.3"}}}}},
            True,
        ),
        ({"image": "sha256:b"}, False),
        ({"user": "0"}, False),
        ({"volumes": ["/home/lab", "/data"]}, False),
        ({"host_config": {"CapDrop": []}}, False),
        ({"host_config": {"CapDrop": ["ALL"], "DeviceRequests": [{}]}}, False),
        ({"networking_config": {"EndpointsConfig": {"host": {}}}}, False),
        ({"hostname": "ada"}, False),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_can_be_given_late_is_no_part_of_the_recipe_and_all_else_is(changes, same):
    assert (warm_claim.recipe({**ORDINARY, **changes}) == warm_claim.recipe(ORDINARY)) is same


async def test_what_only_the_engine_mounts_makes_an_ordinary_start(spawner, client):
    volume = f"{PREFIX}-elsewhere"
    client.create_volume(volume, driver="local", driver_opts={"type": "tmpfs", "device": "tmpfs"})
    with pytest.raises(warm_claim.ClaimFailed, match="not a folder"):
        warm_claim.folder(client, volume)
