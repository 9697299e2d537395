import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from jupyter_server.extension.config import ExtensionConfigManager
from jupyter_server.services.config import ConfigManager
from support.plain import PLAIN
from support.runtime_service import StandIn
from support.small_hub import SmallHub
from support.waiting import until

from mlabs_spawner import processes
from mlabs_spawner.local import CONFIG, LocalSpawner


def add(extra, name, text):
    (extra / name).mkdir()
    (extra / name / "environment.toml").write_text(text)


@pytest.fixture(scope="module")
def service():
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def hub(tmp_path_factory, service):
    data = tmp_path_factory.mktemp("hub")
    extra = data / "extra"
    extra.mkdir()
    small = 'resources = {memory = "1G"}\nimports = ["six"]\n[env]\nCOLOR = "blue"\n'
    add(extra, "tiny", f'title = "Tiny"\n{small}[[install]]\npackages = ["six==1.17.0"]\n')
    add(extra, "broken", 'title = "Broken"\n[[install]]\npackages = ["no-such-package-of-mlabs==1"]\n')
    add(extra, "old", 'title = "Old"\npython = ["3.4"]\n[[install]]\npackages = ["six"]\n')
    for lab in (
        "ada/first",
        "ada/second",
        "user-a/b",
        "user/a-b",
        "ada/options",
        "ada/linked",
    ):
        service.set(lab, "tiny")
    service.set("ada/broken", "broken")
    service.set("ada/old", "old")
    small_hub = SmallHub(data, service.url, extra, data / "environments")
    small_hub.start()
    yield small_hub
    small_hub.close()


def below(pid):
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in listed.split()]


async def test_the_first_start_installs_the_environment_with_progress(hub):
    events = hub.start_server("ada", "first", {"lab": "ada/first"})
    told = [event["message"] for event in events]
    assert any(message.startswith("Installing Tiny, once for everybody") for message in told)
    assert "Starting the server" in told
    percents = [event["progress"] for event in events]
    assert percents == sorted(percents)


async def test_the_kernel_is_the_environments_and_there_is_no_other(hub):
    hub.ask("ada", "first", {"lab": "ada/first"})
    with hub.client("ada", "first") as client:
        specs = client.get("/kernelspecs").json()
    assert specs["default"] == "python3"
    assert [spec["spec"]["display_name"] for spec in specs["kernelspecs"].values()] == ["Tiny"]
    code = "import json, os, sys, six; print(json.dumps([six.__file__, dict(os.environ)]))"
    six, env = json.loads(await hub.run("ada", "first", code))
    prefix = six.partition("/lib/")[0]
    assert prefix.startswith(str(hub.data / "environments" / "tiny-"))
    home = hub.data / "users" / "ada"
    assert (env["MLABS_LAB"], env["MLABS_ENVIRONMENT"], env["MLABS_ACCELERATOR"]) == (
        "ada/first",
        "tiny",
        "none",
    )
    assert env["MLABS_IMAGE"] == prefix.rpartition("/")[2]
    assert (env["HOME"], env["COLOR"], env["CUDA_VISIBLE_DEVICES"]) == (str(home), "blue", "")
    assert env["PATH"].partition(":")[2].startswith(f"{prefix}/bin:")
    assert not [name for name in env if name.startswith(("TEST_", "CONFIGPROXY_"))]


async def test_the_second_start_finds_it(hub):
    events = hub.start_server("ada", "second", {"lab": "ada/second"})
    assert not [event for event in events if "Installing" in event["message"]]
    servers = hub.data / "users" / "ada" / ".mlabs" / "servers"
    assert {path.name for path in servers.iterdir()} >= {"first", "second"}


