"""New, open and fork: they ask first, and lead to JupyterHub's own spawn page."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from mlabs_ext.service.web.pages.new import accelerators, preselected
from mlabs_ext.service.web.pages.start import spawn_url
from mlabs_ext.wire import Environment


@pytest.mark.parametrize(
    ("owner", "name", "path"),
    [
        pytest.param("ada", "mnist", "/hub/spawn/ada/mnist", id="plain"),
        pytest.param("a/b", "mnist", "/hub/spawn/a%2Fb/mnist", id="slash-in-the-owner"),
        pytest.param("ada@example.org", "mnist", "/hub/spawn/ada@example.org/mnist", id="mail-address"),
        pytest.param(
            "ada", "9-lives", "/hub/spawn/ada/lab-9-lives-b6f5ddd9be", id="name-that-no-server-may-have"
        ),
    ],
)
def test_opening_goes_through_the_hubs_spawn_page(owner, name, path):
    address = urlsplit(spawn_url("/", SimpleNamespace(owner=owner, name=name)))
    query = parse_qs(address.query)
    assert address.path.startswith(path[:-10] if "lab-" in path else path)
    assert query["opt-lab"] == [f"{owner}/{name}"]
    following = urlsplit(query["next"][0])
    assert following.path == address.path.replace("/hub/spawn/", "/user/") + "/mlabs/api/open"
    assert parse_qs(following.query) == {"lab": [f"{owner}/{name}"]}


def environment(name, available=True, default=False, kinds=("none",)):
    return Environment(name, name, "", {}, None, list(kinds), available, default)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        pytest.param("jax", "jax", id="as-wanted"),
        pytest.param("", "python", id="default"),
        pytest.param("caffe", "python", id="not-available"),
        pytest.param("cobol", "python", id="unknown"),
    ],
)
def test_an_environment_is_chosen_beforehand(wanted, chosen):
    known = [environment("jax"), environment("python", default=True), environment("caffe", available=False)]
    assert preselected(known, wanted) == chosen


def test_accelerators_are_those_of_usable_environments():
    known = [environment("a", kinds=("gpu", "none")), environment("b", available=False, kinds=("tpu",))]
    assert accelerators(known) == ["none", "gpu"]
    assert accelerators([]) == ["none"]


def target(answer):
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query)["opt-lab"][0]


def test_a_new_lab_is_a_draft_that_opens(town):
    answer = town.send("ada", "new", title="Héllo, World!", environment="python", accelerator="none")
    assert target(answer) == "ada/hello-world"
    page = town.page("ada", "@ada/hello-world")
    assert "Héllo, World!" in page.text
    assert "Draft" in page.text
    town.page("bob", "@ada/hello-world", 404)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"title": "x" * 201}, id="long-title"),
        pytest.param({"title": "x", "environment": "cobol"}, id="unknown-environment"),
        pytest.param({"title": "x", "environment": "python", "accelerator": "abacus"}, id="accelerator"),
    ],
)
def test_a_form_that_cannot_be_used_comes_back_with_the_reason(town, fields):
    answer = town.send("ada", "new", **fields)
    assert answer.status_code in (400, 422)
    assert 'role="alert"' in answer.text
    assert f'value="{fields["title"]}"' in answer.text


def test_the_owner_opens(town):
    assert target(town.send("ada", "open/@ada/mnist")) == "ada/mnist"


def test_others_fork_and_find_their_fork_again(town):
    answer = town.send("bob", "fork/@ada/secret", form="fork/@ada/mnist")
    assert answer.status_code == 404
    assert target(town.send("bob", "fork/@ada/mnist")) == "bob/mnist-2"
    page = town.page("bob", "fork/@ada/mnist")
    assert "/services/mlabs/open/@bob/mnist" in page.links()
    assert "/services/mlabs/open/@bob/mnist-2" in page.links()


def test_opening_what_is_anothers_leads_to_forking_it(town):
    answer = town.send("bob", "open/@ada/mnist", form="fork/@ada/mnist")
    assert answer.headers["Location"] == "/services/mlabs/fork/@ada/mnist"


def test_asking_changes_nothing(town, site):
    before = site.as_("bob").get("api/v1/me").json()
    for path in ("new?title=x", "open/@bob/mnist", "fork/@ada/mnist"):
        town.page("bob", path)
    assert site.as_("bob").get("api/v1/me").json() == before


def test_a_new_lab_begins_with_a_notebook(town, site):
    page = town.page("ada", "new?template=jax&title=Mine")
    assert "Begin with" in page.text
    chosen = page.all("a", **{"aria-current": "true"})
    assert [link["href"] for link in chosen] == ["?template=jax&title=Mine"]
    radios = page.all("input", name="environment")
    assert [radio["value"] for radio in radios if "checked" in radio] == ["jax"]
    answer = town.send("ada", "new", title="", environment="jax", accelerator="none", template="jax")
    assert target(answer) == "ada/digits-with-jax"
    lab = site.as_("ada").get("api/v1/labs/ada/digits-with-jax").json()
    assert (lab["title"], lab["environment"], lab["version"]) == ("Digits with JAX", "jax", 1)
    assert lab["visibility"] == "private"
    town.page("bob", "@ada/digits-with-jax", 404)


def test_what_is_no_beginning_is_told(town, site):
    page = town.page("ada", "new?template=nonsense", 404)
    assert "There is no notebook" in page.text
    answer = town.send("ada", "new", title="x", environment="python", accelerator="none", template="nonsense")
    assert answer.status_code == 404
    assert "to begin with" in answer.text
    assert site.as_("ada").get("api/v1/labs/ada/x").status_code == 404


def test_who_has_no_lab_is_offered_the_welcome_lab(town, site):
    assert "Open the Welcome lab" not in town.page("ada", "me").text
    assert "Open the Welcome lab" not in town.page("carol", "me").text
    site.service.library.stock()
    assert "Open the Welcome lab" in town.page("carol", "me").text
    answer = town.send("carol", "new", form="me", template="welcome", environment="python")
    assert target(answer) == "carol/welcome"
    lab = site.as_("carol").get("api/v1/labs/carol/welcome").json()
    assert (lab["title"], lab["version"], lab["visibility"]) == ("Welcome", 1, "private")
    data = site.as_("carol").get("api/v1/labs/carol/welcome/data").json()
    assert [one["dataset"] for one in data["items"]] == ["library/penguins"]
    assert "Open the Welcome lab" not in town.page("carol", "me").text
