"""Labs: created, found and changed by those who may, seen by those who may."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Conflict, Forbidden, MLabsError, NotFound, Stale, Unusable
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.viewers import Viewer


def names(found: tuple[list[wire.Lab], str | None]) -> list[str]:
    return [lab.name for lab in found[0]]


def test_a_lab_takes_its_title_and_name_from_its_heading(rules):
    lab = rules.publish(rules.ada, "# Héllo, World!", "1")
    assert (lab.title, lab.name, lab.version, lab.visibility) == ("Héllo, World!", "hello-world", 1, "public")
    assert (lab.environment, lab.accelerator, lab.forked_from) == ("python", "none", None)
    assert lab.url == "/services/mlabs/@ada/hello-world"
    assert lab.embed_url == "/services/mlabs/embed/@ada/hello-world"


def test_derived_names_are_numbered_and_given_ones_are_not(rules):
    assert [rules.publish().name for _ in range(3)] == ["hello", "hello-2", "hello-3"]
    with pytest.raises(Conflict) as raised:
        rules.publish(name="hello")
    assert raised.value.code == "lab_exists"
    assert rules.publish(rules.bob, name="hello").owner == "bob"
    assert rules.labs.rename_free("ada", "hello") == "hello-4"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "Mnist"}, "name_invalid"),
        ({"name": "a" * 61}, "name_invalid"),
        ({"name": "-a"}, "name_invalid"),
        ({"name": ""}, "name_invalid"),
        ({"name": "datasets"}, "name_reserved"),
        ({"title": "   "}, "fields_invalid"),
        ({"title": "a\0b"}, "fields_invalid"),
        ({"description": "\0"}, "fields_invalid"),
        ({"message": "\0"}, "fields_invalid"),
        ({"license": "my own"}, "license_invalid"),
        ({"environment": "fortran"}, "environment_unknown"),
        ({"accelerator": "abacus"}, "accelerator_unknown"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_fields_that_cannot_be_used(rules, fields, code):
    with pytest.raises(Unusable) as raised:
        rules.publish(**fields)
    assert raised.value.code == code
    assert rules.labs.find(rules.ada, owner="ada") == ([], None)


def test_a_notebook_says_what_it_runs_on(rules, make_notebook):
    notebook = make_notebook("1")
    notebook["metadata"]["mlabs"] = {"environment": "pytorch", "accelerator": "gpu"}
    lab = rules.labs.create(rules.ada, wire.LabCreate(), json.dumps(notebook).encode())
    assert (lab.environment, lab.accelerator) == ("pytorch", "gpu")
    notebook["metadata"]["mlabs"] = {"environment": "from-elsewhere", "accelerator": "tpu"}
    lab = rules.labs.create(rules.ada, wire.LabCreate(), json.dumps(notebook).encode())
    assert (lab.environment, lab.accelerator) == ("python", "none")


def test_a_broken_notebook_makes_no_lab(rules):
    with pytest.raises(BadInput) as raised:
        rules.labs.create(rules.ada, wire.LabCreate(name="x"), b'{"cells": 3}')
    assert raised.value.code == "notebook_invalid"
    with pytest.raises(NotFound):
        rules.labs.get(rules.ada, "ada", "x")


WHO = ("nobody", "bob", "ada", "admin", "spawner")


@pytest.mark.parametrize(
    ("kind", "seen_by", "listed_to"),
    [
        (
            "public",
            {"nobody", "bob", "ada", "admin", "spawner"},
            {"nobody", "bob", "ada", "admin", "spawner"},
        ),
        ("unlisted", {"nobody", "bob", "ada", "admin", "spawner"}, set()),
        ("private", {"ada", "admin"}, set()),
        ("draft", {"ada", "admin"}, set()),
        ("deleted", set(), set()),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_who_sees_what(rules, kind, seen_by, listed_to):
    if kind == "draft":
        rules.labs.create(rules.ada, wire.LabCreate(name="x"), None)
    else:
        rules.publish(name="x", visibility=kind if kind != "deleted" else "public")
    if kind == "deleted":
        rules.labs.delete(rules.ada, "ada", "x")
    for who in WHO:
        viewer = getattr(rules, who)
        assert sees(rules, viewer) == (who in seen_by), who
        assert ("x" in names(rules.labs.find(viewer))) == (who in listed_to), who
        own = who in ("ada", "admin") and kind != "deleted"
        assert ("x" in names(rules.labs.find(viewer, owner="ada"))) == (own or who in listed_to), who


def sees(rules, viewer: Viewer) -> bool:
    try:
        rules.labs.get(viewer, "ada", "x")
    except NotFound as error:
        assert (error.code, error.message) == ("lab_not_found", "There is no lab ada/x.")
        return False
    return True


@pytest.mark.parametrize("who", ["bob", "nobody", "spawner", "reader"])
@pytest.mark.parametrize("verb", ["change", "delete", "restore", "version"])
def test_only_owners_change_labs(rules, who, verb, make_notebook):
    rules.publish(name="x")
    viewer = Viewer(name="ada", can_read=True) if who == "reader" else getattr(rules, who)
    calls = {
        "change": lambda: rules.labs.change(viewer, "ada", "x", wire.LabChange(title="mine")),
        "delete": lambda: rules.labs.delete(viewer, "ada", "x"),
        "restore": lambda: rules.labs.restore(viewer, "ada", "x"),
        "version": lambda: rules.versions.add(
            viewer, "ada", "x", wire.VersionCreate(notebook=b"{}"), json.dumps(make_notebook("2")).encode()
        ),
    }
    with pytest.raises(NotFound if who == "bob" else Forbidden):
        calls[verb]()
    assert rules.labs.get(rules.ada, "ada", "x").title == "Hello"


@pytest.mark.parametrize("name", ["no", "NO", "a\0b", "é", "x" * 300, "../x", ""], ids=repr)
@pytest.mark.parametrize("owner", ["ada", "a\0da", "né"], ids=repr)
def test_what_names_nothing_is_not_found(rules, owner, name):
    for call in (rules.labs.get, rules.labs.forks, rules.versions.list, rules.labs.restore):
        with pytest.raises(NotFound):
            call(rules.ada, owner, name)


def test_search_finds_all_words_in_any_case(rules):
    rules.publish(rules.ada, "# Größe der ÉTOILES", "1", tags=["astro", "c++"], description="100%_sure")
    rules.publish(rules.bob, "# Étoile polaire", "1")

    def found(**asked) -> int:
        return len(rules.labs.find(rules.nobody, **asked)[0])

    assert found(q="étoile") == 2
    assert found(q="étoiles GRÖSSE") == 1
    assert found(q="étoiles petites") == 0
    assert found(q="astro") == found(q="c++") == found(tag="astro") == found(q="100%_") == 1
    assert found(q="%") == 0
    assert found(q="100%xsure") == 0
    assert found(tag="ast") == found(tag="a\0") == found(environment="jax") == 0
    assert found(environment="python") == 2
    assert found(owner="bob") == 1
    assert found(q="\0") == 2


@pytest.mark.parametrize("sort", ["recent", "popular", "trending"])
def test_lists_can_be_walked_without_gaps_or_repeats(rules, sort):
    for n in range(7):
        rules.publish(name=f"lab-{n}")
    rules.labs.fork(rules.bob, "ada", "lab-2", wire.ForkCreate(name="copy"))
    walked, cursor = [], None
    while True:
        page, cursor = rules.labs.find(rules.nobody, owner="ada", sort=sort, limit=3, cursor=cursor)
        walked += [lab.name for lab in page]
        if cursor is None:
            break
    first = {"recent": "lab-6", "popular": "lab-2", "trending": "lab-2"}[sort]
    assert walked[0] == first
    assert sorted(walked) == [f"lab-{n}" for n in range(7)]


def test_an_unknown_order_is_refused(rules):
    with pytest.raises(BadInput):
        rules.labs.find(rules.nobody, sort="random")


def test_changes_bump_the_etag_and_nothing_else_does(rules):
    rules.publish(name="x")
    etag = rules.labs.etag(rules.ada, "ada", "x")
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange())
    rules.labs.fork(rules.bob, "ada", "x", wire.ForkCreate())
    assert rules.labs.etag(rules.nobody, "ada", "x") == etag
    changed = rules.labs.change(
        rules.ada, "ada", "x", wire.LabChange(title="New", tags=["b", "a", "b"]), if_match=etag
    )
    assert (changed.title, changed.tags, changed.description) == ("New", ["b", "a"], "")
    for call in (
        lambda: rules.labs.change(rules.ada, "ada", "x", wire.LabChange(title="Z"), if_match=etag),
        lambda: rules.labs.delete(rules.ada, "ada", "x", if_match=etag),
    ):
        with pytest.raises(Stale):
            call()


def test_a_new_environment_drops_an_accelerator_that_it_lacks(rules):
    rules.publish(name="x", environment="pytorch", accelerator="gpu")
    lab = rules.labs.change(rules.ada, "ada", "x", wire.LabChange(environment="python"))
    assert (lab.environment, lab.accelerator) == ("python", "none")
    with pytest.raises(Unusable):
        rules.labs.change(rules.ada, "ada", "x", wire.LabChange(accelerator="gpu"))


def test_the_hub_learns_the_runtime_of_every_lab(rules):
    rules.publish(name="x", visibility="private", environment="jax")
    rules.labs.create(rules.ada, wire.LabCreate(name="draft"), None)
    told = rules.labs.runtime(rules.spawner, "ada", "x")
    runs_on = {"environment": "jax", "accelerator": "none", "image": None}
    assert told == runs_on | {"title": "Hello", "version": 1, "path": "x/x.ipynb"}
    assert rules.labs.runtime(rules.spawner, "ada", "draft")["version"] == 0
    with pytest.raises(NotFound):
        rules.labs.runtime(rules.bob, "ada", "x")


def test_twenty_at_once_with_one_name_make_one_lab(rules):
    def create(_: int) -> str:
        try:
            return rules.publish(name="race").id
        except Conflict:
            return "conflict"

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(create, range(20)))
    assert len(set(results) - {"conflict"}) == 1
    assert results.count("conflict") == 19


def test_twenty_at_once_with_one_title_make_twenty_labs(rules):
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda _: rules.publish().name, range(20)))
    assert sorted(made) == sorted(["hello", *(f"hello-{n}" for n in range(2, 21))])


def test_one_key_twenty_times_at_once_makes_one_lab(rules, make_notebook):
    notebook = json.dumps(make_notebook("# Once")).encode()

    def create(_: int) -> wire.Lab:
        return rules.labs.create(rules.ada, wire.LabCreate(), notebook, key=Key("k", "said"))

    with ThreadPoolExecutor(20) as pool:
        labs = list(pool.map(create, range(20)))
    assert len({lab.id for lab in labs}) == 1
    assert all(lab == labs[0] for lab in labs)
    assert names(rules.labs.find(rules.ada, owner="ada")) == ["once"]
    with pytest.raises(Unusable) as raised:
        rules.labs.create(rules.ada, wire.LabCreate(), notebook, key=Key("k", "something else"))
    assert raised.value.code == "idempotency_key_reused"
    other = rules.labs.create(rules.bob, wire.LabCreate(), notebook, key=Key("k", "something else"))
    assert other.owner == "bob"


def test_a_request_that_failed_may_be_sent_again_with_its_key(rules, make_notebook):
    taken = rules.publish(name="x")
    notebook, key = json.dumps(make_notebook("1")).encode(), Key("k", "s")
    with pytest.raises(MLabsError):
        rules.labs.create(rules.ada, wire.LabCreate(name="x"), notebook, key=key)
    rules.labs.delete(rules.ada, "ada", "x")
    again = rules.labs.create(rules.ada, wire.LabCreate(name="x"), notebook, key=key)
    assert again.id != taken.id
