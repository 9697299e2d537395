"""A secret link over HTTP: it is remembered by the browser, by no log, and by no address."""

from __future__ import annotations

import json
import logging

import pytest
from support.waiting import until

from mlabs_ext.service import logs
from mlabs_ext.service.web import link_cookie

BASE = "/services/mlabs/"
SHARES = "api/v1/labs/ada/secret/shares"


@pytest.fixture
def link(town) -> dict:
    return town.site.as_("ada").post(f"{SHARES}/links", json={"name": "review"}).json()


def opened(town, link, who=None):
    return town.get(who, f"s/{link['secret']}")


def test_a_link_leads_on_to_the_lab_and_is_remembered_by_the_browser_alone(town, link):
    answer = opened(town, link)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}@ada/secret")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    (cookie,) = answer.headers.get_list("set-cookie")
    assert link["secret"] not in cookie
    for part in ("HttpOnly", "SameSite=Lax", f"Path={BASE}", "Max-Age="):
        assert part in cookie
    page = town.page(None, "@ada/secret")
    assert "Shared with you by ada, to read." in page.text
    assert page.all("meta", name="robots", content="noindex")
    assert link["secret"] not in town.get(None, "@ada/secret").text


def test_nobody_else_may_keep_what_is_shown_by_a_link(town, link):
    opened(town, link)
    for path in ("@ada/secret", "render/@ada/secret/v/1", "api/v1/labs/ada/secret/versions/1/notebook"):
        answer = town.get(None, path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_links_are_remembered_beside_each_other_and_the_newest_if_they_are_many(town, link, monkeypatch):
    monkeypatch.setattr(link_cookie, "MOST", 2)
    ada = town.site.as_("ada")
    for name in ("second", "third"):
        town.site.publish("ada", name=name, visibility="private")
    others = [
        ada.post(f"api/v1/labs/ada/{name}/shares/links", json={}).json() for name in ("second", "third")
    ]
    opened(town, link)
    opened(town, others[0])
    for name in ("secret", "second"):
        town.page(None, f"@ada/{name}")
    opened(town, others[1])
    for name, status in (("secret", 404), ("second", 200), ("third", 200)):
        town.page(None, f"@ada/{name}", status)


def test_a_link_that_is_revoked_or_wrong_leads_nowhere(town, link):
    opened(town, link)
    assert town.site.as_("ada").delete(f"{SHARES}/links/{link['id']}").status_code == 204
    answers = [town.get(None, f"s/{secret}") for secret in (link["secret"], "wrong", "", "a/b", "%00")]
    for answer in answers:
        assert answer.status_code == 404
        assert "link_not_found" in answer.text
        assert "set-cookie" not in answer.headers
    for path in ("@ada/secret", "render/@ada/secret/v/1", "assets/ada/secret/latest/a.txt"):
        assert town.get(None, path).status_code == 404


def test_a_forged_cookie_opens_nothing(town, link):
    opened(town, link)
    good = town.person(None).cookies[link_cookie.COOKIE]
    for said, status in ((good, 200), (good[:-2], 404), ("x", 404), (f"é.{good}", 404), (f"{good}.x", 404)):
        cookie = {"Cookie": f"{link_cookie.COOKIE}={said}".encode()}
        assert town.site.client().get("@ada/secret", headers=cookie).status_code == status


def test_a_token_is_not_helped_by_a_cookie(town, link):
    opened(town, link)
    cookies = {link_cookie.COOKIE: town.person(None).cookies[link_cookie.COOKIE]}
    for who, status in (("bob", 404), ("ada", 200)):
        client = town.site.as_(who)
        client.cookies.update(cookies)
        assert client.get("api/v1/labs/ada/secret").status_code == status


def test_no_log_and_no_way_back_holds_the_secret(town, link, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    secret = link["secret"]
    opened(town, link)
    assert town.site.client().post(f"s/{secret}", content=b"x" * 100_000).status_code == 413
    town.person(None).post(f"s/{secret}")
    town.get(None, f"s/{secret}/")

    def broken(*asked):
        raise ZeroDivisionError

    monkeypatch.setattr(town.site.service.shares, "open", broken)
    failed = opened(town, link)
    assert failed.status_code == 500
    assert secret not in failed.text
    page = town.page(None, f"s/{'0' * 32}", 500)
    assert "0" * 32 not in str(page.elements)

    def written() -> list[str]:
        return [logs.JsonFormatter().format(one) for one in caplog.records if not one.name.startswith("http")]

    # The last line is written after its answer.
    until(lambda: len([line for line in written() if '"mlabs.access"' in line and "/s/" in line]) >= 5)
    lines = written()
    asked = [json.loads(line) for line in lines if '"mlabs.access"' in line]
    assert {one["path"] for one in asked if "/s/" in one["path"]} == {f"{BASE}s/…"}
    assert len([one for one in asked if "/s/" in one["path"]]) >= 5
    assert any("ZeroDivisionError" in line for line in lines)
    assert not [line for line in lines if secret in line]


def test_what_somebody_with_an_account_accepts_is_theirs_by_name(town):
    link = town.site.as_("ada").post(f"{SHARES}/links", json={"access": "edit"}).json()
    opened(town, link, "bob")
    page = town.page("bob", "@ada/secret")
    assert "Accept it, to edit" in page.text
    assert town.site.as_("bob").get("api/v1/labs/ada/secret").status_code == 404
    answer = town.send("bob", "@ada/secret/sharing/accept", form="@ada/secret")
    assert answer.headers["Location"] == f"{BASE}@ada/secret"
    assert "Shared with you by ada, to edit." in town.page("bob", "@ada/secret").text
    assert town.site.as_("bob").get("api/v1/labs/ada/secret").json()["access"] == "edit"
    town.site.as_("ada").delete(f"{SHARES}/links/{link['id']}")
    town.page("bob", "@ada/secret", 404)


def test_a_program_accepts_a_link_by_its_secret(town, link):
    bob = town.site.as_("bob")
    assert bob.get("api/v1/me/shared").json()["items"] == []
    assert bob.post("api/v1/me/shared", json={"secret": "wrong"}).status_code == 404
    assert bob.post("api/v1/me/shared", json={"secret": link["secret"]}).json()["access"] == "view"
    assert [lab["name"] for lab in bob.get("api/v1/me/shared").json()["items"]] == ["secret"]
