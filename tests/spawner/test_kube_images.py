"""Pods whose image is gone, with Kubernetes' real client; the cluster that answers it is the tests' own."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import pytest
from jupyterhub import orm
from kubernetes_asyncio.client import Configuration
from support.fake_cluster import AWAY, Cluster, kube_spawner

from mlabs_spawner.book import Entry
from mlabs_spawner.kube import KubeLabSpawner
from mlabs_spawner.tagged import GONE, ImageGone

PREFIX = "registry.example/mlabs/"
PINNED = f"{PREFIX}pytorch:{'0' * 12}"


@pytest.fixture
async def cluster(monkeypatch):
    """Where the client's requests go."""
    before, made = asyncio.all_tasks(), Cluster()
    configuration = Configuration(host=f"http://127.0.0.1:{made.port}")
    monkeypatch.setattr(Configuration, "_default", configuration)
    monkeypatch.setattr("kubespawner.spawner.load_config", lambda **_: None)
    yield made
    await KubeLabSpawner._stop_all_reflectors()
    await made.close()
    # The client's, which go with the hub.
    ours = asyncio.all_tasks() - before - {asyncio.current_task()}
    for task in ours:
        task.cancel()
    await asyncio.gather(*ours, return_exceptions=True)


@pytest.fixture
def make(cluster, monkeypatch, tmp_path):
    """Makes a spawner that is about to start in the pinned image."""
    monkeypatch.setenv("MLABS_DATA", str(tmp_path))
    session = orm.new_session_factory("sqlite:///:memory:")()
    kube = partial(kube_spawner, session, image_prefix=PREFIX, storage_pvc_ensure=False)

    def make(pinned=PINNED, **settings):
        spawner = kube(**settings)
        spawner.pinned = pinned
        fields = {"lab": "ada/mnist", "environment": "pytorch", "accelerator": "none"}
        spawner.session = Entry("01", "ada", "mnist", requested=time.time(), **fields)
        return spawner

    yield make
    session.close()


def told(spawner):
    return [event["message"] for event in spawner.told]


async def test_a_pinned_image_that_is_there_is_used(make, cluster):
    spawner = make()
    cluster.images = {PINNED}
    assert "10.1.0.1" in str(await spawner.start())
    assert (spawner.image, cluster.asked) == (PINNED, [PINNED])
    assert GONE not in told(spawner)


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"])
async def test_one_that_is_gone_gives_way_to_the_current_one(make, cluster, reason):
    spawner = make()
    current = spawner.current_image
    cluster.images, cluster.reason = {current}, reason
    assert "10.1.0.1" in str(await spawner.start())
    assert (spawner.image, cluster.asked) == (current, [PINNED, current])
    assert GONE in told(spawner)
    [pod] = cluster.pods.values()
    environment = {one["name"]: one.get("value") for one in pod["spec"]["containers"][0]["env"]}
    assert environment["MLABS_IMAGE"] == current
    assert spawner.session.ended is None


async def test_nobody_waits_for_an_old_image_in_a_registry_that_is_away(make, cluster):
    spawner = make()
    cluster.images, cluster.said = {spawner.current_image}, AWAY
    await spawner.start()
    assert spawner.image == spawner.current_image


async def test_the_current_image_may_come_late(make, cluster):
    spawner = make(pinned=None)
    cluster.said = AWAY
    starting = asyncio.ensure_future(spawner.start())
    while not any(pod["status"].get("containerStatuses") for pod in cluster.pods.values()):
        await asyncio.sleep(0.02)
    # Longer than it takes to look again.
    await asyncio.wait({starting}, timeout=1.5)
    assert not starting.done()
    cluster.images = {spawner.current_image}
    await starting
    assert cluster.asked == [spawner.current_image]


@pytest.mark.parametrize("pinned", [PINNED, None])
async def test_where_the_current_one_is_gone_too_it_is_said_what_to_do(make, cluster, monkeypatch, pinned):
    monkeypatch.delenv("MLABS_IMAGE_PREFIX")
    spawner = make(pinned=pinned)
    name = spawner.current_image.removeprefix("registry.example/")
    with pytest.raises(ImageGone) as refusal:
        await spawner.start()
    assert cluster.asked == [*([pinned] if pinned else []), spawner.current_image]
    assert not cluster.pods
    assert refusal.value.status_code == 503
    assert str(refusal.value.jupyterhub_message).splitlines() == [
        f"The cluster finds no image registry.example/{name}. Its administrator can build and provide it:",
        "mlabs images build pytorch",
        f"docker tag {name} registry.example/{name}",
        f"docker push registry.example/{name}",
    ]


async def test_a_start_that_is_called_off_ends_all_of_it(make, cluster):
    spawner = make(pinned=None)
    cluster.said = AWAY
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(spawner.start(), 1)
    await asyncio.wait({spawner._start_future}, timeout=5)
    assert spawner._start_future.cancelled()


async def test_a_pod_whose_start_was_cut_short_is_removed(make, cluster):
    """As the hub finds it that starts again: there is a pod, and no state."""
    spawner = make(pinned=None)
    cluster.said = AWAY
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(spawner.start(), 1)
    assert cluster.pods
    spawner.session = None
    assert await spawner.poll() is not None
    assert not cluster.pods
