"""A server gets what its lab needs and its plan allows, or is refused in words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from support.bare_spawner import start
from support.runtime_service import TOKEN

from mlabs_ext import catalogue as catalogues
from mlabs_ext.catalogue import Catalogue
from mlabs_spawner.environments import client_id
from mlabs_spawner.options import Choice, Refused


async def test_a_server_gets_what_its_lab_needs(spawner):
    one = spawner()
    await start(one, {"lab": "ada/mnist"})
    assert one.choice == Choice("ada/mnist", "pytorch", "none")
    assert (one.title, one.spec.title) == ("Title of ada/mnist", "PyTorch")
    assert (one.mem_limit, one.cpu_limit) == (8 << 30, 2)
    assert one.user_options == {"lab": "ada/mnist", "environment": "pytorch", "accelerator": "none"}


async def test_an_explicit_environment_wins_for_this_start_only(spawner):
    one = spawner()
    await start(one, {"lab": "ada/mnist", "environment": "jax"})
    assert one.choice.environment == "jax"
    # What JupyterHub keeps, and hands to a later start that brings no options:
    assert one.orm_spawner.user_options == {"lab": "ada/mnist"}
    await start(one, one.orm_spawner.user_options)
    assert one.choice.environment == "pytorch"


async def test_every_attribute_is_set_again_by_every_start(spawner):
    one = spawner()
    await start(one, {"lab": "ada/mnist"})
    one.image = "something"
    await start(one, {"lab": "ada/mnist", "environment": "python"})
    assert (one.spec.name, one.image, one.mem_limit) == ("python", "", 4 << 30)
    await start(one, {"lab": "ada/mnist"})
    assert (one.spec.name, one.image, one.mem_limit) == ("pytorch", "", 8 << 30)


@pytest.mark.parametrize(
    ("traits", "memory", "cpus"),
    [
        pytest.param({}, 8 << 30, 2, id="what the environment asks for"),
        pytest.param({"max_memory": "2G", "max_cpus": 0.5}, 2 << 30, 0.5, id="at most"),
        pytest.param({"max_memory": "1T", "max_cpus": 64}, 8 << 30, 2, id="no more than it asks for"),
        pytest.param({"max_memory": None, "max_cpus": None}, 8 << 30, 2, id="no limit"),
    ],
)
async def test_limits(spawner, traits, memory, cpus):
    one = spawner(**traits)
    await start(one, {"lab": "ada/mnist"})
    assert (one.mem_limit, one.cpu_limit) == (memory, cpus)


@pytest.mark.parametrize(
    ("plan", "traits", "memory", "cpus", "idle"),
    [
        pytest.param({"memory": 1 << 30, "cpus": 0.5, "idle_timeout": 60}, {}, 1 << 30, 0.5, 60, id="plan's"),
        pytest.param({"memory": 1 << 40, "cpus": 64.0}, {}, 8 << 30, 2, 7200, id="no more than it asks for"),
        pytest.param({"memory": 3 << 30}, {"max_memory": "2G"}, 2 << 30, 2, 7200, id="the least of all"),
    ],
)
async def test_limits_of_the_plan(spawner, service, plan, traits, memory, cpus, idle):
    service.limits = plan
    one = spawner(**traits)
    await start(one, {"lab": "ada/mnist"})
    assert (one.mem_limit, one.cpu_limit, one.grant.plan) == (memory, cpus, "free")
    assert f"--MappingKernelManager.cull_idle_timeout={idle}" in one.get_args()
    # Another start, under another plan.
    service.limits = {}
    await start(one, {"lab": "ada/mnist"})
    assert (one.cpu_limit, one.idle_timeout) == (2, 7200)


async def test_the_service_is_told_who_asks_for_what(spawner, service):
    one = spawner()
    await start(one, {"lab": "ada/mnist"})
    [asked] = service.servers.values()
    assert asked == {
        "id": one.session.id,
        "user": "ada",
        "lab": "ada/mnist",
        "server": "mnist",
        "environment": "pytorch",
        "accelerator": "none",
        "admin": False,
        "groups": ["pro"],
    }


@pytest.mark.parametrize(
    ("options", "pinned"),
    [
        pytest.param({}, "pytorch-py311-0", id="as the lab is"),
        pytest.param({"environment": "jax"}, None, id="another environment"),
        pytest.param({"accelerator": "gpu"}, None, id="another accelerator"),
    ],
)
async def test_the_image_that_a_lab_is_pinned_to(spawner, service, options, pinned):
    service.set("ada/mnist", "pytorch", image="pytorch-py311-0")
    one = spawner(gpus=1)
    await start(one, {"lab": "ada/mnist", **options})
    assert one.pinned == pinned
    service.set("ada/mnist", "pytorch")
    await start(one, {"lab": "ada/mnist"})
    assert one.pinned is None


async def test_a_refusal_says_when_to_come_again(spawner, service):
    service.refuse(429, "too_many_servers", "Stop ada/other first.", **{"Retry-After": "60"})
    one = spawner()
    with pytest.raises(Refused, match="Stop ada/other first") as raised:
        await start(one, {"lab": "ada/mnist"})
    assert (raised.value.status_code, raised.value.headers) == (429, {"Retry-After": "60"})
    assert one.orm_spawner.user_options == {"lab": "ada/mnist"}


async def test_waiting_for_an_accelerator_is_not_held_against_a_start(spawner):
    one = spawner(gpus=1, start_timeout=100, poll_interval=30)
    await start(one, {"lab": "ada/mnist", "accelerator": "gpu"})
    assert (one.start_timeout, one.poll_interval) == (100 + one.gpus.queue_timeout, 5)
    await start(one, {"lab": "ada/mnist"})
    assert (one.start_timeout, one.poll_interval) == (100, 30)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        pytest.param(
            {"lab": "ada/mnist", "environment": "fortran"}, 400, "There are: .*pytorch", id="unknown"
        ),
        pytest.param({"lab": "ada/mnist", "environment": "a b"}, 400, "There are: ", id="with a space"),
        pytest.param({"lab": "ada/mnist", "environment": "jax@sha256:0"}, 400, "There are: ", id="by digest"),
        pytest.param(
            {"lab": "ada/mnist", "accelerator": "tpu"}, 400, "It has: none, gpu", id="no such accelerator"
        ),
        pytest.param(
            {"lab": "ada/mnist", "environment": "python", "accelerator": "gpu"},
            400,
            "Python has no accelerator 'gpu'",
            id="not one of this environment",
        ),
        pytest.param(
            {"lab": "ada/mnist", "accelerator": "gpu"}, 400, "This machine has no GPU", id="no gpu here"
        ),
        pytest.param(
            {"lab": "ada/mnist", "accelerator": "community"}, 400, "It has: none, gpu", id="nobody may lend"
        ),
        pytest.param({"lab": "ada/gone"}, 404, "There is no lab ada/gone", id="no such lab"),
    ],
)
async def test_refusals(spawner, options, status, words):
    name = options["lab"].partition("/")[2]
    with pytest.raises(Refused, match=words) as raised:
        await start(spawner(name), options)
    assert raised.value.status_code == status


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        pytest.param({"lab": "ada/mnist", "environment": "fortran"}, {"lab": "ada/mnist"}, id="environment"),
        pytest.param({"lab": "ada/mnist", "accelerator": "gpu"}, {"lab": "ada/mnist"}, id="accelerator"),
        pytest.param({"lab": "ada/gone", "run": ""}, {}, id="another server's lab"),
        pytest.param({"lab": "ada/mnist", "color": "red"}, {}, id="no such option"),
    ],
)
async def test_what_was_refused_is_not_asked_for_again(spawner, options, kept):
    one = spawner()
    # JupyterHub keeps what was asked for before it asks, and hands it to a start that brings no options.
    one.orm_spawner.user_options = options
    with pytest.raises(Refused):
        await start(one, options)
    assert one.orm_spawner.user_options == kept
    await start(one, one.orm_spawner.user_options)
    assert one.choice == Choice("ada/mnist", "pytorch", "none")


class Request:
    """One of a browser's; where its start fails, JupyterHub tries again within it, without its options."""


