"""Labs over HTTP: the story of a lab, as a program tells it."""

from __future__ import annotations

import json

import pytest

NOTEBOOK = "application/x-ipynb+json"
FIELDS = {
    *("id", "owner", "name", "title", "description", "tags", "visibility", "environment", "accelerator"),
    *(
        "version",
        "forked_from",
        "forks",
        "image",
        "checkpoint",
        "license",
        "stars",
        "runs",
        "live",
        "created",
        "updated",
        "url",
        "embed_url",
        "starred",
        "comments",
        "taken_down",
        "thumbnail",
    ),
}


def code(answer) -> str:
    return answer.json()["error"]["code"]


def test_the_life_of_a_lab(site, make_notebook):
    ada, bob, anybody = site.as_("ada"), site.as_("bob"), site.as_(None)
    made = ada.post("api/v1/labs", json={"notebook": make_notebook("# MNIST", "1"), "tags": ["vision"]})
    assert made.status_code == 201
    assert made.json().keys() == FIELDS
    assert made.headers["Location"] == made.json()["url"] == "/services/mlabs/@ada/mnist"
    changed = ada.patch("api/v1/labs/ada/mnist", json={"description": "Digits", "visibility": "unlisted"})
    assert (changed.json()["description"], changed.json()["tags"]) == ("Digits", ["vision"])
    assert anybody.get("api/v1/labs").json() == {"items": [], "next": None}
    fork = bob.post("api/v1/labs/ada/mnist/fork")
    assert fork.status_code == 201
    assert fork.json()["forked_from"] == {"lab": "ada/mnist", "version": 1}
    # A fork of an unlisted lab is unlisted, and lists name it to its owner alone.
    trees = [reader.get("api/v1/labs/ada/mnist/forks").json() for reader in (bob, anybody)]
    assert [[node["lab"] for node in tree["forks"]] for tree in trees] == [["bob/mnist"], []]
    assert ada.delete("api/v1/labs/ada/mnist").status_code == 204
    assert code(anybody.get("api/v1/labs/ada/mnist")) == "lab_not_found"
    (deleted,) = ada.get("api/v1/me/trash").json()["items"]
    assert deleted["lab"]["name"] == "mnist"
    assert ada.post("api/v1/labs/ada/mnist/restore").json()["name"] == "mnist"
    assert anybody.get("api/v1/labs/ada/mnist").status_code == 200


@pytest.mark.parametrize("kind", ["object", "text", "raw"])
def test_ways_to_send_a_notebook(site, make_notebook, kind):
    notebook, ada = make_notebook("# T", "x = 1"), site.as_("ada")
    if kind == "raw":
        made = ada.post(
            "api/v1/labs?name=x&tags=a&tags=b&visibility=private",
            content=json.dumps(notebook).encode(),
            headers={"Content-Type": f"{NOTEBOOK}; charset=utf-8"},
        )
    else:
        sent = notebook if kind == "object" else json.dumps(notebook)
        body = {"notebook": sent, "name": "x", "tags": ["a", "b"], "visibility": "private"}
        made = ada.post("api/v1/labs", json=body)
    assert made.status_code == 201, made.text
    lab = made.json()
    assert (lab["name"], lab["tags"], lab["visibility"], lab["version"]) == ("x", ["a", "b"], "private", 1)
    assert lab["title"] == "T"


@pytest.mark.parametrize(
    ("query", "status"),
    [("name=A", 422), ("colour=red", 422), ("visibility=x", 422), ("notebook=x", 400), ("title=%ff", 201)],
)
def test_fields_in_the_query(site, make_notebook, query, status):
    answer = site.as_("ada").post(
        f"api/v1/labs?{query}",
        content=json.dumps(make_notebook("1")).encode(),
        headers={"Content-Type": NOTEBOOK},
    )
    assert answer.status_code == status


def test_without_a_notebook_there_is_a_draft(site, make_notebook):
    ada = site.as_("ada")
    for body in ({"title": "New"}, {"title": "New", "notebook": None}):
        assert ada.post("api/v1/labs", json=body).json()["version"] == 0
    assert site.as_(None).get("api/v1/labs/ada/new").status_code == 404
    published = ada.post("api/v1/labs/ada/new/versions", json={"notebook": make_notebook("1")})
    assert (published.status_code, published.json()["number"]) == (201, 1)
    assert site.as_(None).get("api/v1/labs/ada/new").status_code == 200


