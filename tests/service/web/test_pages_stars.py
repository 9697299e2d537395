"""The star of a lab's page, and the page of one's stars."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

BASE = "/services/mlabs/"


def labels(page, kind="button"):
    return [a["aria-label"] for a in page.all(kind) if "star" in (a.get("aria-label") or "")]


def test_a_star_is_given_and_taken_back_without_script(town):
    page = town.page("bob", "@ada/mnist")
    assert labels(page) == ["Star this lab; it has 0 stars"]
    answer = town.send("bob", "@ada/mnist/star", form="@ada/mnist", next=f"{BASE}@ada/mnist/v/1")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}@ada/mnist/v/1")
    assert labels(town.page("bob", "@ada/mnist")) == ["Take my star back; it has 1 star"]
    assert labels(town.page("ada", "@ada/mnist")) == ["Star this lab; it has 1 star"]
    assert "1 star" in town.page(None, "?q=scratch&owner=ada").text
    assert f"{BASE}@ada/mnist" in town.page("bob", "me/stars").links()
    answer = town.send(
        "bob", "@ada/mnist/star", form="@ada/mnist", do="take back", next="https://evil.example/"
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, BASE)
    assert labels(town.page("bob", "@ada/mnist")) == ["Star this lab; it has 0 stars"]
    assert "No stars yet" in town.page("bob", "me/stars").text


def test_the_signed_out_sign_in_and_come_back(town):
    page = town.page(None, "@ada/mnist")
    assert labels(page, "a") == ["Sign in to star this lab; it has 0 stars"]
    (link,) = [a["href"] for a in page.all("a") if "star" in (a.get("aria-label") or "")]
    assert parse_qs(urlsplit(link).query)["next"] == [f"{BASE}@ada/mnist"]
    answer = town.person(None).post("@ada/mnist/star")
    assert (answer.status_code, answer.headers["Location"]) == (303, link)
    assert town.site.as_(None).get("api/v1/labs/ada/mnist").json()["stars"] == 0


def test_a_private_lab_takes_no_star(town):
    assert town.send("bob", "@ada/secret/star", form="@ada/mnist").status_code == 404
