import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import eventually

from mlabs_ext.catalogue import Catalogue
from mlabs_spawner import installation
from mlabs_spawner.installation import marker
from mlabs_spawner.virtualenvs import InstallFailed, Virtualenvs, main, status, variant

# A package whose building waits until the file beside it is gone.
WAITING = """
import pathlib, time
from setuptools import setup
wait = pathlib.Path(__file__).with_name("wait")
pathlib.Path(__file__).with_name("building").touch()
while wait.exists():
    time.sleep(0.05)
setup(name="waiting", version="1.0", py_modules=[])
"""


@pytest.fixture
def waiting(tmp_path):
    folder = tmp_path / "waiting"
    folder.mkdir()
    (folder / "setup.py").write_text(WAITING)
    (folder / "wait").touch()
    return folder


def command(virtualenvs, spec):
    extra = spec.folder.parent
    arguments = [spec.name, "--directory", virtualenvs.directory, "--extra", str(extra)]
    return [sys.executable, "-m", "mlabs_spawner.virtualenvs", *arguments]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def children(pid):
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in listed.split()]


async def test_the_first_use_makes_it_and_later_ones_find_it(virtualenvs, environment):
    spec = environment(more='imports = ["six"]\n[env]\nCOLOR = "blue"')
    told = []
    path = await virtualenvs.provide(spec, lambda message, percent: told.append((percent, message)))
    assert [percent for percent, _ in told] == sorted(percent for percent, _ in told)
    assert told[0][1].startswith("Installing Tiny, once for everybody")

    kernel = json.loads((path / "share/jupyter/kernels/python3/kernel.json").read_text())
    assert kernel["argv"][0] == str(path / "bin/python")
    assert kernel["display_name"] == "Tiny"
    assert kernel["env"]["COLOR"] == "blue"
    assert (path / "share/jupyter/kernels/python3/kernel.json").stat().st_nlink == 1

    made = virtualenvs.made(spec)
    assert made.size > 1_000_000
    assert await virtualenvs.provide(spec) == path
    assert virtualenvs.made(spec) == made


async def test_pips_own_settings_decide_where_packages_come_from(
    virtualenvs, environment, wheel, monkeypatch
):
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel()))
    path = await virtualenvs.provide(environment(packages=["tinypackage==1.0"]))
    printed = subprocess.check_output(
        [path / "bin/python", "-c", "import tinypackage; print(tinypackage.answer)"]
    )
    assert printed == b"42\n"


async def test_those_who_ask_at_once_wait_for_one_installation(virtualenvs, environment, waiting):
    spec = environment(packages=[f"waiting @ {waiting.as_uri()}"])
    here = [asyncio.create_task(virtualenvs.provide(spec)) for _ in range(3)]
    await eventually((waiting / "building").exists)
    elsewhere = await asyncio.create_subprocess_exec(*command(virtualenvs, spec), stdout=subprocess.PIPE)
    first = await elsewhere.stdout.readline()
    assert b"Installing Tiny, once for everybody" in first
    (waiting / "wait").unlink()
    paths = {str(path) for path in await asyncio.gather(*here)}
    out, _ = await elsewhere.communicate()
    assert {out.decode().splitlines()[-1]} == paths
    assert virtualenvs.log_file(spec).read_text().count(" venv ") == 1


async def test_an_installation_goes_on_when_those_who_wait_give_up(virtualenvs, environment, waiting):
    spec = environment(packages=[f"waiting @ {waiting.as_uri()}"])
    impatient = asyncio.create_task(virtualenvs.provide(spec))
    await eventually((waiting / "building").exists)
    impatient.cancel()
    (waiting / "wait").unlink()
    await eventually(lambda: virtualenvs.made(spec) is not None)


async def test_killed_in_the_middle_it_never_half_exists(virtualenvs, environment, waiting):
    spec = environment(packages=[f"waiting @ {waiting.as_uri()}"])
    for _ in range(2):
        installer = await asyncio.create_subprocess_exec(
            *command(virtualenvs, spec), stdout=subprocess.DEVNULL
        )
        await eventually((waiting / "building").exists)
        uv = children(installer.pid)
        assert uv
        installer.send_signal(signal.SIGKILL)
        await installer.wait()
        await eventually(lambda uv=uv: not any(map(alive, uv)))
        assert virtualenvs.made(spec) is None
        assert virtualenvs.path(spec).exists()
        (waiting / "building").unlink()
    (waiting / "wait").unlink()
    assert await virtualenvs.provide(spec) == virtualenvs.path(spec)


