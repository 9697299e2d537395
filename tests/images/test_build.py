"""Images are built from a folder and no code, only where something changed, and failures say what to do."""

from __future__ import annotations

import io

import pytest
from support import images

from mlabs_ext.catalogue import Catalogue, read
from mlabs_images import build, context, engine, system
from mlabs_images.build import BuildFailed
from mlabs_images.listing import Listing
from mlabs_images.packages import Packages

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def client():
    client = engine.connect()
    yield client
    client.close()


@pytest.fixture
def builder(client, tmp_path, monkeypatch):
    """A builder whose packages and logs are this test's own."""
    images.built("python")
    builder = images.builder(client)
    builder.folder = tmp_path / "data"
    return builder


@pytest.fixture
def tiny(tmp_path):
    """Write an environment of one's own, which takes a folder and no code."""

    def write(text, **files):
        folder = tmp_path / "tiny"
        folder.mkdir(exist_ok=True)
        (folder / "environment.toml").write_text(f'title = "Tiny"\n{text}')
        for name, content in files.items():
            (folder / name).write_text(content)
        return read(folder / "environment.toml")

    return write


@pytest.fixture
def gone(client):
    """Remove what a test built."""
    names: list[str] = []
    yield names
    for name in names:
        client.images.remove(name, force=True)


def test_what_did_not_change_is_not_built_again():
    first = images.built("python")
    images.built.cache_clear()
    again = images.built("python")
    assert (again.id, again.changed) == (first.id, False)


KERNEL = '[kernel]\nname = "tiny"\nlanguage = "sh"\nargv = ["sh", "{connection_file}"]\n'


def test_only_what_changed_is(client, builder, tiny, gone):
    told: list[str] = []
    builder.report = lambda message, percent: told.append(message)
    spec = tiny(f'apt = []\ncheck = ["test", "-x", "/bin/sh"]\n{KERNEL}')
    first = builder.build(spec)
    gone.append(first.name)
    assert first.changed
    assert told[0] == "Sending what it is built from"
    assert any(line.startswith("Step ") for line in told)
    assert not builder.build(spec).changed

    other = tiny(f'check = ["true"]\n{KERNEL}')
    second = builder.build(other)
    gone.append(second.name)
    assert second.changed
    assert second.name != first.name
    assert engine.find(client, first.name), "labs that are pinned to it may still want it"
    assert engine.labels(engine.find(client, second.name))["org.mlabs.base"] == builder.base().id


def test_another_mlabs_on_this_engine_has_names_of_its_own(client, tiny, gone, monkeypatch):
    images.built("python")
    spec = tiny(f'check = ["test", "-d", "/etc"]\n{KERNEL}')
    first = images.builder(client).build(spec)
    monkeypatch.setenv("MLABS_IMAGE_PREFIX", f"{images.prefix().removesuffix('/')}-other/")
    other = images.builder(client).build(spec)
    gone += [first.name, other.name, build.base_name()]
    assert other.name != first.name
    assert other.id == first.id, "they share their layers"
    assert engine.find(client, first.name).id == first.id
    assert [line.name for line in Listing(client, images.folder()).of(spec)] == [other.name]


def test_an_environment_of_ones_own_needs_neither_code_nor_lock(client, builder, tiny, gone):
    built = builder.build(tiny('imports = ["six"]\n[[install]]\npackages = ["six==1.17.0"]'))
    gone.append(built.name)
    code = "import six, sys; print(six.__version__, sys.prefix)"
    said = client.containers.run(built.name, ["/opt/env/bin/python", "-c", code], remove=True)
    assert said == b"1.17.0 /opt/env\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param('[[install]]\npackages = ["six==99"]', "six", id="no such package"),
        pytest.param(f'check = ["no-such-program"]\n{KERNEL}', "no-such-program", id="it does not work"),
        pytest.param(f'apt = ["no-such-package"]\n{KERNEL}', "no-such-package", id="no such Debian package"),
    ],
)
def test_a_build_that_fails_says_why_and_where_all_of_it_is(builder, tiny, text, reason):
    spec = tiny(text)
    with pytest.raises(BuildFailed) as raised:
        builder.build(spec)
    log = builder.log_file("tiny")
    assert reason in raised.value.message
    assert str(log) in raised.value.message
    assert raised.value.detail["log"] == str(log)
    assert reason in log.read_text() + raised.value.message
    assert not engine.find(builder.client, spec.image("none"))


def test_a_system_that_cannot_be_had_says_how_to_make_one(builder):
    with pytest.raises(system.NoSystem) as raised:
        builder.base(over="localhost:1/no/such:image")
    assert "mlabs images base" in raised.value.message
    assert "--base IMAGE" in raised.value.message


def test_the_image_for_a_gpu_comes_from_the_same_dockerfile(builder, monkeypatch, tmp_path):
    """What would be built: gigabytes of CUDA are not fetched here."""
    spec = Catalogue().get("pytorch")
    monkeypatch.setattr(Packages, "locked", lambda self, name, lock, stage=None: tmp_path)
    packages = Packages(tmp_path, "x86_64", io.BytesIO(), build.quiet)
    wheel = tmp_path / "mlabs.whl"
    wheel.touch()
    laid = {name: context.environment(spec, name, packages, wheel).files for name in ("none", "gpu")}
    assert laid["gpu"]["Dockerfile"] == laid["none"]["Dockerfile"]
    locks = {name: files["environment/0.lock"].read_text() for name, files in laid.items()}
    assert "\ntorch==2.13.0 " in locks["gpu"]
    assert "\nnvidia-cublas" in locks["gpu"]
    assert "\ntorch==2.13.0+cpu " in locks["none"]
    wanted = build.image_of(spec, "gpu", "base", wheel)
    assert wanted.name == spec.image("gpu")
    assert wanted.arguments["ACCELERATOR"] == wanted.labels["org.mlabs.accelerator"] == "gpu"
