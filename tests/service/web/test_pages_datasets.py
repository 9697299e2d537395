"""The pages of datasets, without JavaScript: a folder becomes a page that says what is in it."""

from __future__ import annotations

import re

import pytest
from service.web.conftest import Html

PUBLIC = {"visibility": "public", "license": "CC0-1.0", "description": "Measured by `hand`."}
TABLE = b"name;size\n" + b"".join(b"bird %d;%d\n" % (n, n % 30) for n in range(100))


def sent(town, who, path, form=None, files=(), **fields):
    """Send a form with files as a browser does."""
    token = town.page(who, form or path).all("input", name="_xsrf")[0]["value"]
    person = town.person(who)
    given = {"_xsrf": token} | fields
    kept = person.headers.pop("X-XSRFToken", None)
    answer = person.post(path, data=given, files=[("file", file) for file in files] or [("file", ("", b""))])
    if kept:
        person.headers["X-XSRFToken"] = kept
    return answer


@pytest.fixture
def birds(town):
    """ada's public dataset of a table, a text and two images."""
    files = [("birds.csv", TABLE), ("in/a.png", b"x"), ("in/b.png", b"y"), ("read.txt", b"<b>Hello</b>")]
    answer = sent(town, "ada", "datasets/new", files=files, title="Birds", tags="small birds", **PUBLIC)
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].endswith("/@ada/datasets/birds")
    return town


def test_a_new_ones_page_says_what_is_in_it(birds):
    page = birds.page(None, "@ada/datasets/birds")
    for words in ("Birds", "CC0-1.0", "birds.csv", "separated by a semicolon", "integer"):
        assert words in page.text
    assert "100 rows, 2 columns" in page.text
    assert len(page.all("img")) >= 2
    assert page.all("a", rel="license noopener")
    assert any("pd.read_csv(\"data/ada/birds/birds.csv\", sep=';')" in word for word in page.words)
    text = birds.page(None, "@ada/datasets/birds?file=read.txt").text
    assert "<b>Hello</b>" in text
    raw = birds.get(None, "@ada/datasets/birds?file=read.txt").text
    assert "&lt;b&gt;Hello" in raw
    assert "<b>Hello" not in raw
    assert birds.get(None, "@ada/datasets/birds?version=2").status_code == 404
    assert birds.get(None, "@ada/datasets/birds?version=x").status_code == 400
    assert birds.get(None, "@ada/datasets/never").status_code == 404


def test_a_new_lab_begins_with_it(birds):
    links = birds.page("bob", "@ada/datasets/birds").links()
    assert [link for link in links if link.endswith("trainer?dataset=ada%2Fbirds")]
    [new] = [link for link in links if "/new?data=" in link]
    shown = birds.page("bob", new.partition("/mlabs/")[2])
    assert shown.all("input", name="data", value="ada/birds")
    made = birds.send("bob", "new", title="Counting birds", data="ada/birds", open="later")
    assert made.status_code == 303
    used = birds.person("bob").get("api/v1/labs/bob/counting-birds/data").json()["items"]
    assert [one["dataset"] for one in used] == ["ada/birds"]
    private = {"title": "Secret", "visibility": "private"}
    secret = sent(birds, "ada", "datasets/new", files=[("a.csv", TABLE)], **private)
    assert secret.status_code == 303
    refused = birds.send("bob", "new", title="Other birds", data="ada/secret", open="later")
    assert refused.status_code == 404
    assert birds.get("bob", "api/v1/labs/bob/other-birds").status_code == 404
    for odd in ("a/b/c", "birds", "ada/<b>"):
        assert not birds.page("bob", f"new?data={odd}").all("input", name="data")


def test_what_is_in_files_is_text_and_never_markup(town):
    evil = "<img src=x onerror=alert(1)>"
    table = f'"{evil}",b\n"{evil}",1\n"{evil}",{evil}\n'.encode()
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    files = [("<b>a.csv", table), ("b.svg", drawing), ("c.html", drawing), ('d"onerror=x.png', b"GIF89a")]
    assert sent(town, "ada", "datasets/new", files=files, title=evil, **PUBLIC).status_code == 303
    name = town.get(None, "api/v1/datasets").json()["items"][0]["name"]
    for asked in ("", "?file=%3Cb%3Ea.csv", "?file=b.svg", "?file=c.html"):
        answer = town.get(None, f"@ada/datasets/{name}{asked}")
        assert answer.status_code == 200
        for markup in ("<img src=x", "<b>a", "<script>alert", '"onerror'):
            assert markup not in answer.text, (asked, markup)
    assert "&lt;img src=x" in town.get(None, f"@ada/datasets/{name}?file=%3Cb%3Ea.csv").text
    for path, inline in (("b.svg", True), ("c.html", False)):
        raw = town.get(None, f"data/ada/{name}/1/{path}")
        assert raw.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert raw.headers["X-Content-Type-Options"] == "nosniff"
        assert raw.headers.get("Content-Disposition", "").startswith("attachment") is not inline