async def test_within_a_request_what_was_refused_is_not_started_in_another_form(spawner):
    first, second, later = spawner(), spawner(), spawner()
    first.handler = second.handler = Request()
    for one, options in ((first, {"environment": "fortran"}), (second, {})):
        with pytest.raises(Refused, match="There are: "):
            await start(one, {"lab": "ada/mnist", **options})
    later.handler = Request()
    await start(later, {"lab": "ada/mnist"})
    assert later.choice.environment == "pytorch"


async def test_one_machine_has_no_lent_ones_whatever_is_set(spawner):
    one = spawner(gpus=1, catalogue=Catalogue(community=True, local=False))
    with pytest.raises(Refused, match="takes a Swarm or Kubernetes"):
        await start(one, {"lab": "ada/mnist", "accelerator": "community"})


async def test_with_a_gpu_it_may_be_used(spawner):
    one = spawner(gpus=1)
    await start(one, {"lab": "ada/mnist", "accelerator": "gpu"})
    assert one.choice.accelerator == "gpu"


async def test_another_environment_does_not_inherit_the_labs_accelerator(spawner, service):
    service.set("ada/mnist", "pytorch", "gpu")
    one = spawner(gpus=1)
    await start(one, {"lab": "ada/mnist", "environment": "python"})
    assert one.choice == Choice("ada/mnist", "python", "none")


