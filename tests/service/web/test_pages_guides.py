"""The documentation in the product: contents, search, pages and pictures, for everybody."""

import pytest
from service.web.conftest import Town


@pytest.mark.parametrize("who", [None, "ada"])
def test_contents_search_and_a_page(town: Town, who):
    contents = town.get(who, "docs/")
    assert 'docs/user-guide">User guide' in contents.text
    assert town.get(who, "docs").status_code == 200
    found = town.get(who, "docs/?q=secret+link").text
    assert "docs/user-guide#share-it-with-some" in found
    nothing = town.get(who, "docs/?q=%3Cb%3Eqq").text
    assert "Nothing has" in nothing
    assert "<b>qq" not in nothing
    page = town.get(who, "docs/user-guide")
    assert 'id="share-it-with-some"' in page.text
    assert 'href="#share-it-with-some"' in page.text


@pytest.mark.parametrize(("name", "kind"), [("lab.png", "image/png"), ("benchmarks.svg", "image/svg+xml")])
def test_a_picture(town: Town, name, kind):
    answer = town.get(None, f"docs/screenshots/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "docs/nothing",
        "docs/generate",
        "docs/screenshots/nothing.png",
        "docs/screenshots/..%2fapi.md",
        "docs/../api.md",
    ],
)
def test_nothing_else_of_the_folder_is_there(town: Town, path):
    assert town.get(None, path).status_code == 404
