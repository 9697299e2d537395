"""The page on which an owner shares a lab, and what those see with whom it is shared."""

from __future__ import annotations

import re

BASE = "/services/mlabs/"
PAGE = "@ada/secret/sharing"
SHARES = "api/v1/labs/ada/secret/shares"


def shares(town) -> list[tuple]:
    items = town.site.as_("ada").get(SHARES).json()["items"]
    return [(one["kind"], one["name"], one["access"]) for one in items]


def test_an_owner_shares_and_takes_it_back(town):
    page = town.page("ada", PAGE)
    assert "Nobody yet." in page.text
    for kind, who, access in (("user", "@bob", "edit"), ("group", "team", "view")):
        sent = town.send("ada", PAGE, do="share", kind=kind, who=f" {who} ", access=access)
        assert (sent.status_code, sent.headers["Location"]) == (303, BASE + PAGE)
    assert shares(town) == [("user", "bob", "edit"), ("group", "team", "view")]
    page = town.page("ada", PAGE)
    labels = [button.get("aria-label") for button in page.all("button", name="do")]
    assert {"Let bob only read", "Let the group team edit", "Stop sharing with bob"} <= set(labels)
    town.send("ada", PAGE, do="share", kind="user", who="bob", access="view")
    town.send("ada", PAGE, do="remove", kind="group", who="team")
    assert shares(town) == [("user", "bob", "view")]


def test_a_link_is_shown_once_and_revoked(town):
    sent = town.send("ada", PAGE, do="link", label="For the review", access="view", days="7")
    assert sent.status_code == 200
    (secret,) = re.findall(r"http://127.0.0.1:\d+/services/mlabs/s/([\w-]{32})\"", sent.text)
    assert town.get(None, f"s/{secret}").status_code == 303
    page = town.page("ada", PAGE)
    assert "For the review to read, made" in page.text
    assert secret not in town.get("ada", PAGE).text
    (link,) = town.site.as_("ada").get(SHARES).json()["items"]
    assert link["expires"] is not None
    assert page.all("button", **{"aria-label": "Revoke For the review"})
    town.send("ada", PAGE, do="revoke", who=link["id"])
    assert shares(town) == []


def test_what_cannot_be_used_is_said_beside_what_was_entered(town):
    for wrong in (
        {"do": "share", "kind": "group", "who": "", "access": "edit"},
        {"do": "share", "who": "ada"},
        {"do": "share", "who": "bob", "access": "own"},
        {"do": "link", "days": "many"},
        {"do": "link", "days": "0"},
        {"do": "burn"},
    ):
        sent = town.send("ada", PAGE, **wrong)
        assert sent.status_code in (400, 422), wrong
        assert 'role="alert"' in sent.text or "form_invalid" in sent.text
    assert shares(town) == []
    sent = town.send("ada", PAGE, do="share", who="x" * 300, kind="group", access="edit")
    assert 'value="group" checked' in sent.text


def test_the_page_is_the_owners_and_an_administrators(town):
    town.send("ada", PAGE, do="share", who="bob", access="edit")
    town.page("bob", PAGE, 404)
    assert town.get(None, PAGE).status_code == 302
    assert BASE + PAGE not in town.page("bob", "@ada/secret").links()
    for who in ("ada", "admin"):
        assert BASE + PAGE in town.page(who, "@ada/secret").links()
        town.page(who, PAGE)


def test_a_draft_says_that_it_is_seen_by_nobody_yet(town):
    assert "A draft is seen by nobody else." in town.page("ada", "@ada/draft/sharing").text


def test_visibility_is_changed_from_here(town):
    page = town.page("ada", PAGE)
    assert page.all("form", action=f"{BASE}@ada/secret/settings")
    assert "Only you, and those with whom you share it." in page.text
    sent = town.send("ada", "@ada/secret/settings", form=PAGE, visibility="unlisted", next=BASE + PAGE)
    assert sent.headers["Location"] == BASE + PAGE


def test_who_may_edit_changes_fields_and_not_who_sees_it(town):
    town.send("ada", PAGE, do="share", who="bob", access="edit")
    lab = town.page("bob", "@ada/secret")
    assert "Shared with you by ada, to edit." in lab.text
    assert f"{BASE}@ada/secret/settings" in lab.links()
    assert f"{BASE}open/@ada/secret" not in lab.links()
    settings = town.page("bob", "@ada/secret/settings")
    assert not settings.all("input", name="visibility")
    assert "Delete this lab" not in settings.text
    town.send("bob", "@ada/secret/settings", title="Ours", environment="python")
    assert town.send("bob", "@ada/secret/settings", visibility="public").status_code == 403
    town.page("ada", "@ada/secret/settings").all("input", name="visibility")
    lab = town.site.as_("ada").get("api/v1/labs/ada/secret").json()
    assert (lab["title"], lab["visibility"]) == ("Ours", "private")


def test_what_is_shared_is_listed_for_those_it_is_shared_with(town):
    assert "Nothing is shared with you yet" in town.page("bob", "me/shared").text
    town.send("ada", PAGE, do="share", who="bob", access="edit")
    town.send("ada", "@ada/hidden/sharing", do="share", who="team", kind="group")
    page = town.page("bob", "me/shared")
    assert f"{BASE}@ada/secret" in page.links()
    assert "To edit" in page.text
    assert "Half hidden" in town.page("dan", "me/shared").text
    for path in ("", "?q=secret", "@ada", "?owner=ada"):
        assert "Secret plan" not in town.page("bob", path).text
        assert "Secret plan" not in town.get("bob", f"api/v1/labs{path if path != '@ada' else ''}").text


def test_a_forks_page_offers_to_publish_to_the_original(town):
    town.send("ada", PAGE, do="share", who="bob", access="edit")
    town.site.as_("bob").post("api/v1/labs/ada/secret/fork", json={"name": "mine"})
    page = town.page("bob", "@bob/mine")
    assert "Its latest version is 1; this fork began with version 1." in page.text
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    town.site.as_("bob").post("api/v1/labs/bob/mine/versions", json={"notebook": notebook})
    sent = town.send("bob", "@bob/mine/to-original", form="@bob/mine")
    assert sent.headers["Location"] == f"{BASE}@ada/secret"
    latest = town.site.as_("ada").get("api/v1/labs/ada/secret/versions/latest").json()
    assert (latest["number"], latest["author"]) == (2, "bob")
    town.send("ada", PAGE, do="remove", who="bob")
    assert "to-original" not in town.get("bob", "@bob/mine").text
    assert town.send("bob", "@bob/mine/to-original", form="me/settings").status_code == 404
