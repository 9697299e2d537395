"""The board and the comparison: as pages, as JSON and as tables."""

from __future__ import annotations

import csv
import io
import math

import pytest
from service.web.test_api_runs import begin, event
from support.screenshots import keep

FORMULA = "=1+1"


def logged(site, accuracy: float, parameters: dict | None = None, code: str = "train()") -> str:
    """A run of ada/x that trained to that accuracy."""
    run = begin(site, parameters=parameters or {})
    points = [
        [
            n,
            float(n),
            {"val/accuracy": accuracy * (1 - math.exp(-n / 5)), "loss": math.exp(-n / 5 * accuracy)},
        ]
        for n in range(40)
    ]
    told = [
        event(1, "execute", execution="e", code=code, execution_count=1),
        event(2, "metric", values=points[-1][2], step=39, points=points),
        event(3, "output", execution="e", output={"output_type": "stream", "name": "stdout", "text": code}),
        event(4, "packages", packages={"numpy": f"2.{int(accuracy * 10)}"}),
        event(5, "usage", memory_peak=3 << 28, cpu_seconds=75.5),
        event(6, "end", status="succeeded"),
    ]
    answer = site.as_("ada").post(f"api/v1/runs/{run}/events", json={"events": told})
    assert answer.status_code == 200, answer.text
    return run


@pytest.fixture
def trained(site, make_notebook):
    """ada/x with three versions and three runs; the second is the best."""
    site.publish(name="x", title="Digits")
    runs = [logged(site, 0.6, {"lr": 0.1}), logged(site, 0.9, {"lr": 0.01}, "train(2)"), logged(site, 0.7)]
    for sources in (("# Hello", "1 + 2"), ("# Hello", "1 + 2", "new()")):
        site.as_("ada").post("api/v1/labs/ada/x/versions", json={"notebook": make_notebook(*sources)})
    return runs


def test_the_board(town, trained):
    page = town.page(None, "@ada/x/board?metric=val/accuracy")
    rows = [link.rpartition("/")[2] for link in page.links() if "/x/runs/" in link]
    assert rows == [trained[1], trained[2], trained[0]]
    assert page.all("th", **{"aria-sort": "descending"})
    assert "best" in page.text
    assert len(page.all("svg", **{"class": "spark"})) == 6
    assert "Log numbers to compare runs" not in page.text
    assert town.page(None, "@ada/x/board?metric=val/accuracy&mode=min").all(
        "th", **{"aria-sort": "ascending"}
    )
    for place in ("@ada/x", "@ada/x/runs", f"@ada/x/runs/{trained[0]}"):
        assert any(link.endswith("/board") for link in town.page(None, place).links())


def test_an_empty_board_teaches(town):
    page = town.page(None, "@ada/mnist/board")
    assert "mlabs.log(loss=loss, accuracy=accuracy, step=epoch)" in page.text
    assert "No run fits" in town.page(None, "@ada/mnist/board?status=lost").text
    assert town.page("bob", "@ada/secret/board", 404)


@pytest.mark.parametrize("query", ["mode=up", "cursor=x", "format=xml"])
def test_what_makes_no_board(site, query):
    site.publish(name="x")
    answer = site.as_(None).get(f"api/v1/labs/ada/x/board?metric=a&{query}")
    assert answer.status_code == 400


