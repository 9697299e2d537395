import zipfile

import pytest

from mlabs_ext.catalogue import read
from mlabs_spawner import gpus
from mlabs_spawner.virtualenvs import Virtualenvs


@pytest.fixture
def wheel(tmp_path):
    """Make a wheel of one module, in a folder that pip and uv can be pointed to."""

    def make(name="tinypackage", version="1.0", code="answer = 42\n"):
        folder = tmp_path / "wheels"
        folder.mkdir(exist_ok=True)
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
            file.writestr(f"{name}.py", code)
            file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            file.writestr(
                f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
            )
        return folder

    return make


@pytest.fixture
def environment(tmp_path):
    """Write an environment and read it."""

    def write(name="tiny", packages=("six==1.17.0",), more=""):
        folder = tmp_path / "extra" / name
        folder.mkdir(parents=True, exist_ok=True)
        listed = ", ".join(f'"{package}"' for package in packages)
        (folder / "environment.toml").write_text(
            f'title = "Tiny"\n{more}\n[[install]]\npackages = [{listed}]\n'
        )
        return read(folder / "environment.toml")

    return write


@pytest.fixture
def virtualenvs(tmp_path):
    return Virtualenvs(directory=str(tmp_path / "environments"))


class Clock:
    """The time of day, which passes only when a test says so."""

    def __init__(self):
        self.now = 1_000_000.0

    def time(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """The one of the queue for accelerators."""
    clock = Clock()
    monkeypatch.setattr(gpus, "time", clock)
    return clock
