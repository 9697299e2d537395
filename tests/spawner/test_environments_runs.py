"""The server of a batch run gets what the service says of the run, and is for that run alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from support.bare_spawner import start

from mlabs_ext.names import run_server
from mlabs_spawner.options import Choice, Refused

RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0001"


@pytest.fixture
def run_spawner(spawner, service):
    """The spawner of a batch run that waits for it, in another runtime than its lab's."""
    told = {"user": "ada", "lab": "ada/mnist", "environment": "jax", "accelerator": "none", "image": "jax-1"}
    service.runs[RUN] = told
    yield spawner(name=run_server(RUN), hub=SimpleNamespace(public_host="", api_url="x", base_url="/hub/"))
    service.runs.clear()


async def test_a_batch_run_gets_what_the_service_says_of_it(run_spawner, service):
    one = run_spawner
    # What else is asked for is the service's to say.
    await start(one, {"lab": "ada/mnist", "run": RUN, "environment": "pytorch"})
    assert (one.choice, one.pinned) == (Choice("ada/mnist", "jax", "none"), "jax-1")
    assert one.orm_spawner.user_options == {"lab": "ada/mnist", "run": RUN}
    assert one.poll_interval == 5
    env = one.get_env()
    assert (env["MLABS_RUN"], env["JUPYTERHUB_DEFAULT_URL"]) == (RUN, "/mlabs/api/run")
    arguments = one.get_args()
    assert "--ServerApp.jpserver_extensions=jupyterlab=False" in arguments
    # It ends itself, and neither it nor its kernel before.
    assert "--MappingKernelManager.cull_idle_timeout=0" in arguments
    assert "--ServerApp.shutdown_no_activity_timeout=0" in arguments
    (told,) = service.servers.values()
    assert (told["server"], told["lab"], told["environment"]) == (run_server(RUN), "ada/mnist", "jax")


async def test_which_run_it_is_for_survives_a_restart_of_the_hub(run_spawner, spawner):
    await start(run_spawner, {"lab": "ada/mnist", "run": RUN})
    later = spawner(name=run_server(RUN))
    later.load_state(run_spawner.get_state())
    assert later.run == RUN
    later.clear_state()
    assert (later.run, later.get_state()) == ("", {})


@pytest.mark.parametrize(
    ("options", "change", "status", "words"),
    [
        pytest.param({"run": RUN}, {"user": "bob"}, 404, "not one of this lab", id="another's"),
        pytest.param({"run": RUN}, {"lab": "ada/other"}, 404, "not one of this lab", id="another lab"),
        pytest.param({"run": RUN[:-1] + "2"}, {}, 400, "is not named", id="another run"),
        pytest.param({}, {}, 400, "is named 'lab-run-", id="opened as a lab"),
    ],
)
async def test_a_runs_server_is_for_that_run_alone(run_spawner, service, options, change, status, words):
    service.runs[RUN] |= change
    lab = {"lab": "ada/mnist"} if options else {}
    with pytest.raises(Refused, match=words) as raised:
        await start(run_spawner, lab | options)
    assert raised.value.status_code == status


async def test_a_run_that_waits_for_no_server(run_spawner, service):
    service.runs.clear()
    with pytest.raises(Refused, match="no batch run that waits") as raised:
        await start(run_spawner, {"lab": "ada/mnist", "run": RUN})
    assert raised.value.status_code == 404
    assert service.servers == {}


async def test_a_labs_server_is_for_no_run(spawner):
    one = spawner()
    with pytest.raises(Refused, match="is not named 'mnist'"):
        await start(one, {"lab": "ada/mnist", "run": RUN})
    await start(one, {"lab": "ada/mnist"})
    assert (
        "MLABS_RUN"
        not in spawner(
            hub=SimpleNamespace(public_host="", api_url="x", base_url="/hub/"), choice=one.choice
        ).get_env()
    )
