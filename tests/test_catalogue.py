import re
import sys

import pytest

from mlabs_ext import catalogue
from mlabs_ext.catalogue import Catalogue, InvalidEnvironment, read
from mlabs_ext.errors import Unusable

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
BUNDLED = ["python", "caffe", "jax", "pytorch", "r", "tensorflow", "theano"]


def environment(folder, text='title = "Tiny"', requirements="six==1.17.0\n"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "environment.toml").write_text(text)
    (folder / "requirements.txt").write_text(requirements)
    return folder / "environment.toml"


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(catalogue, "has_gpu", lambda: False)


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(catalogue, "has_gpu", lambda: True)


def test_the_bundled_environments_are_there_with_the_default_one_first():
    assert [spec.name for spec in Catalogue().all()] == BUNDLED
    assert Catalogue().default == "python"


@pytest.mark.parametrize("name", [name for name in BUNDLED if name != "r"])
def test_what_is_said_of_versions_is_what_is_installed(name):
    spec = Catalogue().get(name)
    lines = [line for stage in spec.stages for line in (spec.folder / stage.file).read_text().lower().split()]
    pins = dict(re.fullmatch(r"([\w.-]+)==([\w.+-]+)", line).groups() for line in lines)
    packages = {name: spec.distributions.get(name, name) for name in spec.frameworks}
    assert spec.frameworks == {name: pins[package] for name, package in packages.items()}
    assert pins["ipykernel"]
    assert pins["pip"]


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        pytest.param("title = ", "top level", "not TOML", id="not TOML"),
        pytest.param("", "top level", "missing required field `title`", id="no title"),
        pytest.param('title = ""', "title", "length >= 1", id="empty title"),
        pytest.param("title = 3", "title", "Expected `str`, got `int`", id="wrong type"),
        pytest.param(
            'title = "A"\ncolour = "red"', "top level", "unknown field `colour`", id="unknown field"
        ),
        pytest.param(
            'title = "A"\naccelerators = ["none", 3]', "accelerators[1]", "`str`", id="list of others"
        ),
        pytest.param('title = "A"\naccelerators = ["gpu"]', "accelerators", "'none'", id="never without"),
        pytest.param('title = "A"\n[resources]\nmemory = "2 GB"', "resources.memory", "regex", id="memory"),
        pytest.param('title = "A"\n[resources]\ncpus = 0', "resources.cpus", "> 0", id="no processor"),
        pytest.param('title = "A"\npython = ["3"]', "python[0]", "regex", id="python"),
        pytest.param(
            'title = "A"\n[[install]]\nfile = "r.txt"', "install[0].file", "'r.txt'", id="no such file"
        ),
        pytest.param(
            'title = "A"\n[[install]]\noptions = ["-U"]', "install[0]", "'packages'", id="empty stage"
        ),
        pytest.param(
            'title = "A"\n[[install_on.gpu]]\nfile = "requirements.txt"',
            "install_on.gpu",
            "'accelerators'",
            id="steps for what it has not",
        ),
        pytest.param(
            'title = "A"\naccelerators = ["none", "gpu"]\n[[install_on.gpu]]\nfile = "g.txt"',
            "install_on.gpu[0].file",
            "'g.txt'",
            id="no such file for an accelerator",
        ),
        pytest.param('title = "A"\napt = ["--help"]', "apt[0]", "regex", id="a Debian package"),
        pytest.param(
            'title = "A"\n[kernel]\nname = "../x"\nlanguage = "X"\nargv = ["x"]',
            "kernel.name",
            "regex",
            id="kernel",
        ),
        pytest.param('title = "A"\nname = "My Env"', "name", "'My Env'", id="name"),
        pytest.param('title = "A"\nfolder = "/"', "folder", "not yours", id="folder"),
        pytest.param('title = "A"\n[env]\n"a b" = "1"', "env.a b", "A-Z", id="variable"),
        pytest.param('title = "A"\n[[needs]]\ncommand = "g++"', "needs[0]", "missing required", id="need"),
    ],
)
def test_a_bad_environment_says_which_file_and_which_field(tmp_path, text, field, reason):
    file = environment(tmp_path / "tiny", text)
    with pytest.raises(InvalidEnvironment) as raised:
        read(file)
    assert raised.value.detail == {"file": str(file), "field": field}
    assert str(file) in raised.value.message
    assert reason in raised.value.message


def test_an_environment_without_requirements_is_bad(tmp_path):
    file = environment(tmp_path / "tiny")
    (tmp_path / "tiny" / "requirements.txt").unlink()
    with pytest.raises(InvalidEnvironment, match=r"install\[0\].file: there is no 'requirements"):
        read(file)