def test_tables(site, trained):
    anybody = site.as_(None)
    begin(site, parameters={"note": FORMULA})
    table = anybody.get("api/v1/labs/ada/x/board?format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert {row["run"] for row in rows} >= set(trained)
    assert {row["note"] for row in rows} == {"", f"'{FORMULA}"}
    path = f"api/v1/runs/{trained[0]}/metrics"
    series = list(csv.DictReader(io.StringIO(anybody.get(path, headers={"Accept": "text/csv"}).text)))
    assert len(series) == 80
    whole = anybody.get(path, params={"name": "loss", "points": "10"}).json()["series"]
    assert [(one["name"], one["count"], len(one["values"]) <= 10) for one in whole] == [("loss", 40, True)]
    assert anybody.get(f"{path}?points=1").status_code == 400
    assert anybody.get(f"api/v1/runs/{trained[0]}/packages").json()["packages"] == {"numpy": "2.6"}


def test_a_comparison(town, trained):
    api = town.site.as_(None).get(f"api/v1/labs/ada/x/compare/{trained[0]}...{trained[1]}").json()
    assert api["parameters"] == {"lr": [0.1, 0.01]}
    assert api["packages"] == {"numpy": ["2.6", "2.9"]}
    assert api["cells"][0]["change"] == "changed"
    assert [op["key"] for op in api["diff"]] == ["cells"]
    page = town.page(None, f"@ada/x/compare/{trained[0]}...{trained[1]}")
    frames = page.all("iframe")
    assert [frame["sandbox"] for frame in frames] == ["allow-scripts"] * 2
    for frame, run in zip(frames, trained, strict=False):
        assert f"/runs/{run}?cells=1" in frame["src"]
        assert town.get(None, frame["src"].removeprefix("/services/mlabs/")).status_code == 200
    assert "train(2)" in page.text
    before = town.page(None, f"@ada/x/compare/previous...{trained[1]}")
    assert f"/runs/{trained[0]}" in " ".join(before.links())
    first = town.page(None, f"@ada/x/compare/previous...{trained[0]}")
    assert "the first run of this lab" in first.text


def test_versions_compared(town, trained):
    page = town.page(None, "@ada/x/compare/1...latest")
    assert "1 + 2" in page.text
    assert "2 cells of 3 changed" in page.text
    assert town.page(None, "@ada/x/compare/2...2").text.count("All cells are the same") == 1
    for wrong, status in (("1...9", 404), ("x...1", 422)):
        assert town.get(None, f"@ada/x/compare/{wrong}").status_code == status
    assert any(link.endswith("/compare/2...3") for link in town.page(None, "@ada/x").links())


def test_two_runs_of_the_list(town, trained):
    page = town.page(None, "@ada/x/runs")
    assert len(page.all("input", name="run")) == 3
    answer = town.get(None, f"@ada/x/compare?run={trained[1]}&run={trained[0]}")
    assert answer.headers["location"].endswith(f"/compare/{trained[0]}...{trained[1]}")
    assert "Choose two runs" in town.page(None, "@ada/x/compare?run=1", 400).text


def test_a_version_comes_back(town, trained):
    assert not town.page("bob", "@ada/x/v/1").all("form", action="/services/mlabs/@ada/x/v/1/restore")
    answer = town.send("ada", "@ada/x/v/1/restore", form="@ada/x/v/1")
    assert answer.status_code == 303
    assert "Restored version 1" in town.page(None, "@ada/x").text
    ada = town.site.as_("ada")
    again = ada.post("api/v1/labs/ada/x/versions", json={"restore": 2, "message": "Once more"})
    assert (again.status_code, again.json()["number"], again.json()["message"]) == (201, 5, "Once more")
    assert ada.post("api/v1/labs/ada/x/versions", json={"restore": 5}).status_code == 200
    both = {"restore": 1, "notebook": {"cells": []}}
    for body in ({}, both):
        assert ada.post("api/v1/labs/ada/x/versions", json=body).status_code == 422
    assert town.site.as_("bob").post("api/v1/labs/ada/x/versions", json={"restore": 1}).status_code == 404


SIZES = {"phone": (390, 844), "laptop": (1280, 800), "wide": (1920, 1080)}


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_in_a_browser(site, trained, browser, theme, size):
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.goto(f"{site.url}@ada/x/board")
    page.get_by_role("link", name="val/accuracy").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("th[aria-sort]")
    first = page.locator("tbody tr").first
    assert "best" in first.inner_text()
    keep(page, f"board-{size}-{theme}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    page.goto(f"{site.url}@ada/x/runs")
    boxes = page.get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="Compare the two chosen runs").click()
    page.wait_for_selector("iframe[data-fitted]")
    keep(page, f"compare-{size}-{theme}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    assert problems == []
    page.close()
