"""A fork looks at its original, takes in what is new there, and remembers how far it came."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from service.conftest import cells

HERE = "api/v1/labs/bob/mnist"


@pytest.fixture
def forked(site) -> Any:
    """bob's fork of ada's lab, which has two newer versions by now; bob changed the last cell."""
    site.publish("ada", name="mnist", notebook=cells("# MNIST", "x = 1", "y = 2", "print(x, y)"))
    assert site.as_("bob").post("api/v1/labs/ada/mnist/fork", json={}).status_code == 201
    publish(site, "ada", "# MNIST", "x = 1", "y = 2", "z = 3", "print(x, y)")
    publish(site, "ada", "# MNIST", "x = 11", "y = 2", "z = 3", "print(x, y)")
    publish(site, "bob", "# MNIST", "x = 1", "y = 2", "print(x, y, 'mine')")
    return site


def publish(site: Any, owner: str, *sources: str, metadata: dict | None = None) -> dict[str, Any]:
    notebook = cells(*sources) | {"metadata": metadata or {}}
    answer = site.as_(owner).post(f"api/v1/labs/{owner}/mnist/versions", json={"notebook": notebook})
    assert answer.status_code == 201, answer.text
    return answer.json()


def sources(site: Any, version: int | str = "latest") -> list[str]:
    made = site.as_("bob").get(f"{HERE}/versions/{version}/notebook").json()
    return said_in(made)


def said_in(notebook: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"]]


def test_what_is_new(forked):
    found = forked.as_("bob").get(f"{HERE}/upstream").json()
    assert (found["lab"], found["base"], found["latest"], found["new"]) == ("ada/mnist", 1, 3, 2)
    assert [version["number"] for version in found["versions"]] == [3, 2]
    assert found["url"].endswith("/@bob/mnist/upstream")


def test_what_differs(forked):
    found = forked.as_("bob").get(f"{HERE}/upstream/compare").json()
    assert [side["version"]["lab"] for side in (found["a"], found["b"])] == ["ada/mnist", "bob/mnist"]
    changes = [(cell["change"], cell["b"]) for cell in found["cells"]]
    assert changes[:3] == [("same", 1), ("changed", 2), ("same", 3)]
    assert ("removed", None) in changes


def test_a_pull_is_a_version_that_stands_on_what_it_took(forked):
    bob = forked.as_("bob")
    answer = bob.post(f"{HERE}/upstream/pull", json={})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["number"], made["author"], made["merged"]) == (3, "bob", 3)
    assert made["message"] == "Took in version 3 of the original"
    assert sources(forked) == ["# MNIST", "x = 11", "y = 2", "z = 3", "print(x, y, 'mine')"]
    found = bob.get(f"{HERE}/upstream").json()
    assert (found["base"], found["new"], found["versions"]) == (3, 0, [])
    again = bob.post(f"{HERE}/upstream/pull", json={})
    assert (again.status_code, again.json()["number"]) == (200, 3)


def test_what_is_published_after_a_pull_stands_on_it_too(forked):
    bob = forked.as_("bob")
    assert bob.post(f"{HERE}/upstream/pull", json={}).status_code == 201
    assert publish(forked, "bob", "print('without metadata')")["merged"] == 3
    assert bob.post(f"{HERE}/versions", json={"restore": 2}).json()["merged"] is None
    assert bob.get(f"{HERE}/upstream").json()["base"] == 1
    # As after a pull in JupyterLab: the notebook itself says what it has taken in.
    said = {"mlabs": {"upstream": {"lab": "ada/mnist", "version": 2}}}
    assert publish(forked, "bob", "2", metadata=said)["merged"] == 2


@pytest.mark.parametrize(
    "said",
    [{"lab": "ada/other", "version": 2}, {"lab": "ada/mnist", "version": 9}, {"lab": "ada/mnist"},
     {"lab": "ada/mnist", "version": "2"}, {"version": 2}, {"lab": "ada/mnist", "version": True}, [], 3],
    ids=str,
)  # fmt: skip
def test_a_notebook_that_says_nonsense_stands_on_what_was_forked(forked, said):
    assert publish(forked, "bob", "2", metadata={"mlabs": {"upstream": said}})["merged"] is None


def test_conflicts_are_chosen(forked):
    publish(forked, "bob", "# MNIST", "x = 5", "y = 2", "print(x, y, 'mine')")
    bob = forked.as_("bob")
    answer = bob.post(f"{HERE}/upstream/pull", json={})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "merge_conflicts"
    assert answer.json()["error"]["detail"] == {"conflicts": ["cell-2"]}
    merge = bob.post(f"{HERE}/upstream/merge", json={}).json()
    assert (merge["lab"], merge["base"], merge["version"], merge["into"]) == ("ada/mnist", 1, 3, 3)
    [conflict] = merge["merged"]["conflicts"]
    assert (conflict["base"], conflict["mine"], conflict["theirs"]) == ("x = 1", "x = 5", "x = 11")
    chosen = {"choices": {"cell-2": {"take": "both"}}, "version": 3, "into": 3, "message": "Both"}
    made = bob.post(f"{HERE}/upstream/pull", json=chosen)
    assert (made.status_code, made.json()["message"]) == (201, "Both")
    assert sources(forked) == ["# MNIST", "x = 5", "x = 11", "y = 2", "z = 3", "print(x, y, 'mine')"]


def test_a_notebook_that_is_not_published_is_merged_without_a_trace(forked):
    bob = forked.as_("bob")
    given = {"notebook": cells("# MNIST", "x = 1", "y = 7", "print(x, y)"), "version": 2}
    merge = bob.post(f"{HERE}/upstream/merge", json=given).json()
    made = merge["merged"]["notebook"]
    assert said_in(made) == ["# MNIST", "x = 1", "y = 7", "z = 3", "print(x, y)"]
    assert made["metadata"]["mlabs"]["upstream"] == {"lab": "ada/mnist", "version": 2}
    assert merge["into"] is None
    assert bob.get(HERE).json()["version"] == 2
    bad = bob.post(f"{HERE}/upstream/merge", json={"notebook": {"cells": 3}})
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "notebook_invalid")


def test_who_looked_at_an_older_version_is_told(forked):
    bob = forked.as_("bob")
    stale = bob.post(f"{HERE}/upstream/pull", json={"into": 1})
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "lab_changed")
    stale = bob.post(f"{HERE}/upstream/pull", json={}, headers={"If-Match": '"old"'})
    assert stale.status_code == 412
    absent = bob.post(f"{HERE}/upstream/pull", json={"version": 9})
    assert (absent.status_code, absent.json()["error"]["code"]) == (404, "version_not_found")


def test_one_key_is_one_pull(forked):
    def pull(_: int) -> tuple[int, int]:
        answer = forked.as_("bob").post(f"{HERE}/upstream/pull", json={}, headers={"Idempotency-Key": "k"})
        return answer.status_code, answer.json().get("number")

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(pull, range(4)))
    assert answers == {(201, 3)}
    assert pull(0) == (201, 3)
    assert forked.as_("bob").get(HERE).json()["version"] == 3


@pytest.mark.parametrize("change", ["private", "deleted", "no fork"])
def test_an_original_that_is_not_there_for_the_viewer(forked, change):
    here, ada = HERE, forked.as_("ada")
    if change == "private":
        ada.patch("api/v1/labs/ada/mnist", json={"visibility": "private"})
    elif change == "deleted":
        ada.delete("api/v1/labs/ada/mnist")
    else:
        forked.publish("bob", name="own")
        here = "api/v1/labs/bob/own"
    bob = forked.as_("bob")
    answers = [bob.get(f"{here}/upstream"), bob.get(f"{here}/upstream/compare")]
    answers += [bob.post(f"{here}/upstream/{what}", json={}) for what in ("merge", "pull")]
    assert {(one.status_code, one.json()["error"]["code"]) for one in answers} == {
        (404, "upstream_not_found")
    }
    assert "ada" not in "".join(one.text for one in answers)


def test_who_only_reads_pulls_nothing(forked):
    assert forked.as_("eve").get(f"{HERE}/upstream").status_code == 200
    refused = forked.as_("eve").post(f"{HERE}/upstream/pull", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "lab_not_found")
    assert forked.as_("eve").put("api/v1/labs/bob/mnist/star").status_code == 200
    assert forked.as_("bob").put(f"{HERE}/shares/eve", json={"access": "edit"}).status_code == 200
    made = forked.as_("eve").post(f"{HERE}/upstream/pull", json={})
    assert (made.status_code, made.json()["author"]) == (201, "eve")
