"""`mlabs publish`, `fork`, `pull` and `assets` against a real service."""

from __future__ import annotations

import json
import stat

import pytest
from remote.test_runs import ada, terminal

# The harness of the service's own tests.
from service.conftest import cells, migrated, site, start_site

__all__ = ["ada", "migrated", "site", "start_site", "terminal"]

# In two halves, so that nobody takes this file for one that holds a token.
TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


@pytest.fixture
def file(ada):
    path = ada.folder / "my idea.ipynb"
    path.write_text(json.dumps(cells("# My idea", "print(1)"), indent=1))
    return path


def metadata(file):
    return json.loads(file.read_text())["metadata"]["mlabs"]


def lab_of(site, name="my-idea"):
    return site.as_("ada").get(f"api/v1/labs/ada/{name}").json()


def test_a_file_becomes_a_lab_and_then_its_next_version(ada, site, file):
    file.chmod(0o640)
    out = ada.ok("publish", file.name, "--tag", "small", "--license", "MIT", "--description", "An idea.")
    assert out == f"ada/my-idea@1: public, {site.url}@ada/my-idea\n"
    lab = lab_of(site)
    assert (lab["title"], lab["tags"], lab["description"]) == ("My idea", ["small"], "An idea.")
    assert metadata(file)["lab"] == "ada/my-idea"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    again = ada.ok("publish", file.name)
    assert again.startswith("ada/my-idea@1: the same as before, ")
    file.write_text(file.read_text().replace("print(1)", "print(2)"))
    lab = json.loads(ada.ok("publish", file.name, "--message", "Two", "--visibility", "unlisted", "--json"))
    assert (lab["version"], lab["visibility"], lab["tags"]) == (2, "unlisted", ["small"])
    notebook = site.as_("ada").get("api/v1/labs/ada/my-idea/versions/2/notebook").json()
    assert "print(2)" in json.dumps(notebook)


def test_another_name_makes_another_lab(ada, site, file):
    ada.ok("publish", file.name)
    ada.ok("publish", file.name, "--name", "other")
    assert (lab_of(site)["version"], lab_of(site, "other")["version"]) == (1, 1)
    assert metadata(file)["lab"] == "ada/other"


def test_a_lab_that_is_gone_comes_back_private(ada, site, file):
    site.as_("ada").delete(f"api/v1/labs/{ada.ok('publish', file.name).partition('@')[0]}")
    lab = json.loads(ada.ok("publish", file.name, "--json"))
    assert lab["visibility"] == "private"


def test_somebody_elses_lab_is_forked(ada, site, file):
    site.publish("bob", name="mnist")
    ada.ok("pull", "bob/mnist")
    pulled = ada.folder / "mnist.ipynb"
    changed = json.loads(pulled.read_text())
    changed["cells"][1]["source"] = "2 + 2"
    pulled.write_text(json.dumps(changed))
    assert ada.ok("publish", "mnist.ipynb").startswith("ada/mnist@2: ")
    assert lab_of(site, "mnist")["forked_from"]["lab"] == "bob/mnist"


@pytest.mark.parametrize("where", ["source", "output"])
def test_a_secret_stops_it(ada, site, file, where):
    held = cells("# My idea", f"token = '{TOKEN}'" if where == "source" else "show()")
    if where == "output":
        shown = {"output_type": "stream", "name": "stdout", "text": f"{TOKEN}\n"}
        held["cells"][1]["outputs"] = [shown]
    before = json.dumps(held)
    file.write_text(before)
    done = ada.mlabs("publish", file.name)
    assert done.returncode == 1
    assert "Cell 2" in done.stderr and "--anyway" in done.stderr
    assert TOKEN not in done.stderr + done.stdout
    assert site.as_("ada").get("api/v1/labs/ada/my-idea").status_code == 404
    assert file.read_text() == before
    ada.ok("publish", file.name, "--anyway")
    assert lab_of(site)["version"] == 1


