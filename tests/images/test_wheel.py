"""The wheel in the images holds the MLabs that builds them, wherever that is installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

import mlabs_ext
from mlabs_images import wheel

DATA = f"mlabs-{mlabs_ext.__version__}.data/data"


@pytest.fixture
def built(tmp_path):
    return wheel.build(tmp_path)


def test_it_holds_everything_that_a_server_needs(built):
    names = set(zipfile.ZipFile(built).namelist())
    assert {
        "mlabs_ext/lab/app.py",
        "mlabs_ext/quick.py",
        "mlabs_spawner/overlay.py",
        "mlabs_images/Dockerfile",
        "mlabs_images/python/environment.toml",
        f"{DATA}/etc/jupyter/jupyter_server_config.d/mlabs.json",
        f"{DATA}/share/jupyter/labextensions/mlabs-labextension/package.json",
    } <= names
    assert not [name for name in names if "__pycache__" in name or "test" in name.split("/")[0]]


def test_the_same_content_is_the_same_file(built, tmp_path):
    (tmp_path / "again").mkdir()
    assert wheel.digest(built) == wheel.digest(wheel.build(tmp_path / "again"))


def test_pip_installs_it(built, tmp_path):
    target = tmp_path / "prefix"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", f"--prefix={target}"]
    subprocess.run([*pip, "--ignore-installed", built], check=True)
    assert (target / "etc/jupyter/jupyter_server_config.d/mlabs.json").is_file()
    assert (target / "bin" / "mlabs").is_file()


def test_a_checkout_and_an_installation_make_the_same(built, tmp_path):
    """What is unpacked from the wheel packs into the same wheel again."""
    target = tmp_path / "prefix"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", f"--prefix={target}"]
    subprocess.run([*pip, "--ignore-installed", "--no-compile", built], check=True)
    [packages] = target.glob("lib/python3.*/site-packages")
    (tmp_path / "again").mkdir()
    code = "import sys, pathlib; sys.path.insert(0, sys.argv[1])\nfrom mlabs_images import wheel\n"
    code += "print(wheel.digest(wheel.build(pathlib.Path(sys.argv[2]))))"
    line = [sys.executable, "-c", code, packages, tmp_path / "again"]
    said = subprocess.run(line, capture_output=True, text=True, check=True, cwd="/")
    assert said.stdout.strip() == wheel.digest(built)
