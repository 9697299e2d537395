"""Importing over HTTP: from the pasted address or the file to the lab, and nothing before that."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from types import SimpleNamespace
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from support.post_office import receiver
from traitlets.config import Config

from mlabs_ext.service.outbound import Outbound

BASE = "/services/mlabs/"
API = "https://api.github.com"


class Nearby(Outbound):
    """Finds GitHub on loopback; all else is as it is."""

    near = ""

    async def get(self, url, limit, headers, wanted):
        return await super().get(url.replace(API, self.near), limit, headers, wanted)


@pytest.fixture
def place(start_site, make_notebook):
    """A town that may import from one place: `place.pages["/x.ipynb"]` is what is there."""
    from service.web.conftest import Town

    with receiver() as shelf:
        shelf.status, shelf.answer = 404, b"absent"
        allowed = {"allowed_networks": ["127.0.0.1/32"], "ports": [shelf.port]}
        site = start_site(Config(Destinations=allowed), public_url="http://labs.test")
        nb = make_notebook("# Digits", "import torch", "open('/kaggle/input/mnist/x')")
        nb["cells"][1]["metadata"] = {"executionInfo": {"user": {"displayName": "Ada"}}}
        nb["metadata"] = {"accelerator": "GPU"}
        shelf.pages["/x.ipynb"] = json.dumps(nb | {"nbformat_minor": 4}).encode()
        home = f"http://127.0.0.1:{shelf.port}"
        yield SimpleNamespace(town=Town(site), site=site, shelf=shelf, home=home, pages=shelf.pages)


def looked(place, url, name="ada", status=200):
    return place.town.page(name, f"import?url={quote(url, safe='')}", status)


def values(page, name):
    return [field.get("value") for field in page.all("input", name=name)]


def create(place, page, **fields):
    """Send the form of a preview as a browser would."""
    (id_,), (key,) = values(page, "id"), values(page, "key")
    form = {"title": values(page, "title")[0], "visibility": "public", "environment": "pytorch", "files": "1"}
    return place.town.send("ada", "import/lab", form="import", **(form | {"id": id_, "key": key} | fields))


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


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def labs(place, who="ada"):
    return place.site.as_(who).get("api/v1/labs", params={"owner": who}).json()["items"]


def test_from_an_address_to_a_lab(place):
    page = looked(place, f"{place.home}/x.ipynb")
    assert values(page, "title") == ["Digits"]
    for words in (
        "It imports torch.",
        "Colab's settings ask for a GPU",
        "It was in format 4.4",
        "executionInfo",
        "/kaggle/input/mnist",
    ):
        assert words in page.text
    assert labs(place) == []
    answer = create(place, page)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}@ada/digits")
    (lab,) = labs(place)
    assert (lab["environment"], lab["visibility"], lab["version"]) == ("pytorch", "public", 1)
    assert lab["description"] == f"Imported from {place.home}/x.ipynb"


def test_the_preview_shows_the_notebook_behind_the_wall(place):
    page = looked(place, f"{place.home}/x.ipynb")
    (frame,) = page.all("iframe")
    assert frame["sandbox"] == "allow-scripts"
    document = place.site.as_(None).get(frame["src"].removeprefix("/services/mlabs/"))
    assert document.status_code == 200
    assert "import" in document.text
    assert document.headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")
    assert document.headers["Cache-Control"] == "private, no-store"
    assert "Ada" not in document.text
    absent = place.site.as_(None).get(frame["src"].removeprefix("/services/mlabs/").replace("?", "x?"))
    assert absent.status_code == 404


def test_who_is_signed_out_signs_in_and_comes_back(place):
    asked = f"import?url={quote(f'{place.home}/x.ipynb', safe='')}"
    answer = place.town.get(None, asked)
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["next"] == [f"{BASE}{asked}"]
    back = place.town.person("ada").get(f"login?next={quote(BASE + asked, safe='')}")
    assert back.headers["Location"] == f"{BASE}{asked}"
    assert place.shelf.posts == []


def test_a_form_that_is_sent_twice_makes_one_lab(place):
    page = looked(place, f"{place.home}/x.ipynb")
    assert create(place, page).headers["Location"] == create(place, page).headers["Location"]
    assert len(labs(place)) == 1


def test_what_cannot_be_used_comes_back_with_the_reason(place):
    page = looked(place, f"{place.home}/x.ipynb")
    answer = create(place, page, title="x" * 201)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "x" * 201 in answer.text
    assert create(place, page, id="x").status_code == 404
    assert labs(place) == []


REFUSED = {
    "http://10.1.2.3/x.ipynb": "cannot be used",
    "http://localhost/x.ipynb": "cannot be used",
    "http://2130706433/x.ipynb": "cannot be used",
    "http://169.254.169.254/latest": "cannot be used",
    "http://[::ffff:7f00:2]/x.ipynb": "cannot be used",
    "file:///etc/passwd": "Write it as",
    "hello": "Write it as",
}


def test_addresses_that_lead_nowhere(place):
    for url, words in REFUSED.items():
        page = looked(place, url, status=400)
        assert words in page.text, url
        assert values(page, "url") == [url]
    assert place.shelf.posts == []


def test_what_is_there_and_is_no_notebook(place):
    assert "or it is private" in looked(place, f"{place.home}/absent", status=422).text
    place.pages["/x"] = b"<html>"
    assert "not JSON" in looked(place, f"{place.home}/x", status=400).text
    place.shelf.media = "text/html; charset=utf-8"
    assert "A web page is at this address" in looked(place, f"{place.home}/x", status=422).text
    place.shelf.status, place.shelf.location, place.shelf.media = 302, "http://10.0.0.1/", ""
    assert "cannot be used" in looked(place, f"{place.home}/moved", status=400).text
    assert labs(place) == []


def test_a_lab_of_this_very_place_is_forked(place):
    url = quote("http://labs.test/services/mlabs/@bob/nets/v/2", safe="")
    answer = place.town.get("ada", f"import?url={url}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{BASE}fork/@bob/nets")


def test_a_gist_with_one_notebook(place):
    near(place, {"a.ipynb": "/x.ipynb", "b.txt": "/b"})
    page = looked(place, "https://gist.github.com/ada/0123456789abcdef")
    assert values(page, "title") == ["Digits"]
    assert "https://gist.github.com/ada/0123456789abcdef" in page.links()


def test_a_gist_with_several(place):
    near(place, {"b.ipynb": "/x.ipynb", "a.ipynb": "/absent", "c.py": "/c"})
    page = looked(place, "https://gist.github.com/ada/0123456789abcdef")
    chosen = [link for link in page.links() if "notebook=" in link]
    assert [parse_qs(urlsplit(link).query)["notebook"] for link in chosen] == [["a.ipynb"], ["b.ipynb"]]
    assert values(place.town.page("ada", chosen[1].removeprefix(BASE)), "title") == ["Digits"]
    page = looked(place, "https://colab.research.google.com/gist/ada/0123456789abcdef/b.ipynb")
    assert values(page, "title") == ["Digits"]


def test_gists_that_cannot_be_read(place):
    near(place, {"a.txt": "/a"})
    gist = "https://gist.github.com/ada/0123456789abcdef"
    assert "no notebook in this gist" in looked(place, gist, status=422).text
    place.pages["/gists/0123456789abcdef"] = b'{"message": "rate limit"}'
    assert "does not say what is in this gist" in looked(place, gist, status=422).text


def near(place, files):
    """Have the gist 0123456789abcdef hold these files, by their paths in the one place."""
    listing = {"files": {name: {"raw_url": f"{place.home}{path}"} for name, path in files.items()}}
    place.pages["/gists/0123456789abcdef"] = json.dumps(listing).encode()
    importer = place.site.service.importer
    importer.outbound = Nearby(destinations=importer.outbound.destinations)
    importer.outbound.near = place.home


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


@pytest.mark.parametrize("path", ["import", "import/lab"])
def test_other_sites_cannot_send_the_forms(place, path):
    person = place.town.person("ada")
    answer = person.post(path, headers={"X-XSRFToken": "", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_way_in_is_shown_where_people_begin(place):
    for path in ("", "new", "me"):
        assert f"{BASE}import" in place.town.page("ada", path).links()
    page = place.town.page("ada", "import")
    assert "badge.svg" in page.text or page.all("img", src=f"{BASE}badge.svg")


def test_over_rest(place):
    ada = place.site.as_("ada")
    answer = ada.post("api/v1/imports", json={"url": f"{place.home}/x.ipynb"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["title"], found["environment"], found["notebooks"]) == ("Digits", "pytorch", [])
    assert {key: value for key, value in found["changes"][0].items() if key != "message"} == {
        "code": "format",
        "what": "4.4",
        "count": 1,
    }
    assert labs(place) == []
    made = [
        ada.post(
            f"api/v1/imports/{found['id']}/lab",
            json={"title": "Mine", "visibility": "private"},
            headers={"Idempotency-Key": "once"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert made[0].json()["visibility"] == "private"
    assert made[0].headers["Location"] == made[0].json()["url"]
    assert ada.post(f"api/v1/imports/{found['id']}/lab").status_code == 201
    assert len(labs(place)) == 2
    assert place.site.as_("bob").post(f"api/v1/imports/{found['id']}/lab").status_code == 404
    bad = ada.post("api/v1/imports", json={"url": "http://127.0.0.2/x.ipynb"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "address_refused")
    assert ada.post("api/v1/imports", json={"url": 3}).status_code == 422


def test_an_archive_over_rest(place):
    nb = place.pages["/x.ipynb"]
    place.pages["/all.zip"] = zipped(**{"a.ipynb": nb, "b.ipynb": nb})
    ada = place.site.as_("ada")
    url = f"{place.home}/all.zip"
    found = ada.post("api/v1/imports", json={"url": url}).json()
    assert (found["id"], found["notebooks"]) == (None, ["a.ipynb", "b.ipynb"])
    found = ada.post("api/v1/imports", json={"url": url, "notebook": "b.ipynb"}).json()
    assert (found["file"], found["title"]) == ("b.ipynb", "Digits")
    absent = ada.post("api/v1/imports", json={"url": url, "notebook": "c.ipynb"})
    assert (absent.status_code, absent.json()["error"]["code"]) == (400, "import_choice")


def test_nobody_keeps_the_service_busy(place):
    place.shelf.gate.clear()
    ada = place.site.as_("ada")

    def ask(_):
        return ada.post("api/v1/imports", json={"url": f"{place.home}/x.ipynb"}).status_code

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, n) for n in range(3)]
        assert next(as_completed(asked, timeout=60)).result() == 429
        place.shelf.gate.set()
        assert sorted(each.result() for each in asked) == [200, 200, 429]


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["docs__beginner.ipynb", "nbformat__test2.ipynb", "IRkernel__Demo.ipynb"])
def test_notebooks_of_the_corpus(place, corpus, name):
    page = shown(place, upload(place, name, (corpus / name).read_bytes()))
    title = values(page, "title")[0]
    assert create(place, page, environment="python").status_code == 303
    assert labs(place)[0]["title"] == title