@pytest.mark.parametrize(
    ("settings", "accelerators"),
    [
        ({"local": False}, ["none", "gpu"]),
        ({"local": False, "community": True}, ["none", "gpu", "community"]),
        ({"local": True, "community": True}, ["none"]),
    ],
    ids=["as it is", "machines are lent", "there are no machines to be lent"],
)
def test_lent_machines_are_an_accelerator_of_every_environment(monkeypatch, settings, accelerators):
    monkeypatch.setattr("mlabs_ext.catalogue.has_gpu", lambda: False)
    catalogue = Catalogue(enabled=["pytorch"], **settings)
    assert [entry.accelerators for entry in catalogue.public()] == [accelerators]
    if "community" not in accelerators:
        with pytest.raises(Unusable, match="has no accelerator 'community'"):
            catalogue.check("pytorch", "community")


def test_adding_an_environment_takes_one_folder(tmp_path):
    environment(tmp_path / "tiny")
    added = Catalogue(extra=str(tmp_path)).get("tiny")
    assert (added.title, added.accelerators, added.resources.memory_bytes) == ("Tiny", ["none"], 2 << 30)
    assert not added.bundled


def test_or_one_file(tmp_path):
    (tmp_path / "environment.toml").write_text(
        'name = "one"\ntitle = "One"\n[[install]]\npackages = ["six==1.17.0"]'
    )
    assert Catalogue(extra=str(tmp_path)).get("one").title == "One"


def test_one_of_your_own_replaces_a_bundled_one(tmp_path):
    environment(tmp_path / "python", 'title = "Our Python"')
    assert Catalogue(extra=str(tmp_path)).get("python").title == "Our Python"


def test_a_directory_of_extras_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InvalidEnvironment, match=r"Catalogue.extra: there is no such directory"):
        Catalogue(extra=str(tmp_path / "no")).all()


@pytest.mark.parametrize(
    ("enabled", "default"),
    [
        pytest.param([], "python", id="all"),
        pytest.param(["jax", "python"], "python", id="python among them"),
        pytest.param(["jax", "theano"], "jax", id="the first one without python"),
    ],
)
def test_enabled_limits_the_catalogue(enabled, default):
    chosen = Catalogue(enabled=enabled)
    assert chosen.default == default
    assert {spec.name for spec in chosen.all()} == set(enabled or BUNDLED)


def test_enabling_what_is_not_there_says_what_is():
    with pytest.raises(Unusable, match=r"'pytroch', but there are only: .*pytorch"):
        Catalogue(enabled=["pytroch"]).all()


@pytest.mark.parametrize(
    ("name", "accelerator", "code"),
    [
        pytest.param("python", "none", None, id="fits"),
        pytest.param("pytorch", "gpu", None, id="gpu in the catalogue"),
        pytest.param("fortran", "none", "environment_unknown", id="unknown"),
        pytest.param("", "none", "environment_unknown", id="empty"),
        pytest.param("python", "gpu", "accelerator_unknown", id="no gpu in this one"),
        pytest.param("pytorch", "tpu", "accelerator_unknown", id="no such accelerator"),
    ],
)
def test_check(name, accelerator, code):
    if code is None:
        assert Catalogue().check(name, accelerator).name == name
        return
    with pytest.raises(Unusable) as raised:
        Catalogue().check(name, accelerator)
    assert raised.value.code == code


def test_without_a_gpu_none_is_offered_here(no_gpu):
    assert [e.accelerators for e in Catalogue(enabled=["pytorch"]).public()] == [["none"]]


def test_with_one_it_is(gpu):
    assert [e.accelerators for e in Catalogue(enabled=["pytorch"]).public()] == [["none", "gpu"]]


def test_containers_may_run_elsewhere(no_gpu):
    assert [e.accelerators for e in Catalogue(enabled=["pytorch"], local=False).public()] == [["none", "gpu"]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", None, id="needs nothing"),
        pytest.param(f'python = ["{HERE}"]', None, id="this Python"),
        pytest.param(
            'python = ["3.4"]', f"It is made for Python 3.4; this is Python {HERE}.", id="another Python"
        ),
        pytest.param(
            '[[needs]]\ncommand = "no-such-program"\nwhy = "It compiles."\ninstall = "`apt-get install it`"',
            "It needs no-such-program: It compiles. To get it: `apt-get install it`.",
            id="a program",
        ),
    ],
)
def test_what_is_missing_here_is_said(tmp_path, text, reason):
    environment(tmp_path / "tiny", f'title = "Tiny"\n{text}')
    [told] = Catalogue(extra=str(tmp_path), enabled=["tiny"]).public()
    assert (told.available, told.reason) == (reason is None, reason)
    [told] = Catalogue(extra=str(tmp_path), enabled=["tiny"], local=False).public()
    assert told.available