async def test_an_environment_that_is_no_longer_offered_is_named(spawner):
    one = spawner(catalogue=Catalogue(enabled=["python"]))
    with pytest.raises(Refused, match=r"no environment 'pytorch' here\. There are: python"):
        await start(one, {"lab": "ada/mnist"})


async def test_what_this_machine_lacks_is_named(spawner, monkeypatch):
    monkeypatch.setattr(catalogues.shutil, "which", lambda command: None)
    with pytest.raises(Refused, match=r"Theano cannot be used on this machine\. It needs g\+\+: .*apt-get"):
        await start(spawner(), {"lab": "ada/mnist", "environment": "theano"})


@pytest.mark.parametrize(
    ("traits", "answer", "words"),
    [
        pytest.param(
            {"service_url": "http://127.0.0.1:1/services/mlabs/"}, None, "Try again", id="not there"
        ),
        pytest.param({}, (500, "{}"), "log says why", id="broken"),
        pytest.param({}, (302, "{}"), "log says why", id="somewhere else"),
        pytest.param({}, (404, "<html>"), "log says why", id="not there yet"),
        pytest.param({}, (200, "<html>"), "log says why", id="not JSON"),
        pytest.param({}, (200, "{}"), "log says why", id="another shape"),
        pytest.param({"service_token": "wrong"}, None, "log says why", id="a wrong token"),
    ],
)
async def test_without_the_service_nothing_starts(spawner, service, traits, answer, words):
    if answer:
        service.labs["ada/mnist"] = answer
    with pytest.raises(Refused, match=words) as raised:
        await start(spawner(**traits), {"lab": "ada/mnist"})
    assert raised.value.status_code == 503


async def test_what_the_server_knows_of_its_lab(spawner):
    one = spawner(hub=SimpleNamespace(public_host="", api_url="http://hub/hub/api", base_url="/hub/"))
    await start(one, {"lab": "ada/mnist"})
    one.image = "pytorch-1"
    env = one.get_env()
    assert {key: value for key, value in env.items() if key.startswith("MLABS_")} == {
        "MLABS_SERVICE_URL": one.service_url,
        "MLABS_LAB": "ada/mnist",
        "MLABS_ENVIRONMENT": "pytorch",
        "MLABS_ACCELERATOR": "none",
        "MLABS_IMAGE": "pytorch-1",
    }
    assert TOKEN not in env.values()


@pytest.mark.parametrize(
    ("idle", "interval"),
    [
        pytest.param(7200, 300, id="hours"),
        pytest.param(60, 15, id="a minute"),
        pytest.param(0, 1, id="never"),
    ],
)
def test_what_is_idle_ends(spawner, idle, interval):
    arguments = spawner(idle_timeout=idle).get_args()
    assert f"--MappingKernelManager.cull_idle_timeout={idle}" in arguments
    assert f"--MappingKernelManager.cull_interval={interval}" in arguments
    assert f"--ServerApp.shutdown_no_activity_timeout={idle}" in arguments
    assert "--KernelSpecManager.ensure_native_kernel=False" in arguments


async def test_the_progress_of_a_start_begins_anew(spawner):
    one = spawner()
    await start(one, {"lab": "ada/mnist"})
    one.report("Half way", 50)
    one.report("Half way", 50)
    told = one.progress()
    assert [(await anext(told))["progress"] for _ in range(2)] == [2, 50]
    one.report("Nearly", 90)
    assert (await anext(told))["message"] == "Nearly"
    await told.aclose()
    await start(one, {"lab": "ada/mnist"})
    assert [event["progress"] for event in one.told] == [2]


def test_no_two_servers_share_an_oauth_client():
    names = ["a", "b", "a-b", "b-a", "user-a", "user", "user-a.b", "a.b", ""]
    clients = {client_id(user, server) for user in names for server in names if "." not in server}
    assert len(clients) == len(names) * (len(names) - 2)


def test_nor_does_jupyterhub_put_its_own(spawner):
    assert (
        spawner(oauth_client_id="jupyterhub-user-ada-mnist").oauth_client_id == "jupyterhub-server-mnist.ada"
    )


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"lab": ["ada/mnist"]}, id="once"),
        pytest.param({"lab": ["ada/mnist"], "environment": ["jax"]}, id="two"),
    ],
)
def test_links_bring_plain_texts(spawner, query):
    assert spawner().options_from_query(query) == {key: value[0] for key, value in query.items()}
