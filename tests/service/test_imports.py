"""A notebook from elsewhere is looked at, and becomes a lab only when a person says so."""

from __future__ import annotations

import io
import json
import zipfile
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
from mlabs_ext.service.unpacking import Task, Unpacked, unpacked
from mlabs_ext.service.viewers import Viewer

URL = "https://example.org/mnist.ipynb"


@pytest.fixture
def shelf(rules):
    """The rules about imports over those about labs."""
    names = ("store", "blobs", "catalogue", "addresses", "plans")
    shared = {name: getattr(rules, name) for name in names}
    rules.imports = Imports(labs=rules.labs, assets=rules.assets, seals=Seals(b"secret"), **shared)
    return rules


def look(shelf, data, source="", name="x.ipynb", viewer=None):
    return shelf.imports.look(viewer or shelf.ada, Taken(name, source, b""), Unpacked(name, data))


def colab(make_notebook, **metadata):
    nb = make_notebook("# Digits", "import torch")
    nb["cells"][1]["metadata"] = {"executionInfo": {"user": {"displayName": "Ada"}}}
    nb["metadata"] = {"accelerator": "GPU", "mlabs": {"lab": "eve/digits"}} | metadata
    return json.dumps(nb).encode()


def test_what_would_become_of_it(shelf, make_notebook):
    found = look(shelf, colab(make_notebook), URL)
    assert (found.title, found.description) == ("Digits", f"Imported from {URL}")
    assert (found.environment, found.environment_why) == ("pytorch", "It imports torch.")
    assert found.accelerator_why.startswith("Colab's settings ask for a GPU")
    assert (found.visibility, found.cells) == ("public", 2)
    assert [(change.code, change.what) for change in found.changes] == [("private", "executionInfo")]
    assert shelf.labs.find(shelf.ada, owner="ada")[0] == []


def test_it_becomes_a_lab_that_remembers_where_it_came_from(shelf, make_notebook):
    found = look(shelf, colab(make_notebook), URL)
    fields = wire.ImportCreate(title="Mine", visibility="private")
    lab, digest = shelf.imports.create(shelf.ada, found.id, fields)
    assert (lab.owner, lab.name, lab.title, lab.visibility) == ("ada", "mine", "Mine", "private")
    assert (lab.environment, lab.description) == ("pytorch", f"Imported from {URL}")
    stored, kept = shelf.versions.notebook(shelf.ada, "ada", "mine", 1)
    assert kept == digest == found.notebook_sha256
    assert notebook.parse(stored).metadata.mlabs == {"source": URL}
    assert b"Ada" not in stored
    assert shelf.versions.get(shelf.ada, "ada", "mine", 1).message == f"Imported from {URL}"


def test_a_file_of_a_lab_that_one_may_not_see_is_proposed_as_private(shelf, make_notebook):
    book = make_notebook("# One") | {"metadata": {"mlabs": {"lab": "bob/secret"}}}
    data = json.dumps(book).encode()
    assert look(shelf, data).visibility == "private"
    # Anybody could have fetched it.
    assert look(shelf, data, source=URL).visibility == "public"


def test_what_was_proposed_can_be_changed(shelf, make_notebook):
    found = look(shelf, colab(make_notebook))
    fields = wire.ImportCreate(name="other", environment="python", description="", tags=["vision"])
    lab, _ = shelf.imports.create(shelf.ada, found.id, fields)
    assert (lab.name, lab.environment, lab.accelerator) == ("other", "python", "none")
    assert (lab.description, lab.tags) == ("", ["vision"])
    with pytest.raises(Conflict):
        shelf.imports.create(shelf.ada, found.id, fields)


def test_the_same_request_again_makes_no_second_lab(shelf, make_notebook):
    found = look(shelf, colab(make_notebook))
    key = Key.checked("k", "said")
    made = [shelf.imports.create(shelf.ada, found.id, wire.ImportCreate(), key)[0] for _ in range(2)]
    assert made[0].id == made[1].id


def test_others_and_old_texts_are_like_none(shelf, make_notebook, monkeypatch):
    data = colab(make_notebook)
    found = look(shelf, data)
    kept = shelf.imports.keep(shelf.ada, Taken("x.ipynb", "", data))
    assert shelf.imports.kept(shelf.ada, kept).data == data
    document = shelf.imports.document_token(found.notebook_sha256)
    monkeypatch.setattr(imports, "LASTS", timedelta(seconds=-1))
    old = look(shelf, data).id
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
            look(shelf, colab(make_notebook), viewer=viewer)


def test_where_there_is_no_room_nothing_is_kept(shelf, make_notebook):
    shelf.imports.plans = Plans(
        store=shelf.store, blobs=shelf.blobs, catalogue=shelf.catalogue, addresses=shelf.addresses,
        plans={"free": {"storage": "1K"}},
    )  # fmt: skip
    data = colab(make_notebook, note="x" * 2000)
    for keep in (
        lambda: shelf.imports.keep(shelf.ada, Taken("x.ipynb", "", data)),
        lambda: look(shelf, data),
    ):
        with pytest.raises(Full):
            keep()
    assert list(shelf.blobs.list(notebook.sha256(data)[7:9])) == []


def test_files_of_an_archive_come_along(shelf, make_notebook):
    data = json.dumps(make_notebook("# Digits")).encode()
    members = {
        "a/x.ipynb": data,
        "a/b/x.csv": b"1,2",
        "a/outputs/m.bin": b"m",
        "other.csv": b"3",
        "a/y.ipynb": data,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    task = Task("all.zip", packed.getvalue(), "a/x.ipynb", 1 << 20)
    found = shelf.imports.look(shelf.ada, Taken("all.zip", "", task.data), unpacked(task))
    files = {"a/b/x.csv": True, "a/outputs/m.bin": False, "other.csv": False}
    assert {file.path: file.taken for file in found.files} == files
    for fields, expected in ((wire.ImportCreate(), ["b/x.csv"]), (wire.ImportCreate(files=False), [])):
        lab, _ = shelf.imports.create(shelf.ada, found.id, fields)
        kept = shelf.assets.list_of_lab(shelf.ada, "ada", lab.name)
        assert [asset.path for asset in kept] == expected
    again = shelf.imports.again(shelf.ada, found.id)
    assert (again.files, again.changes) == (found.files, [])
    key = Key.checked("k", "said")
    for _ in range(2):
        lab, _ = shelf.imports.create(shelf.ada, again.id, wire.ImportCreate(), key)
    (asset,) = shelf.assets.list_of_lab(shelf.ada, "ada", lab.name)
    assert shelf.blobs.get(asset.digest) == b"1,2"


def test_what_is_no_notebook_is_said(shelf):
    with pytest.raises(BadInput) as wrong:
        look(shelf, b"<html>")
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
        found = look(shelf, path.read_bytes(), URL, path.name)
        lab, digest = shelf.imports.create(shelf.ada, found.id, wire.ImportCreate())
        stored, kept = shelf.versions.notebook(shelf.ada, "ada", lab.name, 1)
        assert (kept, digest) == (found.notebook_sha256,) * 2, path.name
        assert len(notebook.parse(stored).cells) == found.cells
        assert all(change.message for change in found.changes)
