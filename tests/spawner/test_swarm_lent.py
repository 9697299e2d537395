"""Labs on machines that are lent: what they get, and where; the Swarm's own words are the one thing faked."""

from functools import partial

import pytest
from jupyterhub import orm
from support.fake_cluster import spawner_of
from support.fake_swarm import GIB, FakeSwarm, said

from mlabs_spawner import lent
from mlabs_spawner.leases import Leases
from mlabs_spawner.lent import Node
from mlabs_spawner.options import Refused
from mlabs_spawner.swarm import SwarmLabSpawner


def task(node, gpu, state="running"):
    held = [{"NamedResourceSpec": {"Kind": "NVIDIA-GPU", "Value": gpu}}]
    return {"NodeID": f"id-{node}", "Status": {"State": state}, "Spec": {}, "GenericResources": held}


GPU = {"NVIDIA-GPU": 1}
FULL = said("gpu", 2, 4, gpus=["a"])


@pytest.mark.parametrize(
    ("swarm", "gpus", "expected"),
    [
        (FakeSwarm(), {}, None),
        (FakeSwarm(said("own", lent=False)), {}, None),
        (FakeSwarm(said("away", state="down"), said("full", availability="drain")), {}, None),
        (FakeSwarm(said("large", 16, 64)), {}, (3, 6, False)),
        (FakeSwarm(said("small", 1, 2)), {}, (1, 2, False)),
        (
            FakeSwarm(said("small", 1, 2), said("middle", 2, 5), said("own", 64, 512, lent=False)),
            {},
            (2, 5, False),
        ),
        (FakeSwarm(said("large", 16, 64), FULL), {}, (3, 6, False)),
        (FakeSwarm(said("large", 16, 64), FULL), GPU, (2, 4, True)),
        (FakeSwarm(said("large", 16, 64), FULL, tasks=[task("gpu", "a")]), GPU, (3, 6, False)),
        (FakeSwarm(said("large", 16, 64), FULL, tasks=[task("gpu", "a", "complete")]), GPU, (2, 4, True)),
        (FakeSwarm(said("two", gpus=["a", "b"]), tasks=[task("two", "a")]), GPU, (3, 6, True)),
    ],
    ids=[
        *(
            "no nodes",
            "nobody's lent",
            "away or drained",
            "room enough",
            "less than is wanted",
            "the largest",
        ),
        *("no use for a GPU", "a GPU", "a GPU that is held", "one that was held", "one of two"),
    ],
)
def test_a_lab_gets_what_machines_have(swarm, gpus, expected):
    found = lent.offer(swarm, 3.0, 6 * GIB, gpus)
    assert (found and (found.cpus, found.memory // GIB, found.gpu)) == expected


@pytest.fixture
def make(tmp_path):
    """Makes the spawner of a user's server in a Swarm with these nodes."""
    session = orm.new_session_factory("sqlite:///:memory:")()
    folders = {
        "homes": str(tmp_path / "homes"),
        "leases": str(tmp_path / "leases"),
        "url": "http://10.0.0.1:8000",
    }
    (tmp_path / "homes" / "ada" / "mnist").mkdir(parents=True)

    def made(*nodes, **about):
        spawner = partial(spawner_of, session, SwarmLabSpawner)(
            **{"accelerator": "community"} | folders | about
        )
        type(spawner).client = FakeSwarm(*nodes)
        spawner.api_token = "secret"
        return spawner

    client = SwarmLabSpawner.client
    yield made
    SwarmLabSpawner.client = client
    session.close()


async def offered(spawner):
    """What is asked of Swarm, once it is known what is lent."""
    await spawner.take_offer()
    spawner.image = spawner.wanted_image()
    return spawner.resources(), spawner.container(["server"])


async def test_a_lab_takes_no_more_than_it_sets_aside_and_its_home_stays_at_home(make, tmp_path):
    spawner = make(said("small", 1, 2), data_folder="/srv/data")
    resources, container = await offered(spawner)
    limits = resources["Limits"]
    assert (limits["NanoCPUs"], limits["MemoryBytes"]) == (10**9, 2 * GIB)
    assert resources["Reservations"] == {"NanoCPUs": 10**9, "MemoryBytes": 2 * GIB}
    assert [mount["Type"] for mount in container["Mounts"] if mount["Target"] in ("/home/lab", "/data")] == [
        *("volume", "tmpfs")
    ]
    assert not any(mount["Type"] == "bind" for mount in container["Mounts"])
    assert container["Image"].endswith(spawner.spec.image("none").partition("/")[2])
    variables = dict(one.partition("=")[::2] for one in container["Env"])
    assert variables["MLABS_ACCELERATOR"] == "community"
    assert variables["MLABS_FILES_URL"] == "http://10.0.0.1:8000/services/mlabs-files/"
    lease = Leases(tmp_path / "leases").find(variables["MLABS_FILES_TOKEN"])
    assert (lease.home, lease.folders[0]) == (str(tmp_path / "homes" / "ada"), "mnist")
    assert container["StopGracePeriod"] == 120 * 10**9
    assert spawner.http_timeout == 600
    spawner.clear_state()
    assert Leases(tmp_path / "leases").find(variables["MLABS_FILES_TOKEN"]) is None


async def test_a_gpu_that_is_free_is_taken_with_its_image(make):
    spawner = make(said("gpu", gpus=["a"]))
    resources, container = await offered(spawner)
    assert resources["Reservations"]["GenericResources"] == [
        {"DiscreteResourceSpec": {"Kind": "NVIDIA-GPU", "Value": 1}}
    ]
    assert container["Image"].endswith("-gpu")


@pytest.mark.parametrize(
    ("accelerator", "placement", "expected"),
    [
        ("none", None, ["node.labels.mlabs.community!=true"]),
        ("gpu", None, ["node.labels.mlabs.accelerator==gpu", "node.labels.mlabs.community!=true"]),
        ("community", None, ["node.labels.mlabs.community==true"]),
        ("none", {"none": ["node.role==worker"]}, ["node.role==worker", "node.labels.mlabs.community!=true"]),
        (
            "community",
            {"community": ["node.platform.arch==x86_64"]},
            [*("node.platform.arch==x86_64", "node.labels.mlabs.community==true")],
        ),
    ],
)
def test_lent_machines_take_what_asks_for_them_and_nothing_else(make, accelerator, placement, expected):
    settings = {} if placement is None else {"placement": placement}
    assert make(accelerator=accelerator, **settings).constraints == expected


@pytest.mark.parametrize(
    ("nodes", "settings", "status", "words"),
    [
        ([], {}, 503, "No machine is lent"),
        ([said("small")], {"homes": ""}, 503, "cannot travel"),
        ([said("small")], {"community_files": 3}, 413, "larger than"),
    ],
)
async def test_what_cannot_be_is_said_with_what_to_do(make, tmp_path, nodes, settings, status, words):
    (tmp_path / "homes" / "ada" / "mnist" / "data").write_text("1234")
    with pytest.raises(Refused, match=words) as refused:
        await make(*nodes, **settings).take_offer()
    assert refused.value.status_code == status
    assert "none" in refused.value.jupyterhub_message


async def test_a_spawner_used_again_forgets_the_lent_machine(make):
    spawner = make(said("gpu", gpus=["a"]), environment="pytorch")
    await offered(spawner)
    spawner.clear_state()
    again = make(accelerator="none")
    again.image = again.wanted_image()
    container = again.container(["server"])
    assert (again.http_timeout, again.grace, again.resources()["Reservations"].get("GenericResources")) == (
        30,
        10,
        None,
    )
    assert not any(one.startswith("MLABS_FILES_") for one in container["Env"])


def test_what_a_manager_says_of_a_node():
    counted = said("many")
    counted["Description"]["Resources"]["GenericResources"] = [
        {"DiscreteResourceSpec": {"Kind": "NVIDIA-GPU", "Value": 3}}
    ]
    assert Node.of(counted).generic == {"NVIDIA-GPU": 3}
    assert Node.of(said("two", gpus=["a", "b"])).generic == {"NVIDIA-GPU": 2}
