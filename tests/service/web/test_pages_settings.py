"""Forms: what an owner changes, and that nobody else, no other site and no forged address can."""

from __future__ import annotations

import httpx
import pytest
from support.plain import PLAIN

BASE = "/services/mlabs/"
ACTIONS = [
    "new", "open/@ada/mnist", "fork/@ada/mnist",
    "@ada/mnist/settings", "@ada/mnist/delete", "@ada/mnist/restore",
    "servers/01JCQ3W3T9V0Q8X5H7ZK2M0001/stop",
]  # fmt: skip


def bare(town, name, **headers):
    """That person's cookies without the token that their pages carry."""
    person = town.person(name)
    kept = {k: v for k, v in person.headers.items() if k.lower() != "x-xsrftoken"}
    return httpx.Client(
        base_url=person.base_url, cookies=person.cookies, headers=kept | headers, verify=PLAIN
    )


def test_a_form_needs_the_token_of_its_page(town, site):
    fields = {"sure": "yes", "title": "Taken over", "environment": "python"}
    with bare(town, "ada") as visitor:
        for path in ACTIONS:
            for token in ({}, {"_xsrf": "wrong"}):
                answer = visitor.post(path, data=fields | token)
                assert answer.status_code == 403, path
                assert "This is not open to you" in answer.text
    assert site.client().get("api/v1/labs/ada/mnist").json()["title"] == "MNIST from scratch"


def test_a_form_of_another_site_changes_nothing(town, site):
    token = town.page("ada", "@ada/mnist/settings").all("input", name="_xsrf")[0]["value"]
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        with bare(town, "ada", **headers) as visitor:
            for path in ACTIONS:
                assert visitor.post(path, data={"_xsrf": token, "sure": "yes"}).status_code == 403, (
                    path,
                    headers,
                )


def test_an_owner_changes_a_lab(town, site):
    answer = town.send(
        "ada", "@ada/mnist/settings",
        title="New name", description="Line 1\nLine 2", tags=" vision-2, mnist ",
        visibility="unlisted", environment="python", license="mit or apache-2.0",
    )  # fmt: skip
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}@ada/mnist")
    lab = site.client().get("api/v1/labs/ada/mnist").json()
    assert (lab["title"], lab["visibility"]) == ("New name", "unlisted")
    assert sorted(lab["tags"]) == ["mnist", "vision-2"]
    assert lab["description"].splitlines() == ["Line 1", "Line 2"]
    assert lab["license"] == "MIT OR Apache-2.0"
    assert town.page("ada", "@ada/mnist/settings").all("input", name="license", value="MIT OR Apache-2.0")
    town.send("ada", "@ada/mnist/settings", license=" ")
    assert site.as_("ada").get("api/v1/labs/ada/mnist").json()["license"] is None


def test_a_single_field_leaves_the_rest(town, site):
    answer = town.send("ada", "@ada/mnist/settings", visibility="private", next=f"{BASE}me")
    assert answer.headers["Location"] == f"{BASE}me"
    lab = site.as_("ada").get("api/v1/labs/ada/mnist").json()
    assert (lab["visibility"], lab["title"], lab["tags"]) == ("private", "MNIST from scratch", ["vision"])


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"tags": "Not_A<b>Tag"}, id="tag"),
        pytest.param({"visibility": "secret"}, id="visibility"),
        pytest.param({"environment": "cobol"}, id="environment"),
        pytest.param({"title": "x" * 201}, id="title"),
        pytest.param({"license": "<b>mine</b>"}, id="license"),
    ],
)
def test_a_field_that_cannot_be_used_comes_back_with_the_reason(town, fields):
    answer = town.send("ada", "@ada/mnist/settings", **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/user/bob/x/",
        f"{BASE}../../user/bob/", f"{BASE}%2e%2e/%2e%2e/hub/logout", f"{BASE}\r\nSet-Cookie: a=b",
        "/services/mlabsx/",
    ],
)  # fmt: skip
def test_a_form_never_leads_away_from_here(town, wanted):
    answer = town.send("ada", "@ada/mnist/settings", title="T", next=wanted)
    assert answer.status_code == 303
    assert answer.headers["Location"] in (BASE, f"{BASE}@ada/mnist")


def test_deleting_asks_to_be_sure(town):
    assert town.send("ada", "@ada/mnist/delete", form="@ada/mnist/settings").status_code == 400
    town.page("ada", "@ada/mnist")


def test_a_deleted_lab_is_gone_until_it_is_restored(town):
    answer = town.send("ada", "@ada/mnist/delete", form="@ada/mnist/settings", sure="yes")
    assert answer.headers["Location"] == f"{BASE}me/trash"
    for who in (None, "ada", "bob"):
        town.page(who, "@ada/mnist", 404)
    assert "MNIST from scratch" in town.page("ada", "me/trash").text
    assert "MNIST" not in town.page("bob", "me/trash").text
    assert town.send("bob", "@ada/mnist/restore", form="new").status_code == 404
    answer = town.send("ada", "@ada/mnist/restore", form="me/trash")
    assert answer.headers["Location"] == f"{BASE}me"
    town.page(None, "@ada/mnist")


def test_an_emptied_trash_gives_nothing_back(town):
    for lab in ("mnist", "secret"):
        town.send("ada", f"@ada/{lab}/delete", form=f"@ada/{lab}/settings", sure="yes")
    assert town.send("ada", "me/trash/empty", form="me/trash").status_code == 400
    assert "MNIST from scratch" in town.page("ada", "me/trash").text
    assert town.send("bob", "me/trash/empty", form="new", sure="yes").status_code == 303
    assert "MNIST from scratch" in town.page("ada", "me/trash").text
    answer = town.send("ada", "me/trash/empty", form="me/trash", sure="yes")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}me/trash")
    assert "The trash is empty" in town.page("ada", "me/trash").text
    assert town.send("ada", "@ada/mnist/restore", form="new").status_code == 404


def test_others_cannot_change_or_delete(town, site):
    for path in ("@ada/mnist/settings", "@ada/mnist/delete"):
        assert town.send("bob", path, form="new", title="Mine now", sure="yes").status_code == 404
    assert site.client().get("api/v1/labs/ada/mnist").json()["title"] == "MNIST from scratch"


def test_my_page_shows_all_that_is_mine(town):
    labs = town.page("ada", "me")
    for title in ("MNIST from scratch", "Secret plan", "Half hidden", "Only begun"):
        assert title in labs.text
    assert "alert" not in labs.text
    runs = town.page("ada", "me/runs")
    assert len([href for href in runs.links() if "/runs/" in href]) == 3
    for path in ("me", "me/runs"):
        assert "/hub/token" in town.page("ada", path).links()


def test_signing_out_is_a_form(town):
    [form] = town.page("ada", "me").all("form", action=f"{BASE}logout")
    assert form["method"] == "post"