@pytest.mark.parametrize(
    ("packages", "variables", "reason", "named"),
    [
        pytest.param(
            ["no-such-package-of-mlabs==1"],
            {},
            "do not exist",
            "no-such-package-of-mlabs",
            id="no such package",
        ),
        pytest.param(
            ["six==1.17.0"],
            {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_EXTRA_INDEX_URL": "", "UV_HTTP_RETRIES": "0"},
            "index does not answer",
            "127.0.0.1:1",
            id="no network",
        ),
        pytest.param(
            ["six==1.16.0", "six==1.17.0"], {}, "do not fit together", "six", id="do not fit together"
        ),
    ],
)
async def test_a_failure_says_why_and_how_to_repeat_it(
    virtualenvs, environment, monkeypatch, packages, variables, reason, named
):
    monkeypatch.setenv("UV_NO_CACHE", "1")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    spec = environment(packages=packages)
    with pytest.raises(InstallFailed) as raised:
        await virtualenvs.provide(spec)
    detail = raised.value.detail
    assert reason in detail["reason"]
    assert named in detail["tail"]
    assert detail["command"] in raised.value.message
    assert named in virtualenvs.log_file(spec).read_text()
    assert not virtualenvs.path(spec).exists()
    again = subprocess.run(shlex.split(detail["command"]), capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert reason in again.stderr


async def test_packages_that_do_not_import_are_not_an_environment(
    virtualenvs, environment, wheel, monkeypatch
):
    monkeypatch.setenv(
        "PIP_FIND_LINKS", str(wheel(name="brokenpackage", code="raise ImportError('libmissing')\n"))
    )
    spec = environment(packages=["brokenpackage==1.0"], more='imports = ["brokenpackage"]')
    with pytest.raises(InstallFailed, match="The packages do not import"):
        await virtualenvs.provide(spec)
    assert virtualenvs.made(spec) is None


async def test_a_directory_that_cannot_be_used_is_said(virtualenvs, environment):
    spec = environment()
    folder = virtualenvs.path(spec).parent
    folder.mkdir()
    (folder / "locks").touch()
    with pytest.raises(InstallFailed, match=r"Tiny could not be installed\..*\n.*File exists"):
        await virtualenvs.provide(spec)


async def test_what_this_machine_lacks_is_said_before_anything_is_fetched(virtualenvs, environment):
    spec = environment(
        more='needs = [{command = "no-such-program", why = "It compiles.", install = "get it"}]'
    )
    with pytest.raises(InstallFailed, match="It needs no-such-program: It compiles"):
        await virtualenvs.provide(spec)
    assert not virtualenvs.log_file(spec).exists()


@pytest.mark.parametrize(
    ("cuda", "backend", "options", "note"),
    [
        pytest.param(False, True, [], False, id="the build has no CUDA"),
        pytest.param(True, True, ["--torch-backend=cpu"], False, id="another has none"),
        pytest.param(True, False, [], True, id="all have it"),
    ],
)
async def test_builds_without_cuda_come_first(
    virtualenvs, environment, monkeypatch, cuda, backend, options, note
):
    async def plan(self, *arguments):
        fails = "--torch-backend=cpu" in arguments and not backend
        out = " + nvidia-cublas==13\n" if cuda and "--torch-backend=cpu" not in arguments else " + six==1\n"
        return subprocess.CompletedProcess(arguments, int(fails), out, "")

    ran = []

    async def step(self, *line, variables=None):
        ran.append(line)

    monkeypatch.setattr(installation.Installation, "plan", plan)
    monkeypatch.setattr(installation.Installation, "step", step)
    spec = environment()
    spec.install[0].prefer_cpu = True
    log = virtualenvs.path(spec).parent / "log"
    log.parent.mkdir(parents=True)
    with log.open("wb", buffering=0) as file:
        await installation.Installation(spec, virtualenvs.path(spec), file).stage(spec.stages[0], [])
    assert [word for word in ran[0] if word.startswith("--torch")] == options
    assert ("CUDA" in log.read_text()) == note


def test_status_tells_what_is_there(virtualenvs, environment):
    spec = environment(packages=["six==1.17.0"])
    catalogue = Catalogue(extra=str(spec.folder.parent), enabled=["tiny", "python"])
    path = virtualenvs.path(spec)
    path.mkdir(parents=True)
    [python, tiny] = status(catalogue, virtualenvs.directory)
    assert (python.name, python.installed, tiny.installed, tiny.size) == ("python", False, False, 0)
    marker(path).write_text('{"made": 1.0, "seconds": 2.5, "size": 12345}')
    [_, tiny] = status(catalogue, virtualenvs.directory)
    assert (tiny.title, tiny.installed, tiny.size, tiny.path) == ("Tiny", True, 12345, str(path))


def test_the_directory_is_below_the_data_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("MLABS_DATA", str(tmp_path))
    assert Virtualenvs().directory == str(tmp_path / "environments")


def test_the_command_line_says_what_is_wrong(tmp_path, capsys):
    with pytest.raises(SystemExit) as raised:
        main([])
    assert raised.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("tiny-py311-0123456789ab", True, id="of an older recipe"),
        pytest.param("tiny-py312-0123456789ab", False, id="never finished"),
        pytest.param("tiny-py313-0123456789ab", False, id="not there"),
        pytest.param("other-py311-0123456789ab", False, id="of another environment"),
        pytest.param("tiny-py311-0123456789ab/../tiny-py311-0123456789ab", False, id="a way around"),
        pytest.param("../tiny-py311-0123456789ab", False, id="a way out"),
        pytest.param("/tmp", False, id="anything"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_a_lab_ran_on_is_used_again_where_it_is_of_its_environment(
    virtualenvs, environment, name, found
):
    spec = environment()
    for kept in ("tiny-py311-0123456789ab", "tiny-py312-0123456789ab", "other-py311-0123456789ab"):
        (Path(virtualenvs.directory) / kept / "bin").mkdir(parents=True)
        (Path(virtualenvs.directory) / kept / "bin" / "python").touch()
        if kept != "tiny-py312-0123456789ab":
            marker(Path(virtualenvs.directory) / kept).write_text('{"made": 0, "seconds": 0, "size": 0}')
    assert virtualenvs.kept(spec, name) == (Path(virtualenvs.directory) / name if found else None)


def test_an_accelerator_may_need_another_installation(virtualenvs, environment):
    more = 'accelerators = ["none", "gpu"]\n[[install_on.gpu]]\npackages = ["six==1.16.0"]'
    spec = environment(more=more)
    held = variant(spec, "gpu")
    assert variant(spec, "none") == spec
    assert [stage.packages for stage in held.stages] == [["six==1.16.0"]]
    assert virtualenvs.path(held) != virtualenvs.path(spec)
    assert "--accelerator gpu" in virtualenvs.command(held)
    assert "--accelerator" not in virtualenvs.command(spec)
    assert variant(environment("plain"), "gpu") == environment("plain")
