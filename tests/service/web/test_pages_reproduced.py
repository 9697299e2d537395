"""The badge and the line that say whether a lab was reproduced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from service.web.test_api_schedules import executed

from mlabs_ext import wire
from mlabs_ext.service.web.pages.reproduced import badge, state

BADGE = "@ada/mnist/reproduced.svg"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def words(svg):
    root = ElementTree.fromstring(svg)
    return root.find("{http://www.w3.org/2000/svg}title").text


@pytest.mark.parametrize(
    ("passed", "hours", "said"),
    [
        (True, 0, "reproduced today"),
        (True, -1, "reproduced today"),
        (True, 24, "reproduced 1 day ago"),
        (True, 73, "reproduced 3 days ago"),
        (False, 23, "failed today"),
        (False, 24 * 40, "failed 40 days ago"),
    ],
)
def test_what_it_says(passed, hours, said):
    found = wire.Reproduced(passed, 1, NOW - timedelta(hours=hours), "i", "r", "u")
    assert words(badge(*state(SimpleNamespace(reproduced=found), NOW))) == said


def again(town, status="succeeded"):
    """A re-run of ada's lab; the run."""
    ada = town.site.as_("ada")
    first = ada.post("api/v1/labs/ada/mnist/runs").json()["id"]
    executed(ada, first)
    run = ada.post("api/v1/labs/ada/mnist/runs", json={"rerun_of": first}).json()["id"]
    executed(ada, run, status)
    return run


def test_it_begins_as_not_yet_and_turns(town):
    answer = town.get(None, BADGE)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert words(answer.text) == "not reproduced yet"
    etag = answer.headers["Etag"]
    assert town.person(None).get(BADGE, headers={"If-None-Match": etag}).status_code == 304
    again(town)
    turned = town.person(None).get(BADGE, headers={"If-None-Match": etag})
    assert turned.status_code == 200
    assert words(turned.text).startswith("reproduced ")
    again(town, "failed")
    assert words(town.get(None, BADGE).text).startswith("failed ")


@pytest.mark.parametrize("who", [None, "ada", "admin"])
@pytest.mark.parametrize("lab", ["secret", "draft", "absent"])
def test_what_not_everybody_may_see_has_none(town, who, lab):
    assert town.get(who, f"@ada/{lab}/reproduced.svg").status_code == 404


def test_a_token_makes_no_difference(town):
    assert town.site.as_("ada").get("@ada/secret/reproduced.svg").status_code == 404
    assert town.get(None, "@ada/hidden/reproduced.svg").status_code == 200


def test_the_labs_page_says_it_and_leads_to_the_run(town):
    assert "eproduced 2" not in town.page(None, "@ada/mnist").text
    run = again(town)
    page = town.page(None, "@ada/mnist")
    assert "Reproduced 20 Nov 2026, 12:00 UTC in its recorded image" in page.text
    assert f"/services/mlabs/@ada/mnist/runs/{run}" in page.links()
    run = again(town, "failed")
    page = town.page(None, "@ada/mnist")
    assert "Could not be reproduced on" in page.text
    assert f"/services/mlabs/@ada/mnist/runs/{run}" in page.links()


def test_it_can_be_copied_where_others_may_see_it(town):
    url = f"{town.site.url}@ada/mnist"
    text = town.get("ada", "@ada/mnist").text
    assert f"[![Reproduced in MLabs]({url}/reproduced.svg)]({url})" in text
    assert "reproduced.svg" not in town.get("ada", "@ada/secret").text