def test_publishing_and_reading_versions(site, make_notebook):
    ada, anybody = site.as_("ada"), site.as_(None)
    site.publish(name="x")
    made = ada.post("api/v1/labs/ada/x/versions", json={"notebook": make_notebook("2"), "message": "two"})
    assert made.status_code == 201
    assert made.headers["Location"] == "/services/mlabs/@ada/x/v/2"
    again = ada.post("api/v1/labs/ada/x/versions", json={"notebook": make_notebook("2")})
    assert (again.status_code, again.json()) == (200, made.json())
    listed = anybody.get("api/v1/labs/ada/x/versions?limit=1").json()
    assert [version["number"] for version in listed["items"]] == [2]
    rest = anybody.get(f"api/v1/labs/ada/x/versions?cursor={listed['next']}").json()
    assert ([version["number"] for version in rest["items"]], rest["next"]) == ([1], None)
    assert anybody.get("api/v1/labs/ada/x/versions/latest").json() == made.json()
    assert code(anybody.get("api/v1/labs/ada/x/versions/3")) == "version_not_found"
    assert code(ada.post("api/v1/labs/ada/x/versions", json={})) == "fields_invalid"
    unsaid = ada.post("api/v1/labs/ada/x/versions", json={"notebook": None})
    assert (code(unsaid), unsaid.status_code) == ("fields_invalid", 422)


def test_a_public_notebook_is_open_to_other_sites(site):
    site.publish(name="x")
    path = "api/v1/labs/ada/x/versions/1/notebook"
    for who in (None, "bob"):
        answer = site.as_(who).get(path)
        assert answer.headers["Content-Type"] == NOTEBOOK
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="x.ipynb"'
    digest = site.as_(None).get("api/v1/labs/ada/x/versions/1").json()["notebook_sha256"]
    assert answer.headers["Etag"] == f'"{digest}"'
    unchanged = site.as_(None).get(path, headers={"If-None-Match": f'"{digest}"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["Access-Control-Allow-Origin"] == "*"


def test_a_private_notebook_is_not(site):
    site.publish(name="x", visibility="private")
    answer = site.as_("ada").get("api/v1/labs/ada/x/versions/latest/notebook")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    for name in ("Access-Control-Allow-Origin", "Cross-Origin-Resource-Policy"):
        assert name not in answer.headers


def test_etags_guard_changes(site, make_notebook):
    ada = site.as_("ada")
    site.publish(name="x")
    etag = ada.get("api/v1/labs/ada/x").headers["Etag"]
    stale, good, any_ = ({"If-Match": value} for value in ('"old"', etag, "*"))
    body = {"notebook": make_notebook("2")}
    for answer in (
        ada.patch("api/v1/labs/ada/x", json={"title": "T"}, headers=stale),
        ada.post("api/v1/labs/ada/x/versions", json=body, headers=stale),
        ada.delete("api/v1/labs/ada/x", headers=stale),
    ):
        assert (answer.status_code, code(answer)) == (412, "lab_changed")
    assert ada.post("api/v1/labs/ada/x/versions", json=body, headers=good).status_code == 201
    assert ada.patch("api/v1/labs/ada/x", json={"title": "T"}, headers=good).status_code == 412
    assert ada.patch("api/v1/labs/ada/x", json={"title": "T"}, headers=any_).status_code == 200


def test_a_lab_is_read_anew_whatever_the_asker_has(site):
    site.publish(name="x")
    anybody = site.as_(None)
    etag = anybody.get("api/v1/labs/ada/x").headers["Etag"]
    site.as_("bob").post("api/v1/labs/ada/x/fork")
    again = anybody.get("api/v1/labs/ada/x", headers={"If-None-Match": etag})
    assert (again.status_code, again.json()["forks"]) == (200, 1)


def test_taken_names(site):
    site.publish(name="x")
    answer = site.as_("ada").post("api/v1/labs", json={"name": "x"})
    assert (answer.status_code, code(answer)) == (409, "lab_exists")


def test_searches_say_where_the_words_are(site, make_notebook):
    site.publish(name="deep", title="Deep", environment="pytorch", accelerator="gpu")
    site.publish(name="flat", title="Flat", notebook=make_notebook("# Nothing", "deep = 1"))
    anybody = site.as_(None)

    def found(**query):
        return anybody.get("api/v1/labs", params=query).json()["items"]

    first, second = found(q="deep")
    assert (first["name"], second["name"]) == ("deep", "flat")
    assert first["found"] == {"where": "title", "text": "Deep", "marks": [[0, 4]]}
    assert second["found"] == {"where": "code", "text": "deep = 1", "marks": [[0, 4]]}
    assert [lab["name"] for lab in found(q="deep", accelerator="gpu")] == ["deep"]
    assert [lab["name"] for lab in found(accelerator="none")] == ["flat"]
    assert "found" not in found()[0]
    page = anybody.get("api/v1/labs", params={"q": "deep", "limit": 1}).json()
    rest = found(q="deep", cursor=page["next"])
    assert [lab["name"] for lab in rest] == ["flat"]
    assert code(anybody.get("api/v1/labs?q=deep&sort=random")) == "sort_invalid"
    assert code(anybody.get(f"api/v1/labs?cursor={page['next']}")) == "cursor_invalid"