def test_the_library_lists_and_searches(birds):
    page = birds.page(None, "datasets")
    assert "/services/mlabs/@ada/datasets/birds" in page.links()
    assert "Birds" in birds.page(None, "datasets?q=birds").text
    assert any(link.endswith("/datasets?q=birds%20now") for link in birds.page(None, "?q=birds now").links())
    assert "No dataset has these words" in birds.page(None, "datasets?q=fish").text
    assert "Datasets of bob" in birds.page(None, "datasets?owner=bob").text


def test_what_is_wrong_with_a_form_is_said_in_it(birds):
    for fields, words in (
        ({"visibility": "public"}, "needs a license"),
        ({"license": "Mine"}, "no license that SPDX knows"),
        ({"tags": "Ä"}, "fields do not fit"),
    ):
        answer = sent(birds, "ada", "datasets/new", files=[("a.csv", b"1")], title="Kept words", **fields)
        assert answer.status_code == 422
        assert words in Html(answer.text).text
        assert "Kept words" in answer.text
    nothing = sent(birds, "ada", "datasets/new", title="T")
    assert (nothing.status_code, "Say which files" in nothing.text) == (400, False)
    field = next(tag for tag in re.findall(r"<input[^>]*>", nothing.text) if 'id="files"' in tag)
    assert "autofocus" in field
    assert 'role="alert">Choose a file first.</p>' in nothing.text
    assert "Public datasets need one" in birds.page("ada", "datasets/new").text
    assert birds.get(None, "datasets/new").status_code == 302


def test_versions_come_and_files_go(birds):
    settings = "@ada/datasets/birds/settings"
    more = {"keep": "true", "message": "More"}
    files = [("new.csv", b"a,b\n1,2\n")]
    assert sent(birds, "ada", "@ada/datasets/birds/version", settings, files, **more).status_code == 303
    page = birds.page(None, "@ada/datasets/birds")
    assert "new.csv" in page.text
    assert "Version 1" in page.text
    assert "This is version 1" in birds.page(None, "@ada/datasets/birds?version=1").text
    answer = sent(birds, "ada", "@ada/datasets/birds/version", settings, remove="read.txt")
    assert answer.status_code == 303
    assert "read.txt" not in birds.page(None, "@ada/datasets/birds").text
    assert "read.txt" in birds.page(None, "@ada/datasets/birds?version=2").text


def test_its_owner_changes_and_deletes_it(birds):
    settings, here = "@ada/datasets/birds/settings", "@ada/datasets/birds"
    form = {"title": "Fowl", "tags": "a b", "license": "CC0-1.0", "visibility": "unlisted"}
    assert birds.send("ada", settings, **form, description="D").status_code == 303
    assert "Fowl" in birds.page(None, here).text
    assert "Fowl" not in birds.page(None, "datasets").text
    refused = birds.send("ada", settings, **(form | {"visibility": "public", "license": ""}))
    assert (refused.status_code, "needs a license" in refused.text) == (422, True)
    assert birds.get("bob", settings).status_code == 404
    assert birds.get(None, settings).status_code == 302
    assert birds.send("ada", f"{here}/delete", settings).status_code == 400
    assert birds.send("ada", f"{here}/delete", settings, sure="yes").status_code == 303
    assert birds.get("ada", here).status_code == 404
    assert "dataset ada/birds" in birds.page("ada", "me/trash").text
    assert birds.send("ada", f"{here}/restore", "me/trash").status_code == 303
    assert birds.get(None, here).status_code == 200
    birds.send("ada", f"{here}/delete", settings, sure="yes")
    assert birds.send("ada", "me/trash/empty", "me/trash", sure="yes").status_code == 303
    assert "dataset ada/birds" not in birds.page("ada", "me/trash").text


def test_a_lab_of_mine_uses_it(birds):
    here = "@ada/datasets/birds"
    assert birds.page("ada", here).all("option", value="ada/mnist")
    assert birds.send("bob", f"{here}/attach", here, lab="ada/mnist").status_code == 404
    answer = birds.send("ada", f"{here}/attach", here, lab="ada/mnist", version="1")
    assert answer.status_code == 303
    after = birds.page("ada", answer.headers["Location"].partition("#")[0].removeprefix("/services/mlabs/"))
    assert "MNIST from scratch uses it. When it is opened, the files are in data/ada/birds" in after.text
    assert "MNIST from scratch uses it" not in birds.page(None, f"{here}?lab=ada%2Fmnist").text
    page = birds.page(None, here)
    assert "1 lab" in page.text
    assert "/services/mlabs/@ada/mnist" in page.links()
    lab = birds.page(None, "@ada/mnist")
    assert "/services/mlabs/@ada/datasets/birds" in lab.links()
    assert "ada/birds, version 1" in lab.text
    assert birds.send("ada", f"{here}/attach", here, lab="ada/mnist", do="detach").status_code == 303
    assert "/services/mlabs/@ada/datasets/birds" not in birds.page(None, "@ada/mnist").links()


