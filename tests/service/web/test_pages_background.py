"""The pages by which a lab runs in the background, stops and runs once more."""

from __future__ import annotations

import pytest

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {
            "id": "p", "cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": [],
            "source": "rate = 0.1\nname = 'adam'\nend = rate * 2", "execution_count": None,
        }
    ],
}  # fmt: skip
FORM = "run/@ada/digits"


@pytest.fixture
def digits(town):
    town.site.publish("ada", name="digits", title="Digits", notebook=NOTEBOOK)
    return town


def runs(town, lab="digits"):
    return town.site.as_("ada").get(f"api/v1/labs/ada/{lab}/runs").json()["items"]


def test_the_labs_page_leads_to_it_for_its_owner_only(digits):
    assert f"/services/mlabs/{FORM}" in digits.page("ada", "@ada/digits").links()
    for other in ("bob", None):
        assert f"/services/mlabs/{FORM}" not in digits.page(other, "@ada/digits").links()
    assert "/services/mlabs/run/@ada/draft" not in digits.page("ada", "@ada/draft").links()


def test_the_form_has_the_notebooks_parameters(digits):
    page = digits.page("ada", FORM)
    fields = {field["name"]: field.get("value") for field in page.all("input")}
    assert fields["parameter-rate"] == "0.1"
    assert fields["parameter-name"] == "adam"
    assert fields["parameter-end"] == ""
    assert "rate * 2" in page.text
    assert page.all("option", value="python", selected=None)


def test_sent_as_it_is_it_sets_nothing(digits):
    answer = digits.send("ada", FORM, **{"parameter-rate": "0.1", "parameter-name": "adam"})
    assert answer.status_code == 303
    (run,) = runs(digits)
    assert answer.headers["Location"] == f"/services/mlabs/@ada/digits/runs/{run['id']}"
    assert (run["status"], run["parameters"], run["timeout"]) == ("queued", {}, None)


def test_what_is_entered(digits):
    entered = {
        "parameter-rate": "0.5", "parameter-name": "1", "parameter-end": "[1]", "more": "extra = true\n\n",
        "minutes": "1.5", "environment": "pytorch",
    }  # fmt: skip
    assert digits.send("ada", FORM, **entered).status_code == 303
    (run,) = runs(digits)
    assert run["parameters"] == {"rate": 0.5, "name": "1", "end": [1], "extra": True}
    assert (run["timeout"], run["environment"], run["version"]) == (90, "pytorch", 1)


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({"more": "no equals sign"}, "name = value"),
        ({"more": "a-b = 1"}, "no name that Python"),
        ({"minutes": "soon"}, "number of minutes"),
        ({"minutes": "-1"}, "number of minutes"),
        ({"accelerator": "tpu"}, "accelerator"),
    ],
)
def test_what_cannot_run_is_told_and_kept(digits, entered, words):
    answer = digits.send("ada", FORM, **{"parameter-rate": "7", **entered})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="7"' in answer.text
    assert runs(digits) == []


def test_a_form_sent_twice_is_one_run(digits):
    page = digits.page("ada", FORM)
    key = page.all("input", name="key")[0]["value"]
    first = digits.send("ada", FORM, key=key)
    assert digits.send("ada", FORM, key=key).headers["Location"] == first.headers["Location"]
    assert len(runs(digits)) == 1


def test_only_the_owner_gets_the_form(digits):
    digits.page("bob", FORM, 404)
    digits.page("admin", FORM, 404)
    assert digits.get(None, FORM).status_code == 302


def test_a_draft_says_what_to_do_first(digits):
    assert "Publish it first" in digits.page("ada", "run/@ada/draft", 422).text


def test_what_is_in_the_way_is_said_before(start_site, make_notebook):
    from service.web.conftest import Town
    from traitlets.config import Config

    config = Config({"Plans": {"plans": {"free": {"concurrent_runs": 0}}}})
    town = Town(start_site(config))
    town.site.publish("ada", name="digits")
    assert "has no batch runs" in town.page("ada", FORM).text
    assert town.person("ada").post(FORM).status_code == 403


def test_a_run_that_waits_is_stopped_from_its_page(digits):
    digits.send("ada", FORM)
    (run,) = runs(digits)
    here = f"@ada/digits/runs/{run['id']}"
    page = digits.page("ada", here)
    assert "It waits for its turn" in page.text and "Queued" in page.text
    assert page.all("form", action=f"/services/mlabs/{here}/stop")
    assert not digits.page("bob", here).all("form", action=f"/services/mlabs/{here}/stop")
    assert digits.send("ada", f"{here}/stop", form=here).headers["Location"].endswith(here)
    page = digits.page("ada", here)
    assert "Stopped" in page.text and "It was stopped" in page.text
    assert f"/services/mlabs/{FORM}?again={run['id']}" in page.links()


def test_the_list_of_runs_shows_what_waits(digits):
    digits.send("ada", FORM)
    page = digits.page("ada", "@ada/digits/runs")
    assert "Queued" in page.text and "in background" in page.text and "not begun" in page.text
    assert "live" not in digits.page("ada", "@ada/digits").text.split()


def test_once_more_with_what_it_had(digits):
    digits.send("ada", FORM, **{"parameter-rate": "0.5", "more": "extra = 1", "minutes": "2"})
    (first,) = runs(digits)
    digits.send("ada", f"@ada/digits/runs/{first['id']}/stop", form=f"@ada/digits/runs/{first['id']}")
    page = digits.page("ada", f"{FORM}?again={first['id']}")
    fields = {field["name"]: field.get("value") for field in page.all("input")}
    assert (fields["parameter-rate"], fields["again"], fields["minutes"]) == ("0.5", first["id"], "2")
    assert "extra = 1" in page.text
    again = {"again": first["id"], "parameter-rate": "0.7", "more": "extra = 1"}
    assert digits.send("ada", FORM, **again).status_code == 303
    run = next(each for each in runs(digits) if each["id"] != first["id"])
    assert (run["rerun_of"], run["parameters"], run["timeout"]) == (
        first["id"], {"rate": 0.7, "extra": 1}, 120,
    )  # fmt: skip
    assert "It repeats" in digits.page("ada", f"@ada/digits/runs/{run['id']}").text
