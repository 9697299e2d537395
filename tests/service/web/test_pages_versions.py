"""The page of all versions."""

from __future__ import annotations

BASE = "/services/mlabs/"


def test_versions_are_told_with_their_messages_authors_and_runs(site, town, make_notebook):
    run = "01JCQ3W3T9V0Q8X5H7ZK2M0001"
    body = {"notebook": make_notebook("2"), "message": "Twice <b>", "run": run}
    assert site.as_("ada").post("api/v1/labs/ada/mnist/versions", json=body).status_code == 201
    unknown = body | {"notebook": make_notebook("3"), "run": f"{run[:-1]}9", "message": "Run elsewhere"}
    assert site.as_("ada").post("api/v1/labs/ada/mnist/versions", json=unknown).status_code == 201
    page = town.page("ada", "@ada/mnist/versions")
    assert "Version 3 latest Run elsewhere" in page.text
    assert "Twice <b>" in page.text
    assert page.all("a", href=f"{BASE}@ada/mnist/runs/{run}")
    assert not page.all("a", href=f"{BASE}@ada/mnist/runs/{run[:-1]}9")
    for href in {link.partition("#")[0] for link in page.links() if link.startswith(BASE)}:
        assert town.get("ada", href.removeprefix(BASE)).status_code == 200, href
    listed = site.as_(None).get("api/v1/labs/ada/mnist/versions").json()["items"]
    assert [version["run"] for version in listed] == [None, run, None]


def test_many_versions_have_pages(site, town, make_notebook, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.web.pages.versions.PAGE", 1)
    body = {"notebook": make_notebook("2")}
    assert site.as_("ada").post("api/v1/labs/ada/mnist/versions", json=body).status_code == 201
    first = town.page(None, "@ada/mnist/versions")
    [following] = first.all("a", rel="next")
    assert "Version 2" in first.text
    assert "Version 1" in town.page(None, f"@ada/mnist/versions{following['href']}").text


def test_a_draft_is_told_how_to_get_one(town):
    assert "Share in JupyterLab publishes the first" in town.page("ada", "@ada/draft/versions").text
    town.page("bob", "@ada/draft/versions", 404)
    town.page("bob", "@ada/secret/versions", 404)
