"""Importing from files that are uploaded: notebooks, scripts and archives."""

from __future__ import annotations

import httpx
import pytest
from support.imports import BASE, create, labs, values, zipped


def upload(place, name, data, who="ada"):
    """Choose a file and send it; where the answer leads."""
    page = place.town.page(who, "import")
    person = place.town.person(who)
    headers = {k: v for k, v in person.headers.items() if k.lower() != "x-xsrftoken"}
    with httpx.Client(base_url=person.base_url, headers=headers, cookies=person.cookies, timeout=90) as bare:
        token = page.all("input", name="_xsrf")[0]["value"]
        return bare.post("import", data={"_xsrf": token}, files={"file": (name, data)})


def shown(place, answer, who="ada"):
    assert answer.status_code == 303, answer.text
    return place.town.page(who, answer.headers["Location"].removeprefix(BASE))


def test_an_uploaded_notebook(place):
    page = shown(place, upload(place, "digits.ipynb", place.pages["/x.ipynb"]))
    assert values(page, "title") == ["Digits"]
    assert "the file digits.ipynb" in page.text
    assert create(place, page).status_code == 303
    assert labs(place)[0]["description"] == ""
    assert place.shelf.posts == []


def test_an_uploaded_script(place):
    page = shown(place, upload(place, "my_net.py", b"import torch\n\nprint(torch)\n"))
    assert values(page, "title") == ["my net"]
    assert "a plain script, which is one cell" in page.text
    assert "It imports torch." in page.text
    assert create(place, page).headers["Location"] == f"{BASE}@ada/my-net"


def test_uploads_of_others_are_like_none(place):
    answer = upload(place, "x.ipynb", place.pages["/x.ipynb"])
    path = answer.headers["Location"].removeprefix(BASE)
    assert "expired" in place.town.page("bob", path, 404).text


def test_an_archive_with_several_notebooks(place):
    nb = place.pages["/x.ipynb"]
    data = zipped(
        **{"a/first.ipynb": nb, "second.ipynb": nb.replace(b"Digits", b"Letters"), "data.csv": b"1,2"}
    )
    page = shown(place, upload(place, "all.zip", data))
    assert "Which notebook?" in page.text
    chosen = [link for link in page.links() if "notebook=" in link]
    page = place.town.page("ada", chosen[1].removeprefix(BASE))
    assert values(page, "title") == ["Letters"]
    assert "Files that come along data.csv" in page.text
    assert create(place, page).status_code == 303
    assert labs(place)[0]["title"] == "Letters"
    assert place.site.as_(None).get("assets/ada/letters/latest/data.csv").content == b"1,2"


def test_hostile_archives(place):
    for name in ("../x.ipynb", "/x.ipynb"):
        answer = upload(place, "x.zip", zipped(**{name: b"{}"}))
        page = place.town.page("ada", answer.headers["Location"].removeprefix(BASE), 400)
        assert "leads out of it" in page.text


def test_no_file(place):
    assert upload(place, "", b"").status_code == 400


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["docs__beginner.ipynb", "nbformat__test2.ipynb", "IRkernel__Demo.ipynb"])
def test_notebooks_of_the_corpus(place, corpus, name):
    page = shown(place, upload(place, name, (corpus / name).read_bytes()))
    title = values(page, "title")[0]
    assert create(place, page, environment="python").status_code == 303
    assert labs(place)[0]["title"] == title