def test_what_is_personal_is_told(ada, site, file):
    file.write_text(json.dumps(cells("# My idea", "open('/home/zelda/data.csv')")))
    done = ada.mlabs("publish", file.name)
    assert done.returncode == 0
    assert "/home/zelda" in done.stderr
    assert lab_of(site)["version"] == 1


def test_a_fork(ada, site):
    site.publish("bob", name="mnist")
    assert ada.ok("fork", "bob/mnist", "--name", "mine") == f"ada/mine@1: public, {site.url}@ada/mine\n"
    assert json.loads(ada.ok("fork", "bob/mnist", "--json"))["name"] == "mnist"


def test_a_lab_is_fetched(ada, site, file):
    ada.ok("publish", file.name)
    assert ada.ok("pull", "my-idea") == "my-idea.ipynb: ada/my-idea, version 1\n"
    pulled = ada.folder / "my-idea.ipynb"
    fetched = pulled.read_bytes()
    stored = site.client().get("api/v1/labs/ada/my-idea/versions/1/notebook").json()
    assert json.loads(fetched)["cells"] == stored["cells"]
    assert metadata(pulled) == {"environment": "python", "accelerator": "none", "lab": "ada/my-idea"}
    assert ada.ok("pull", "my-idea") == "my-idea.ipynb is up to date.\n"
    pulled.write_text("mine")
    done = ada.mlabs("pull", "my-idea@1")
    assert (done.returncode, pulled.read_text()) == (1, "mine")
    assert "--force" in done.stderr
    ada.ok("pull", "my-idea@1", "--force")
    assert pulled.read_bytes() == fetched
    assert (ada.folder / "my-idea.ipynb~").read_text() == "mine"
    assert ada.ok("pull", "my-idea@1", "else.ipynb").startswith("else.ipynb: ada/my-idea, version 1")


def test_files_of_a_lab(ada, site):
    site.publish("ada", name="mnist")
    put = site.as_("ada").put("api/v1/labs/ada/mnist/assets/tables/a b.csv", content=b"a,b\n")
    assert put.status_code == 201, put.text
    assert ada.ok("assets", "mnist").startswith("tables/a b.csv 4 ")
    assert [one["path"] for one in json.loads(ada.ok("assets", "mnist", "--json"))] == ["tables/a b.csv"]
    assert ada.ok("assets", "mnist", "get", "tables/a b.csv") == "a b.csv: 4 bytes\n"
    assert (ada.folder / "a b.csv").read_bytes() == b"a,b\n"
    assert ada.mlabs("assets", "mnist", "get", "tables/a b.csv").returncode == 1
    ada.ok("assets", "mnist", "get", "tables/a b.csv", "--force")
    ada.ok("assets", "mnist", "get", "tables/a b.csv", "c.csv")
    assert (ada.folder / "c.csv").read_bytes() == b"a,b\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("publish", "absent.ipynb"), "cannot be read"),
        (("publish", "broken.ipynb"), "JSON"),
        (("publish", "my idea.ipynb", "--license", "My own"), "license"),
        (("publish", "my idea.ipynb", "--environment", "cobol"), "cobol"),
        (("fork", "bob/absent"), "There is no lab bob/absent"),
        (("fork", "mnist"), "owner/name"),
        (("pull", "absent"), "There is no lab ada/absent"),
        (("pull", "absent@x"), "as a number"),
        (("pull", "bob/mnist", "no/such/folder.ipynb"), "cannot be written"),
        (("assets", "absent"), "There is no lab ada/absent"),
        (("assets", "bob/mnist", "get", "x"), "has no file x"),
    ],
)
def test_what_cannot_be_done(ada, site, file, arguments, words):
    site.publish("bob", name="mnist")
    (ada.folder / "broken.ipynb").write_text("{")
    done = ada.mlabs(*arguments)
    assert done.returncode == 1, done.stdout
    assert words.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
