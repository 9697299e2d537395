"""Reporting by a form, and what administrators decide on their pages, as its owner and all others see it."""

from __future__ import annotations

import pytest

BASE = "/services/mlabs/"


def report(town, who="bob", reason="Advertising", **about):
    query = "&".join(f"{kind}={value}" for kind, value in about.items())
    return town.send(who, "report", form=f"report?{query}", reason=reason, **about)


def decide(town, what, kind, about, reason="", who="admin"):
    return town.send(who, "admin/decide", form="me", kind=kind, about=about, reason=reason, **{"do": what})


def test_a_lab_is_reported_taken_down_and_restored(town):
    assert any("report?lab=ada" in link for link in town.page("bob", "@ada/mnist").links())
    assert "Thank you." in report(town, lab="ada/mnist").text
    page = town.page("admin", "admin")
    for words in ("Advertising", "ada/mnist", "Numpy only."):
        assert words in page.text
    assert decide(town, "take down", "lab", "ada/mnist", "Not machine learning").status_code == 303
    seen = ["@ada/mnist", "@ada/mnist/v/1", "@ada/mnist/runs", "@ada/mnist/comments", "@ada/mnist/forks"]
    seen += [
        "embed/@ada/mnist",
        "render/@ada/mnist/v/1",
        "@ada/mnist/reproduced.svg",
        "api/v1/labs/ada/mnist",
    ]
    for path in seen:
        for who in ("bob", None):
            assert town.get(who, path).status_code == 404, (path, who)
    assert "MNIST from scratch" not in town.page("bob", "?owner=ada").text
    for who in ("ada", "admin"):
        page = town.page(who, "@ada/mnist")
        assert "An administrator took this lab down" in page.text
        assert "Not machine learning" in page.text
    assert "was taken down" in town.page("ada", "me/notifications").text
    page = town.page("admin", "admin/reports")
    assert "Nothing is reported." in page.text
    assert "Taken down" in page.text
    assert decide(town, "restore", "lab", "ada/mnist", "A mistake").status_code == 303
    assert town.get("bob", "@ada/mnist").status_code == 200
    assert "A mistake" in town.page("admin", "admin/reports").text


def test_a_comment_is_taken_down_with_a_reason(town):
    made = town.site.as_("bob").post("api/v1/labs/ada/mnist/comments", json={"text": "Buy it"}).json()["id"]
    report(town, "ada", comment=made)
    assert "Buy it" in town.page("admin", "admin/reports").text
    assert decide(town, "take down", "comment", made).status_code == 422
    assert decide(town, "take down", "comment", made, "Spam").status_code == 303
    page = town.page(None, "@ada/mnist")
    assert "Hidden by an administrator." in page.text
    assert "Buy it" not in page.text
    assert "Spam" in town.page("bob", "@ada/mnist").text
    assert decide(town, "restore", "comment", made, "It was a joke").status_code == 303
    assert "It was a joke" in town.page("admin", "admin/reports").text
    assert "Buy it" in town.page(None, "@ada/mnist").text


def test_a_report_is_dismissed(town):
    report(town, person="ada")
    found = town.site.as_("admin").get("api/v1/reports").json()["items"]
    assert [(each["kind"], each["about"]) for each in found] == [("profile", "ada")]
    assert decide(town, "dismiss", "profile", found[0]["id"]).status_code == 303
    page = town.page("admin", "admin/reports")
    assert "Nothing is reported." in page.text
    assert "Dismissed" in page.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("lab=ada/secret", 404),
        ("lab=x", 400),
        ("", 422),
        ("lab=ada/mnist&person=ada", 422),
        ("comment=1", 422),
    ],
)
def test_what_cannot_be_reported(town, query, status):
    assert town.get("bob", f"report?{query}").status_code == status


def test_a_report_needs_words_and_a_person(town):
    assert report(town, reason=" ", lab="ada/mnist").status_code == 422
    answer = town.get(None, "report?lab=ada/mnist")
    assert (answer.status_code, "login?next=" in answer.headers["Location"]) == (302, True)


def test_only_administrators_decide(town):
    for path in ("admin/reports", "admin/decide"):
        assert town.get("bob", path).status_code == 404
    assert decide(town, "take down", "lab", "ada/mnist", "Why", who="bob").status_code == 404
    assert decide(town, "fly", "lab", "ada/mnist").status_code == 400
    assert decide(town, "take down", "server", "x").status_code == 400
    assert "Take this lab down" not in town.page("bob", "@ada/mnist").text
    assert "Take this lab down" in town.page("admin", "@ada/mnist").text