def test_a_draft_says_what_it_uses(birds):
    here = "@ada/datasets/birds"
    birds.send("ada", f"{here}/attach", here, lab="ada/draft")
    assert f"/services/mlabs/{here}" in birds.page("ada", "@ada/draft").links()


def test_the_list_of_one_owner_is_where_it_is_looked_for(birds):
    answer = birds.get(None, "@ada/datasets")
    assert answer.headers["Location"] == "/services/mlabs/datasets?owner=ada"


def test_a_private_ones_name_is_nowhere(birds):
    here, settings = "@ada/datasets/birds", "@ada/datasets/birds/settings"
    birds.send("ada", f"{here}/attach", here, lab="ada/mnist")
    assert "Birds" in birds.page(None, "@ada/mnist").text
    birds.send("ada", settings, title="Birds", visibility="private")
    for path in ("@ada/mnist", "datasets", "datasets?q=birds", "datasets?owner=ada"):
        assert "Birds" not in birds.page(None, path).text
    assert "Birds" in birds.page("ada", "@ada/mnist").text
    for path in (here, f"{here}?file=birds.csv"):
        assert birds.get("bob", path).text.count("Birds") == 0
        assert birds.get("bob", path).status_code == 404
    assert "Nothing is shared with you yet" in birds.page("bob", "me/shared").text
    assert birds.send("ada", f"{here}/share", settings, who="bob", access="view").status_code == 303
    assert "Birds" in birds.page("bob", "me/shared").text
    assert birds.page("bob", here).text.count("Birds")


def test_a_secret_link_shows_it_to_whoever_has_it(birds):
    here, settings = "@ada/datasets/birds", "@ada/datasets/birds/settings"
    birds.send("ada", settings, title="Birds", visibility="private")
    made = birds.send("ada", f"{here}/share", settings, do="link", label="The class", days="7")
    assert made.status_code == 200
    [link] = {value for field in Html(made.text).all("input") if "/s/" in (value := field.get("value") or "")}
    secret = link.rpartition("/s/")[2]
    assert secret not in birds.get("ada", settings).text
    assert birds.get("bob", here).status_code == 404
    led = birds.person("bob").get(f"s/{secret}")
    assert (led.status_code, led.headers["Location"].endswith(here)) == (303, True)
    assert "Keep it under Shared with me" in birds.get("bob", here).text
    assert birds.send("bob", f"{here}/accept", here).status_code == 303
    assert "Birds" in birds.page("bob", "me/shared").text
    assert "Keep it under" not in birds.get("bob", here).text
    [known] = [
        share
        for share in birds.site.as_("ada").get("api/v1/datasets/ada/birds/shares").json()["items"]
        if share["kind"] == "link"
    ]
    assert birds.send("ada", f"{here}/share", settings, do="revoke", who=known["id"]).status_code == 303
    assert birds.get("bob", here).status_code == 404
    assert birds.person("bob").get(f"s/{secret}").status_code == 404
    wrong = birds.send("ada", f"{here}/share", settings, do="link", days="never")
    assert (wrong.status_code, "number of days" in wrong.text) == (422, True)


def test_without_any_the_page_says_what_they_are(empty_town):
    assert "No datasets yet" in empty_town.page(None, "datasets").text


def test_administrators_take_it_down_and_restore_it(birds):
    here = "@ada/datasets/birds"
    reported = birds.send("bob", "report", "report?dataset=ada/birds", dataset="ada/birds", reason="Stolen")
    assert reported.status_code == 200
    assert "Stolen" in birds.page("admin", "admin/reports").text
    about = {"kind": "dataset", "about": "ada/birds", "reason": "It is stolen."}
    assert birds.send("admin", "admin/decide", "admin/reports", do="take down", **about).status_code == 303
    for who in ("bob", None):
        assert birds.get(who, here).status_code == 404
        assert birds.get(who, "data/ada/birds/1/birds.csv").status_code == 404
        assert "Birds" not in birds.page(who, "datasets").text
    assert "It is stolen." in birds.page("ada", here).text
    assert birds.send("admin", "admin/decide", here, do="restore", **about).status_code == 303
    assert birds.get(None, here).status_code == 200