def test_it_may_stay_on_the_environment_that_it_ran_on(hub, service):
    current = hub.server("ada", "second")["state"]["mlabs"]["environment"]
    [made] = (hub.data / "environments").glob(f"{current}-py*")
    older = made.with_name(made.name[:-12] + "0123456789ab")
    shutil.copytree(made, older, symlinks=True)
    [kernel] = older.glob("share/jupyter/kernels/*/kernel.json")
    kernel.write_text(kernel.read_text().replace(made.name, older.name))
    service.set("ada/pinned", "tiny", image=older.name)
    events = hub.start_server("ada", "pinned", {"lab": "ada/pinned"})
    assert not [event for event in events if "is not here" in event["message"]]
    with hub.client("ada", "pinned") as client:
        spec = client.get("/kernelspecs").json()["kernelspecs"]["python3"]["spec"]
    assert f"/{older.name}/" in spec["argv"][0]
    hub.stop_server("ada", "pinned")
    shutil.rmtree(older)
    events = hub.start_server("ada", "pinned", {"lab": "ada/pinned"})
    assert f"{older.name}, which this lab ran on, is not here" in str(events)
    hub.stop_server("ada", "pinned")


async def test_names_that_look_alike_share_nothing(hub):
    hub.start_server("user-a", "b", {"lab": "user-a/b"})
    hub.start_server("user", "a-b", {"lab": "user/a-b"})
    homes = [await hub.run(user, server, "import os; print(os.environ['JUPYTER_RUNTIME_DIR'])")
             for user, server in (("user-a", "b"), ("user", "a-b"))]  # fmt: skip
    assert len(set(homes)) == 2
    pids = {hub.server(*one)["state"]["pid"] for one in (("user-a", "b"), ("user", "a-b"))}
    assert len(pids) == 2


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        pytest.param("print(len(bytearray(100 << 20)))", str(100 << 20), id="within"),
        pytest.param("bytearray(2 << 30)", "MemoryError", id="beyond"),
    ],
)
async def test_a_kernel_gets_the_memory_of_its_environment(hub, code, printed):
    assert (await hub.run("ada", "first", code)).strip() == printed


@pytest.mark.parametrize(
    ("server", "options", "status", "words"),
    [
        pytest.param("", {}, 400, "one server for each lab", id="the default server"),
        pytest.param("", {"lab": "ada/first"}, 400, "one server for each lab", id="even for a lab"),
        pytest.param("x", {"lab": "ada/options", "image": "evil"}, 400, "no option 'image'", id="an image"),
        pytest.param("x", {"lab": ["ada/options"]}, 400, "'lab' must be one short text", id="a wrong type"),
        pytest.param("x", {"lab": "bob/x"}, 403, "Fork it", id="another's lab"),
        pytest.param("x", {"lab": "ada/options"}, 400, "is named 'options'", id="another name"),
        pytest.param("options", {"environment": "fortran"}, 400, "There are: ", id="no such environment"),
        pytest.param("options", {"accelerator": "gpu"}, 400, "It has: none", id="no such accelerator"),
        pytest.param("old", {"lab": "ada/old"}, 400, "made for Python 3.4", id="not on this machine"),
        pytest.param("gone", {"lab": "ada/gone"}, 404, "There is no lab ada/gone", id="no such lab"),
    ],
)
def test_refusals_reach_the_person(hub, server, options, status, words):
    answered, message = hub.refusal("ada", server, options)
    assert words in message
    assert answered in (status, None)


def test_bad_options_of_one_start_do_not_haunt_the_next(hub):
    hub.refusal("ada", "options", {"lab": "ada/options", "environment": "fortran"})
    hub.start_server("ada", "options", {"lab": "ada/options"})
    assert hub.server("ada", "options")["user_options"] == {
        "lab": "ada/options",
        "environment": "tiny",
        "accelerator": "none",
    }