@pytest.mark.parametrize(
    ("text", "requirements", "changes"),
    [
        pytest.param('title = "Tiny"', "six==1.17.0\n", False, id="nothing"),
        pytest.param('title = "Tiny"\ndescription = "Small"', "six==1.17.0\n", False, id="its description"),
        pytest.param('title = "Tiny"\n[resources]\nmemory = "9G"', "six==1.17.0\n", False, id="its limits"),
        pytest.param('title = "Tiny"', "six==1.16.0\n", True, id="requirements"),
        pytest.param('title = "Tiny"\n[env]\nA = "1"', "six==1.17.0\n", True, id="variables"),
        pytest.param('title = "Small"', "six==1.17.0\n", True, id="the name of its kernel"),
    ],
)
def test_the_digest_changes_with_what_is_installed(tmp_path, text, requirements, changes):
    before = read(environment(tmp_path / "tiny")).digest
    after = read(environment(tmp_path / "tiny", text, requirements)).digest
    assert (before != after) == changes


KERNEL = '[kernel]\nname = "ir"\nlanguage = "R"\nargv = ["R", "{connection_file}"]'


@pytest.mark.parametrize(
    ("text", "files", "changes"),
    [
        pytest.param("", {}, False, id="nothing"),
        pytest.param('description = "Small"', {}, False, id="its description"),
        pytest.param("", {"requirements.txt": "six==1.16.0\n"}, True, id="requirements"),
        pytest.param("", {"requirements.lock": "six==1.17.0\n"}, True, id="lock"),
        pytest.param("", {"Dockerfile": "FROM scratch\n"}, True, id="a Dockerfile of its own"),
        pytest.param('apt = ["g++"]', {}, True, id="Debian packages"),
        pytest.param('[env]\nA = "1"', {}, True, id="variables"),
        pytest.param(KERNEL, {}, True, id="kernel"),
    ],
)
def test_an_image_has_another_name_when_it_would_come_out_differently(
    tmp_path, monkeypatch, text, files, changes
):
    monkeypatch.delenv("MLABS_IMAGE_PREFIX")
    before = read(environment(tmp_path / "tiny")).image("none")
    file = environment(tmp_path / "tiny", f'title = "Tiny"\n{text}')
    for name, content in files.items():
        (tmp_path / "tiny" / name).write_text(content)
    after = read(file).image("none")
    assert re.fullmatch(r"mlabs/tiny:[0-9a-f]{12}", before)
    assert (before != after) == changes


def test_the_image_for_an_accelerator_has_a_recipe_of_its_own(monkeypatch):
    monkeypatch.setenv("MLABS_IMAGE_PREFIX", "")
    spec = Catalogue().get("pytorch")
    assert re.fullmatch(r"mlabs/pytorch:[0-9a-f]{12}-gpu", spec.image("gpu"))
    assert spec.recipe("gpu") != spec.recipe("none")
    assert spec.image("gpu", prefix="hub/").startswith("hub/pytorch:")
    monkeypatch.setenv("MLABS_IMAGE_PREFIX", "mlabs-physics/")
    assert spec.image("gpu").startswith("mlabs-physics/pytorch:")


def test_an_environment_may_have_a_kernel_that_is_not_pythons(tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "environment.toml").write_text(f'title = "Other"\n{KERNEL}')
    spec = read(folder / "environment.toml")
    assert (spec.kernel_name, spec.stages) == ("ir", [])
    assert Catalogue().get("python").kernel_name == "python3"


@pytest.mark.parametrize(
    ("script", "found"),
    [
        pytest.param(None, False, id="no tool"),
        pytest.param("echo 'GPU 0: NVIDIA H200'", True, id="one"),
        pytest.param("echo 'No devices were found'", False, id="none"),
        pytest.param("echo 'GPU 0: broken'; exit 9", False, id="driver trouble"),
    ],
)
def test_has_gpu(tmp_path, monkeypatch, script, found):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    if script:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
    elif (tool := catalogue.shutil.which("nvidia-smi")) is not None:
        pytest.skip(f"this machine has {tool}")
    assert catalogue.has_gpu.__wrapped__() == found
