"""`mlabs images` as a person at a terminal meets it."""

from __future__ import annotations

import io
import json
import subprocess

import pytest
from support import images
from support.up import COMMAND, environment

from mlabs_ext.catalogue import Catalogue
from mlabs_images.progress import Progress


def mlabs(*arguments, **variables):
    return subprocess.run(
        [COMMAND, "images", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environment(**variables),
    )


NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ["build", "pytroch"], "no environment 'pytroch' here. There are: caffe, jax, python", id="unknown"
        ),
        pytest.param(["build", "python", "--accelerator", "gpu"], "no accelerator 'gpu'", id="no gpu"),
        pytest.param(
            ["build", "--accelerator", "tpu"], "No environment has an accelerator 'tpu'", id="none has"
        ),
    ],
)
def test_what_cannot_be_built_by_anybody_exits_with_2(arguments, words, tmp_path):
    done = mlabs(*arguments, "--data", tmp_path, **NO_ENGINE)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["build", "python"], ["base"]], ids=" ".join)
def test_without_docker_it_says_what_to_do(arguments, tmp_path):
    done = mlabs(*arguments, "--data", tmp_path, **NO_ENGINE)
    assert done.returncode == 1
    assert "The Docker engine does not answer" in done.stderr
    assert "docker info" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_docker_the_list_tells_the_rest(tmp_path):
    done = mlabs("list", "--data", tmp_path, **NO_ENGINE)
    assert done.returncode == 0
    assert "python       Python: numpy" in done.stdout
    assert "no Docker engine answers" in done.stdout
    told = json.loads(mlabs("list", "--json", "--data", tmp_path, **NO_ENGINE).stdout)
    assert [row["images"] for row in told] == [None] * len(told)


def test_environments_of_the_settings_file_are_listed_too(tmp_path):
    extra = tmp_path / "extra" / "tiny"
    extra.mkdir(parents=True)
    (extra / "environment.toml").write_text('title = "Tiny"\n[[install]]\npackages = ["six"]')
    (tmp_path / "mlabs_config.py").write_text(f'c.Catalogue.extra = "{extra.parent}"')
    assert "tiny         Tiny" in mlabs("list", "--data", tmp_path, **NO_ENGINE).stdout


@pytest.mark.docker
def test_the_list_tells_what_is_really_inside(tmp_path):
    image = images.built("python")
    told = {row["name"]: row for row in json.loads(mlabs("list", "--json", "--data", tmp_path).stdout)}
    [one] = told["python"]["images"]
    assert (one["name"], one["id"], one["size"]) == (image.name, image.id, image.size)
    assert one["versions"].items() >= Catalogue().get("python").frameworks.items()
    assert one["versions"]["python"].startswith("3.11.")
    assert list(json.loads((tmp_path / "images.json").read_text())[image.id]) == list(one["versions"])
    assert [line["accelerator"] for line in told["pytorch"]["images"]] == ["none", "gpu"]


@pytest.mark.docker
def test_building_tells_its_progress_and_its_results(tmp_path):
    images.built("python")
    extra = tmp_path / "extra" / "tiny"
    extra.mkdir(parents=True)
    (extra / "environment.toml").write_text('title = "Tiny"\n[[install]]\npackages = ["no-such-package==1"]')
    (tmp_path / "mlabs_config.py").write_text(f'c.Catalogue.extra = "{extra.parent}"')
    done = mlabs("build", "tiny", "python", "--json", "--data", tmp_path)
    assert done.returncode == 1
    assert [built["name"] for built in json.loads(done.stdout)] == [images.image("python")]
    assert "tiny: The image of tiny could not be built" in done.stderr
    assert "no-such-package" in done.stderr
    assert f"All of it: {tmp_path}/logs/images/tiny.log" in done.stderr
    assert f"To try again: mlabs images build tiny --data {tmp_path}" in done.stderr
    assert f"{images.image('python')}, " in done.stderr


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_a_bar_moves_in_its_line():
    out = Terminal()
    progress = Progress(out)
    progress.begin("python")
    progress.report("Step 1 of 2", 50)
    progress.end("built")
    line, last = out.getvalue().split("\r")[1:]
    assert line == "\x1b[Kpython         ████████████············  50 %  Step 1 of 2"
    assert last == "\x1b[Kpython         built\n"


def test_elsewhere_there_are_few_lines():
    out = io.StringIO()
    progress = Progress(out)
    progress.begin("python")
    for percent in range(100):
        progress.report("Fetching", percent)
    progress.end("built")
    assert len(out.getvalue().splitlines()) == 11
    assert "\r" not in out.getvalue()
