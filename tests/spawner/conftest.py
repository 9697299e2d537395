"""What spawners are tested with: small environments, a clock, a spawner and a ledger beside a stand-in."""

import zipfile
from types import SimpleNamespace

import pytest
from support.bare_spawner import Bare
from support.fake_gpus import FakeGpus
from support.runtime_service import TOKEN, StandIn

from mlabs_ext.catalogue import read
from mlabs_spawner import gpu_queue, gpus, ledger
from mlabs_spawner.ledger import Ledger
from mlabs_spawner.service import Service
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
    for module in (gpus, gpu_queue):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def stand_in():
    with StandIn() as service:
        yield service


@pytest.fixture
def service(stand_in):
    stand_in.set("ada/mnist", "pytorch")
    return stand_in


@pytest.fixture
def spawner(service, monkeypatch, tmp_path):
    monkeypatch.setenv("MLABS_DATA", str(tmp_path))

    def make(name="mnist", gpus=0, **traits):
        orm = SimpleNamespace(name=name, user_options={"bad": "old"}, server=None)
        groups = [SimpleNamespace(name="pro")]
        user = SimpleNamespace(name="ada", url="/user/ada/", admin=False, groups=groups)
        traits.setdefault("gpus", FakeGpus(gpus))
        defaults = {"service_url": service.url, "service_token": TOKEN, "service_timeout": 2}
        return Bare(user=user, orm_spawner=orm, **{**defaults, **traits})

    return make


@pytest.fixture
def book(tmp_path, stand_in, monkeypatch):
    """A ledger as a hub finds it when it starts."""
    monkeypatch.setattr(ledger, "RETRIES", (0.05,))

    def open_book(**traits):
        service = Service(traits.pop("url", stand_in.url), TOKEN, 2, Ledger(None).log)
        return Ledger(service, directory=str(tmp_path / "ledger"), interval=0.1, **traits)

    return open_book
