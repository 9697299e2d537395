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


def test_my_runs_can_be_filtered_and_taken_along(town):
    page = town.page("ada", "me/runs")
    assert "3 runs" in page.text
    files = [link for link in page.links() if "format=" in link]
    assert files == [f"{BASE}api/v1/me/runs?format={form}" for form in ("csv", "jsonl")]
    assert len(town.get("ada", files[1].removeprefix(BASE)).text.splitlines()) == 3
    failed = town.page("ada", "me/runs?status=failed&kind=&lab=ada/draft&since=2020-01-01")
    assert "1 run " in failed.text
    query = "status=failed&since=2020-01-01&lab=ada%2Fdraft"
    assert f"{BASE}api/v1/me/runs?{query}&format=csv" in failed.links()
    assert failed.all("option", value="failed", selected=None)
    assert failed.all("input", name="lab", value="ada/draft")


def test_pages_of_my_runs_keep_the_filter(town, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.web.pages.me.PAGE", 1)
    first = town.page("ada", "me/runs?lab=ada/mnist")
    [more] = [link for link in first.links() if "cursor=" in link]
    second = town.page("ada", f"me/runs{more}")
    runs = [[link for link in page.links() if "/runs/" in link] for page in (first, second)]
    assert len(set(map(str, runs))) == 2
    assert all("/@ada/mnist/" in link for page in runs for link in page)
    assert not [link for link in second.links() if "cursor=" in link]


def test_a_form_that_makes_no_sense_is_said_beside_it(town):
    for query, words in (
        ("lab=ada/none", "no lab ada/none"),
        ("since=soon", "is neither a time"),
        ("lab=x", ""),
    ):
        page = town.page("ada", f"me/runs?{query}")
        assert words in page.text
        assert "No run fits" in page.text
        assert page.all("form", action=f"{BASE}me/runs")


def test_the_runs_of_a_lab_can_be_taken_along(town):
    links = town.page(None, "@ada/mnist/runs").links()
    assert f"{BASE}api/v1/labs/ada/mnist/runs?format=csv" in links
    assert f"{BASE}api/v1/labs/ada/mnist/runs?format=jsonl" in links
