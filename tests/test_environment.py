"""What an environment says of itself: bad fields are named, and its digest changes with what is in it."""

from __future__ import annotations

import re

import pytest
from support.tiny_environment import environment

from mlabs_ext.catalogue import Catalogue, InvalidEnvironment, read


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
