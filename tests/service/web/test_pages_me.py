"""One's own page: what the plan allows, what was used, and the servers that are open."""

from __future__ import annotations

BASE = "/services/mlabs/"


def test_use_is_shown_against_the_plan(planned):
    planned.open("ada", "ada/mnist")
    page = planned.page("ada", "me")
    assert "Plan free" in page.text
    assert "New hours on 1 " in page.text
    meters = {meter["aria-labelledby"]: meter for meter in page.all("div", role="meter")}
    servers = meters["use-servers"]
    assert (servers["aria-valuenow"], servers["aria-valuemax"], servers["aria-valuetext"]) == (
        "1",
        "2",
        "1 of 2",
    )
    assert meters["use-cpu"]["aria-valuemax"] == "10.0"
    assert "1 of 2" in page.text
    assert "of 10 h" in page.text


def test_an_open_server_is_shown_with_a_way_to_stop_it(planned):
    server = planned.open("ada", "ada/mnist")
    page = planned.page("ada", "me/runs")
    assert page.all("form", action=f"{BASE}servers/{server}/stop")
    assert "Running" in page.text
    planned.send("ada", f"servers/{server}/stop", form="me")
    assert "No server runs." in planned.page("ada", "me").text


def test_a_server_of_another_is_not_shown(planned):
    planned.open("ada", "ada/mnist")
    assert "No server runs." in planned.page("bob", "me").text


def test_without_plans_nothing_is_limited_and_use_is_shown(town):
    page = town.page("ada", "me")
    assert "Nothing is limited here" in page.text
    assert not page.all("div", role="meter")
    assert "Server hours" in page.text
