"""The page by which a lab runs by itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlabs_ext.service import orm
from mlabs_ext.service.orm_schedule import Schedule
from mlabs_ext.service.web.pages.schedule import spoken

HERE = "@ada/mnist/schedule"
API = "api/v1/labs/ada/mnist/schedule"


def schedule(town):
    return town.site.as_("ada").get(API).json()


def test_a_preset_is_one_press_and_shows_the_next_times(town):
    answer = town.send(
        "ada", HERE, preset="weekly", cron="ignored", timezone="Europe/Berlin", image="recorded"
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/services/mlabs/{HERE}")
    found = schedule(town)
    assert (found["cron"], found["timezone"], found["image"]) == ("0 6 * * 1", "Europe/Berlin", "recorded")
    page = town.page("ada", HERE)
    for at in found["upcoming"]:
        assert spoken(datetime.fromisoformat(at), "Europe/Berlin") in page.text
    assert page.all("input", name="preset", value="weekly", checked=None)
    assert page.all("option", value="America/New_York")


def test_everything_that_was_entered_is_in_the_form_again(town):
    entered = {
        "preset": "own", "cron": "15 4 * * 2", "timezone": "UTC", "image": "current", "minutes": "1.5",
        "more": 'rate = 0.5\nname = "a"',
    }  # fmt: skip
    assert town.send("ada", HERE, **entered).status_code == 303
    found = schedule(town)
    assert (found["timeout"], found["parameters"]) == (90, {"rate": 0.5, "name": "a"})
    page = town.page("ada", HERE)
    assert page.all("input", name="cron", value="15 4 * * 2")
    assert page.all("input", name="preset", value="own", checked=None)
    assert page.all("input", name="image", value="current", checked=None)
    assert page.all("input", name="minutes", value="1.5")
    assert "rate = 0.5" in page.text


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({"preset": "own", "cron": "0 25 * * *"}, "it takes 0 to 23"),
        ({"preset": "own", "cron": ""}, "Write five fields"),
        ({"preset": "own", "cron": "* * * * *"}, "runs too often"),
        ({"timezone": "Berlin"}, "no time zone"),
        ({"minutes": "soon"}, "number of minutes"),
        ({"more": "nothing"}, "name = value"),
        ({"image": "none"}, "cannot be used"),
    ],
)
def test_what_does_not_fit_is_told_and_kept(town, entered, words):
    answer = town.send("ada", HERE, **{"cron": "1 2 3 4 5", **entered})
    assert answer.status_code == 422
    assert words in answer.text
    if "cron" not in entered:
        assert 'value="1 2 3 4 5"' in answer.text
    assert town.site.as_("ada").get(API).status_code == 404


def test_pause_resume_and_remove(town):
    town.send("ada", HERE, preset="daily")
    town.send("ada", HERE, do="pause")
    page = town.page("ada", HERE)
    assert "It was paused by hand" in page.text
    assert page.all("button", value="resume") and not page.all("button", value="pause")
    assert "Its schedule is paused" in town.page("ada", "@ada/mnist").text
    town.send("ada", HERE, do="resume")
    assert schedule(town)["next"]
    assert "Its schedule : next" in town.page("ada", "@ada/mnist").text
    town.send("ada", HERE, do="remove")
    assert town.site.as_("ada").get(API).status_code == 404
    assert "It runs by itself" not in town.page("ada", HERE).text


def test_why_it_paused_itself_and_what_was_skipped_is_said(town):
    town.send("ada", HERE, preset="daily")
    now = datetime.now(UTC)
    with town.site.service.store.write() as session:
        row = session.query(Schedule).one()
        row.paused, row.next, row.reason, row.note, row.noted = now, None, "It failed <b>.", "Skipped.", now
    page = town.page("ada", HERE)
    assert "It paused itself" in page.text and "It failed <b>." in page.text and "Skipped." in page.text


def test_only_its_owner_and_the_administrator_have_the_page(town):
    town.page("bob", HERE, 404)
    assert town.get(None, HERE).status_code == 302
    town.send("ada", HERE, preset="daily")
    page = town.page("admin", HERE)
    assert page.all("button", value="pause") and not page.all("input", name="cron")


def test_where_it_is_found(town):
    here = f"/services/mlabs/{HERE}"
    assert here in town.page("ada", "@ada/mnist").links()
    assert here in town.page("ada", "run/@ada/mnist").links()
    assert here not in town.page("bob", "@ada/mnist").links()
    assert "Publish it first" in town.page("ada", "@ada/draft/schedule").text


def test_a_scheduled_run_says_so(town):
    run = town.site.as_("ada").post("api/v1/labs/ada/mnist/runs").json()["id"]
    assert "It was scheduled" not in town.page("ada", f"@ada/mnist/runs/{run}").text
    with town.site.service.store.write() as session:
        session.query(orm.Run).filter(orm.Run.id == run).one().scheduled = True
    assert "It was scheduled: see the lab's schedule" in town.page("ada", f"@ada/mnist/runs/{run}").text
    theirs = town.page(None, f"@ada/mnist/runs/{run}")
    assert "It was scheduled." in theirs.text
    assert f"/services/mlabs/{HERE}" not in theirs.links()
    for path in ("@ada/mnist/runs", "@ada/mnist"):
        assert "scheduled" in town.page(None, path).text


def test_an_unknown_button_changes_nothing(town):
    assert town.send("ada", HERE, do="explode").status_code == 400
