"""A notebook from elsewhere is looked at, and becomes a lab only when a person says so."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from support import needs

from mlabs_ext import notebook, wire
from mlabs_ext.errors import BadInput, Conflict, Forbidden, Full, NotFound
from mlabs_ext.service import imports
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.imports import Imports, Taken, title_of
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.seals import Seals
from mlabs_ext.service.unpacking import Unpacked
from mlabs_ext.service.viewers import Viewer

URL = "https://example.org/mnist.ipynb"


@pytest.fixture
def shelf(rules):
    """The rules about imports over those about labs."""
    names = ("store", "blobs", "catalogue", "addresses", "plans")
    shared = {name: getattr(rules, name) for name in names}
    rules.imports = Imports(labs=rules.labs, seals=Seals(b"secret"), **shared)
    return rules


def colab(make_notebook, **metadata):
    nb = make_notebook("# Digits", "import torch")
    nb["cells"][1]["metadata"] = {"executionInfo": {"user": {"displayName": "Ada"}}}
    nb["metadata"] = {"accelerator": "GPU", "mlabs": {"lab": "eve/digits"}} | metadata
    return json.dumps(nb).encode()


def test_what_would_become_of_it(shelf, make_notebook):
    found = shelf.imports.look(shelf.ada, URL, Unpacked("mnist.ipynb", colab(make_notebook)))
    assert (found.title, found.description) == ("Digits", f"Imported from {URL}")
    assert (found.environment, found.environment_why) == ("pytorch", "It imports torch.")
    assert found.accelerator_why.startswith("Colab's settings ask for a GPU")
    assert (found.visibility, found.cells) == ("public", 2)
    assert [(change.code, change.what) for change in found.changes] == [("private", "executionInfo")]
    assert shelf.labs.find(shelf.ada, owner="ada")[0] == []


def test_it_becomes_a_lab_that_remembers_where_it_came_from(shelf, make_notebook):
    found = shelf.imports.look(shelf.ada, URL, Unpacked("mnist.ipynb", colab(make_notebook)))
    fields = wire.ImportCreate(title="Mine", visibility="private")
    lab, digest = shelf.imports.create(shelf.ada, found.id, fields)
    assert (lab.owner, lab.name, lab.title, lab.visibility) == ("ada", "mine", "Mine", "private")
    assert (lab.environment, lab.description) == ("pytorch", f"Imported from {URL}")
    stored, kept = shelf.versions.notebook(shelf.ada, "ada", "mine", 1)
    assert kept == digest == found.notebook_sha256
    assert notebook.parse(stored).metadata.mlabs == {"source": URL}
    assert b"Ada" not in stored
    assert shelf.versions.get(shelf.ada, "ada", "mine", 1).message == f"Imported from {URL}"


def test_what_was_proposed_can_be_changed(shelf, make_notebook):
    found = shelf.imports.look(shelf.ada, "", Unpacked("x.ipynb", colab(make_notebook)))
    fields = wire.ImportCreate(name="other", environment="python", description="", tags=["vision"])
    lab, _ = shelf.imports.create(shelf.ada, found.id, fields)
    assert (lab.name, lab.environment, lab.accelerator) == ("other", "python", "none")
    assert (lab.description, lab.tags) == ("", ["vision"])
    with pytest.raises(Conflict):
        shelf.imports.create(shelf.ada, found.id, fields)


def test_the_same_request_again_makes_no_second_lab(shelf, make_notebook):
    found = shelf.imports.look(shelf.ada, "", Unpacked("x.ipynb", colab(make_notebook)))
    key = Key.checked("k", "said")
    made = [shelf.imports.create(shelf.ada, found.id, wire.ImportCreate(), key)[0] for _ in range(2)]
    assert made[0].id == made[1].id


def test_others_and_old_texts_are_like_none(shelf, make_notebook, monkeypatch):
    data = colab(make_notebook)
    found = shelf.imports.look(shelf.ada, "", Unpacked("x.ipynb", data))
    kept = shelf.imports.keep(shelf.ada, Taken("x.ipynb", "", data))
    assert shelf.imports.kept(shelf.ada, kept).data == data
    document = shelf.imports.document_token(found.notebook_sha256)
    monkeypatch.setattr(imports, "LASTS", timedelta(seconds=-1))
    old = shelf.imports.look(shelf.ada, "", Unpacked("x.ipynb", data)).id
    lost = shelf.imports.seals.seal(imports.NOTEBOOK, "ada", f"sha256:{'0' * 64}", "x", "")
    for viewer, token in ((shelf.bob, found.id), (shelf.ada, old), (shelf.ada, lost), (shelf.ada, document)):
        with pytest.raises(NotFound) as absent:
            shelf.imports.create(viewer, token, wire.ImportCreate())
        assert absent.value.code == "import_expired"
    for rule, given in (
        (shelf.imports.kept, (shelf.bob, kept)),
        (shelf.imports.kept, (shelf.ada, found.id)),
        (shelf.imports.document, (found.id,)),
        (shelf.imports.document, ("x",)),
    ):
        with pytest.raises(NotFound):
            rule(*given)


def test_who_may_not_write_imports_nothing(shelf, make_notebook):
    reader = Viewer("ada", can_read=True)
    for viewer in (shelf.nobody, reader):
        with pytest.raises(Forbidden):
            shelf.imports.keep(viewer, Taken("x.ipynb", "", b"{}"))
        with pytest.raises(Forbidden):
            shelf.imports.look(viewer, "", Unpacked("x.ipynb", colab(make_notebook)))


def test_where_there_is_no_room_nothing_is_kept(shelf, make_notebook):
    shelf.imports.plans = Plans(
        store=shelf.store, blobs=shelf.blobs, catalogue=shelf.catalogue, addresses=shelf.addresses,
        plans={"free": {"storage": "1K"}},
    )  # fmt: skip
    data = colab(make_notebook, note="x" * 2000)
    for keep in (
        lambda: shelf.imports.keep(shelf.ada, Taken("x.ipynb", "", data)),
        lambda: shelf.imports.look(shelf.ada, "", Unpacked("x.ipynb", data)),
    ):
        with pytest.raises(Full):
            keep()
    assert list(shelf.blobs.list(notebook.sha256(data)[7:9])) == []


def test_what_is_no_notebook_is_said(shelf):
    with pytest.raises(BadInput) as wrong:
        shelf.imports.look(shelf.ada, "", Unpacked("x.ipynb", b"<html>"))
    assert wrong.value.code == "notebook_invalid"


TITLES = {
    "its own": ({"title": "Own", "colab": {"name": "Untitled3.ipynb"}}, ["# Heading"], "Own"),
    "a heading": ({"colab": {"name": "Untitled3.ipynb"}}, ["# Heading"], "Heading"),
    "Colab's": ({"colab": {"name": "My nets.ipynb"}}, [], "My nets"),
    "the file's": ({}, [], "my file"),
    "Colab's, and no text": ({"colab": {"name": None}}, [], "my file"),
    "with a NUL": ({"title": "a\0b "}, [], "ab"),
    "long": ({"title": "x" * 500}, [], "x" * 200),
}


@pytest.mark.parametrize(("metadata", "sources", "title"), TITLES.values(), ids=TITLES)
def test_title(make_notebook, metadata, sources, title):
    nb = notebook.parse(json.dumps(make_notebook(*sources) | {"metadata": metadata}).encode())
    assert title_of(nb, "my_file.ipynb") == title


def test_a_title_where_nothing_has_a_name(make_notebook):
    assert title_of(notebook.parse(json.dumps(make_notebook()).encode()), "") == "Untitled"


@pytest.mark.corpus
def test_every_notebook_of_the_corpus_becomes_a_lab(shelf):
    for path in sorted(needs.corpus().glob("*.ipynb")):
        found = shelf.imports.look(shelf.ada, URL, Unpacked(path.name, path.read_bytes()))
        lab, digest = shelf.imports.create(shelf.ada, found.id, wire.ImportCreate())
        stored, kept = shelf.versions.notebook(shelf.ada, "ada", lab.name, 1)
        assert (kept, digest) == (found.notebook_sha256,) * 2, path.name
        assert len(notebook.parse(stored).cells) == found.cells
        assert all(change.message for change in found.changes)
