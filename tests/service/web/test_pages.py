"""Every page, as everybody: who gets what, under which policy, and that nothing in it can become script."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import mlabs_ext.service

RUN, OPEN_RUN, DRAFT_RUN = (f"01JCQ3W3T9V0Q8X5H7ZK2M000{n}" for n in (1, 2, 3))
STATIC = Path(mlabs_ext.service.__file__).parent / "static"
OF_A_LAB = ["", "/v/1", "/versions", "/runs", f"/runs/{RUN}", "/forks"]

# path: status for the signed-out, the owner, another; and what the owner, or else anybody, reads there.
PAGES = {
    "": (200, 200, 200, "MNIST from scratch"),
    "?q=mnist": (200, 200, 200, "Labs that match"),
    "?q=nothing-like-it": (200, 200, 200, "No lab matches"),
    "?sort=popular&environment=python": (200, 200, 200, "MNIST from scratch"),
    "?sort=upside-down": (400, 400, 400, "sort"),
    "?cursor=nonsense": (400, 400, 400, "cursor"),
    "@ada": (200, 200, 200, "MNIST from scratch"),
    "@nobody": (200, 200, 200, "No lab to see here yet"),
    "@ada/mnist": (200, 200, 200, "1 min"),
    "@ada/mnist/v/1": (200, 200, 200, "Version 1 of 1"),
    "@ada/mnist/v/2": (404, 404, 404, "version"),
    "@ada/mnist/v/0": (404, 404, 404, "Nothing here"),
    "@ada/mnist/versions": (200, 200, 200, "Version 1"),
    "@ada/mnist/runs": (200, 200, 200, "Succeeded"),
    f"@ada/mnist/runs/{RUN}": (200, 200, 200, "1 min 36 s"),
    f"@ada/mnist/runs/{OPEN_RUN}": (200, 200, 200, "This page follows the run"),
    f"@ada/mnist/runs/{DRAFT_RUN}": (404, 404, 404, "Nothing here"),
    "@ada/mnist/runs/none-such": (404, 404, 404, "Nothing here"),
    "@ada/mnist/forks": (200, 200, 200, "bob/mnist"),
    "@ada/mnist/settings": (302, 200, 404, "Delete this lab"),
    "@ada/mnist/schedule": (302, 200, 404, "Time zone"),
    "@ada/mnist/star": (405, 405, 405, "cannot do that"),
    "@ada/mnist/delete": (405, 405, 405, "cannot do that"),
    "@ada/mnist/restore": (405, 405, 405, "cannot do that"),
    "@ada/hidden": (200, 200, 200, "Half hidden"),
    "@ada/secret": (404, 200, 404, "Secret plan"),
    "@ada/draft": (404, 200, 404, "nobody else sees it yet"),
    f"@ada/draft/runs/{DRAFT_RUN}": (404, 200, 404, "ValueError: <b>bad</b>"),
    "@ada/absent": (404, 404, 404, "Nothing here"),
    "@bob/attack": (200, 200, 200, '"><script>alert(1)</script>'),
    "@bob/mnist": (200, 200, 200, "forked from ada/mnist"),
    "me": (302, 200, 200, "Who can see it"),
    "me/runs": (302, 200, 200, "API tokens"),
    "me/stars": (302, 200, 200, "No stars yet"),
    "me/collections": (302, 200, 200, "No collections yet"),
    "me/settings/profile": (302, 200, 200, "Pinned labs"),
    "@ada/mnist/comments": (200, 200, 200, "Cell 2: 1 + 1"),
    f"@ada/mnist/comments/{RUN}": (404, 404, 404, "Nothing here"),
    "@ada/secret/comments": (404, 200, 404, "By cell"),
    f"comments/{RUN}/edit": (405, 405, 405, "cannot do that"),
    "@ada/collections/none": (404, 404, 404, "Nothing here"),
    "collect/@ada/mnist": (302, 200, 200, "You have none yet"),
    "report?lab=ada/mnist": (302, 200, 200, "What is wrong with it?"),
    "admin/reports": (302, 404, 404, "Nothing here"),
    "admin/decide": (302, 404, 404, "Nothing here"),
    "me/trash": (302, 200, 200, "The trash is empty"),
    "new": (302, 200, 200, "Create and open"),
    "import": (302, 200, 200, "From a file"),
    "import?url=hello": (302, 400, 400, "Write it as https"),
    "import?preview=x": (302, 404, 404, "has expired"),
    "import/lab": (405, 405, 405, "cannot do that"),
    "open/@ada/mnist": (302, 200, 303, "A server of yours starts"),
    "open/@ada/mnist?restart=1": (302, 200, 303, "A server of yours starts"),
    "open/@ada/mnist/wait": (302, 303, 303, ""),
    "open/@ada/absent": (302, 404, 404, "Nothing here"),
    "open/@ada/absent/wait": (302, 404, 404, "Nothing here"),
    "admin": (302, 404, 404, "Nothing here"),
    "admin/plan": (302, 404, 404, "Nothing here"),
    "servers/01JCQ3W3T9V0Q8X5H7ZK2M0001/stop": (405, 405, 405, "cannot do that"),
    "fork/@ada/mnist": (302, 200, 200, "becomes yours"),
    "fork/@ada/draft": (302, 404, 404, "Nothing here"),
    "embed/@ada/mnist": (200, 200, 200, "Open in MLabs"),
    "embed/@ada/secret": (404, 404, 404, "not available"),
    "embed/@ada/draft": (404, 404, 404, "not available"),
    "embed": (404, 404, 404, "embed/@owner/lab"),
    "@ada/mnist/embed?cells=1": (200, 200, 200, "what is longer scrolls inside"),
    "@ada/mnist/embed?cells=<b>": (400, 400, 400, "cannot be used"),
    "@ada/secret/embed": (404, 200, 404, "This lab is private"),
    "docs/api": (200, 200, 200, "/labs/{owner}/{lab}"),
    "no/such/page": (404, 404, 404, "Nothing here"),
}
VISITORS = [None, "ada", "bob"]


def test_each_page_answers_each_visitor(town):
    for path, (*statuses, words) in PAGES.items():
        for who, status in zip(VISITORS, statuses, strict=True):
            answer = town.get(who, path)
            assert answer.status_code == status, (path, who)
            if status == 302:
                assert answer.headers["Location"].startswith("/services/mlabs/login?next="), path
            elif who == "ada" or status == 200:
                assert words in (town.page(who, path, status).text), (path, who)


def test_a_private_lab_is_the_same_404_as_none(town):
    for who in (None, "bob"):
        for start in ("@ada/", "embed/@ada/", *(["open/@ada/", "fork/@ada/"] if who else [])):
            for part in OF_A_LAB + (["/settings"] if who else []) if start == "@ada/" else [""]:
                private, absent = (town.get(who, f"{start}{lab}{part}") for lab in ("secret", "absent"))
                assert private.status_code == absent.status_code == 404, (who, start, part)
                assert bare(private.text).replace("secret", "absent") == bare(absent.text), (who, start, part)


def bare(text):
    return re.sub(r'nonce="[\w-]+"', "nonce", text)


def test_every_page_keeps_its_policy(town):
    for path in PAGES:
        for who in VISITORS:
            answer = town.get(who, path)
            if answer.status_code in (302, 303):
                continue
            policy = dict(
                part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
            )
            assert policy["default-src"] == "'none'"
            assert policy["style-src"] == "'self'"
            assert re.fullmatch(r"'nonce-[\w-]{20,}'", policy["script-src"])
            assert policy["frame-ancestors"] == ("*" if path.startswith("embed") else "'none'"), path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            opener = answer.headers.get("Cross-Origin-Opener-Policy")
            assert opener == (None if path.startswith("embed") else "same-origin"), path
            private = who is not None and not path.startswith("embed")
            assert ("no-store" in answer.headers["Cache-Control"]) == private, (path, who)


def test_no_page_holds_what_its_policy_would_block(town):
    for path in PAGES:
        for who in VISITORS:
            answer = town.get(who, path)
            if answer.status_code in (302, 303):
                continue
            page = town.page(who, path, answer.status_code)
            nonce = re.search(r"'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])[1]
            nonces = re.findall(r'<script[^>]*nonce="([\w-]+)"', answer.text)
            assert set(nonces) == {nonce}
            assert answer.text.count("<script") == len(nonces), path
            for tag, attributes in page.elements:
                assert "style" not in attributes, (path, tag)
                assert tag not in ("style", "base", "object", "embed", "meta http-equiv")
                assert not [name for name in attributes if name.startswith("on")], (path, tag)
            for frame in page.all("iframe"):
                # An embed is a page of ours; the notebook in it is in a frame of its own.
                assert frame.get("class") == "preview" or frame["sandbox"] == "allow-scripts"
                assert frame["title"]
            for form in page.all("form", method="post"):
                assert form["action"].startswith("/services/mlabs/")


def test_what_people_write_stays_text(town):
    for path in ("", "@bob", "@bob/attack", "@bob/attack/runs", "@bob/attack/forks", "embed/@bob/attack"):
        answer = town.get(None, path)
        assert "<script>alert" not in answer.text, path
        assert "<img src=x" not in answer.text, path
        assert '"><script>alert(1)</script>' in town.page(None, path).text, path


@pytest.mark.parametrize(
    "path",
    ["@%3Cscript%3Ealert(1)%3C%2Fscript%3E", "?q=%22%3E%3Cscript%3Ealert(1)", "?tag=%3Cscript%3Ealert(1)"],
    ids=["owner", "search", "tag"],
)
def test_what_an_address_says_stays_text(town, path):
    assert "<script>alert" not in town.get(None, path).text


def test_the_signed_out_all_see_the_same(town):
    for path in PAGES:
        first, second = town.get(None, path), town.site.client().get(path)
        assert bare(first.text) == bare(second.text), path
        assert "set-cookie" not in first.headers, path


def test_pages_that_a_search_engine_should_leave_say_so(town):
    for path, left in {
        "@ada/mnist": False,
        "@ada/hidden": True,
        "@ada/hidden/runs": True,
        "@bob/attack": False,
    }.items():
        found = town.page(None, path).all("meta", name="robots")
        assert bool(found) == left, path


def test_every_page_has_its_landmarks_and_one_heading(town):
    for path in PAGES:
        answer = town.get("ada", path)
        if answer.status_code in (302, 303):
            continue
        page = town.page("ada", path, answer.status_code)
        assert len(page.all("h1")) == 1, path
        assert len(page.all("main")) == 1, path
        assert page.all("html")[0]["lang"] == "en"
        ids = [a["id"] for _, a in page.elements if "id" in a]
        assert len(ids) == len(set(ids)), path
        labels = {a.get("for") for a in page.all("label")}
        for tag in ("input", "select", "textarea"):
            for field in page.all(tag):
                named = field.get("aria-label") or field.get("id") in labels
                assert named or field.get("type") in ("hidden", "radio", "checkbox"), (path, field)


def test_pages_are_light():
    style = len(gzip.compress((STATIC / "mlabs.css").read_bytes()))
    assert style <= 20_000
    scripts = {"pages.js": 10_000, "model.js": 4_000, "embed.js": 10_000, "host.js": 3_000}
    for name, most in scripts.items():
        script = STATIC / "build" / name
        if script.exists():
            assert len(gzip.compress(script.read_bytes())) <= most