def test_a_link_that_is_refused_starts_nothing_and_is_not_followed_again(hub):
    with httpx.Client(base_url=hub.url, timeout=60, verify=PLAIN) as browser:
        browser.get("/login")
        xsrf = browser.cookies.get("_xsrf", path="/hub/")
        browser.post("/login", data={"username": "ada", "password": "", "_xsrf": xsrf})
        wanted = {"opt-lab": "ada/linked", "opt-environment": "fortran"}
        answer = browser.get("/spawn/ada/linked", params=wanted)
    assert answer.status_code == 400
    assert "There are: " in answer.text
    assert not hub.server("ada", "linked")
    # As "Try again" does.
    hub.start_server("ada", "linked")
    assert hub.server("ada", "linked")["user_options"]["environment"] == "tiny"


def test_an_environment_that_fails_to_install_says_why_and_how_to_repeat_it(hub):
    for _ in range(2):
        _, message = hub.refusal("ada", "broken", {"lab": "ada/broken"})
        assert "Broken could not be installed. The packages that were asked for do not exist" in message
        assert "no-such-package-of-mlabs" in message
        assert "-m mlabs_spawner.virtualenvs broken --directory" in message


def test_without_the_service_it_says_so(hub, service):
    service.labs["ada/down"] = (500, "{}")
    _, message = hub.refusal("ada", "down", {"lab": "ada/down"})
    assert "MLabs cannot say what this lab needs" in message


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_servers_outlive_the_hub(hub, number):
    before = hub.server("ada", "first")
    hub.stop(number)
    assert processes.birth(before["state"]["pid"])
    hub.start()
    until(lambda: (hub.server("ada", "first") or {}).get("ready"))
    after = hub.server("ada", "first")
    assert after["state"] == before["state"]
    assert after["user_options"]["environment"] == "tiny"
    assert (await hub.run("ada", "first", "print(6 * 7)")).strip() == "42"


def test_a_stopped_server_leaves_no_process(hub):
    with hub.client("ada", "first") as client:
        client.post("/kernels", json={})
        client.post("/terminals", json={})
    server = hub.server("ada", "first")["state"]["pid"]
    everything = [server, *below(server)]
    assert len(everything) >= 3
    hub.stop_server("ada", "first")
    until(lambda: not any(map(processes.birth, everything)))


def test_a_server_that_was_killed_is_noticed_and_starts_again(hub):
    hub.start_server("ada", "first", {"lab": "ada/first"})
    pid = hub.server("ada", "first")["state"]["pid"]
    os.kill(pid, signal.SIGKILL)
    # JupyterHub looks every half minute, and when it is asked to start one that it believes to run. A killed
    # process ends thread by thread: its parent is told after the last one.
    until(lambda: hub.ask("ada", "first", {"lab": "ada/first"}).status_code in (201, 202))
    assert hub.progress("ada", "first")[-1].get("ready")
    assert hub.server("ada", "first")["state"]["pid"] != pid


async def test_a_process_that_has_the_old_number_is_not_ours(monkeypatch):
    spawner = LocalSpawner()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        spawner.load_state({"pid": stranger.pid, "birth": "another boot 123"})
        assert await spawner.poll() == 0
        await spawner.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_folders_are_below_the_data_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("MLABS_DATA", str(tmp_path))
    assert LocalSpawner().homes == str(tmp_path / "users")


def test_extensions_that_the_hubs_packages_bring_are_off():
    """Jupytext is for importing scripts; its extensions would change the JupyterLab of everybody."""
    paths = [str(CONFIG), str(Path(sys.prefix, "etc", "jupyter"))]
    extensions = ExtensionConfigManager(read_config_path=paths).get_jpserver_extensions()
    brought = ExtensionConfigManager(read_config_path=paths[1:]).get_jpserver_extensions()
    assert any(on for name, on in brought.items() if "jupytext" in name)
    assert not any(on for name, on in extensions.items() if "jupytext" in name)
    assert extensions["mlabs_ext.lab"] is True
    lab = ConfigManager(read_config_path=[str(Path(path, "labconfig")) for path in paths])
    assert lab.get("page_config")["disabledExtensions"]["jupyterlab-jupytext"] is True
