"""Servers whose time is over are stopped through JupyterHub, whatever happens to it and to the service."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from support.fake_hub import TOKEN, FakeHub
from support.rounds import going_on
from support.waiting import until
from traitlets.config import Config
from ulid import ULID

PLANS = {
    "free": {"longest_run": 3600},
    "long": {"groups": ["long"]},
    "hours": {"groups": ["hours"], "cpu_hours": 0.0001},
}
LONGEST = "Servers of the plan 'free' run at most 1 hour"


@pytest.fixture
def hub():
    hub = FakeHub()
    yield hub
    hub.close()


@pytest.fixture
def start(start_site, hub):
    """A service that enforces, as `mlabs-service` does while it serves."""
    with going_on() as begin:

        def start(url=None):
            config = Config({"Plans": {"plans": PLANS}, "Servers": {"check_interval": 0.05}})
            if url:
                config.Store.url = url
            site = start_site(config)
            site.service.hub.api_url, site.service.hub.token = hub.url, TOKEN
            begin(site, site.service.enforcement)
            return site

        yield start


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request):
    return None if request.param == "sqlite" else request.getfixturevalue("postgresql_emptied")


class Ledger:
    """What the real hub would report; `run` makes a server that began so many hours ago."""

    def __init__(self, site, hub):
        self.site, self.hub, self.api = site, hub, site.as_("spawner")

    def run(self, name, hours, **asked):
        id = self.ask(name, **asked)
        self.tell(id, started=datetime.now(UTC) - timedelta(hours=hours))
        return id

    def ask(self, name, user="ada", groups=()):
        id = str(ULID())
        asked = {"id": id, "user": user, "lab": f"{user}/{name}", "server": name, "environment": "python"}
        answer = self.api.post("api/v1/servers", json=asked | {"groups": list(groups)})
        assert answer.status_code == 201, answer.text
        self.hub.run(user, name)
        return id

    def tell(self, id, **moments):
        told = {name: moment.isoformat() for name, moment in moments.items()}
        answer = self.api.patch(f"api/v1/servers/{id}", json=told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self, user="ada"):
        return {
            server["server"]: server
            for server in self.site.as_(user).get("api/v1/me/servers").json()["items"]
        }


def test_a_server_that_ran_too_long_is_stopped_and_no_other(start, hub, url):
    ledger = Ledger(start(url), hub)
    ledger.run("young", 0.9)
    ledger.run("old", 1.1, user="bob")
    ledger.ask("not-started", user="cleo")
    ledger.run("old", 1.1)
    until(lambda: list(ledger.open()) == ["young"] and not ledger.open("bob"))
    assert sorted(hub.asked) == [("ada", "old"), ("bob", "old")]


def test_hours_that_are_used_up_stop_all_that_runs(start, hub):
    ledger = Ledger(start(), hub)
    for id in [ledger.ask(name, user="bob", groups=["hours"]) for name in ("a", "b")]:
        ledger.tell(id, started=datetime.now(UTC))
    until(lambda: not ledger.open("bob"))
    assert sorted(hub.asked) == [("bob", "a"), ("bob", "b")]


def test_the_reason_is_kept_and_the_hubs_word_on_the_end(start, hub):
    hub.slow = True
    ledger = Ledger(start(), hub)
    id = ledger.run("lab", 2)
    until(lambda: hub.asked)
    shown = ledger.open()["lab"]
    assert (shown["reason"], shown["ended"]) == (LONGEST, None)
    ended = datetime.now(UTC)
    told = ledger.tell(id, ended=ended)
    hub.finish()
    assert (told["reason"], datetime.fromisoformat(told["ended"])) == (LONGEST, ended)
    until(lambda: not ledger.site.service.enforcement.under_way)
    assert ledger.tell(id)["ended"] == told["ended"]


def test_a_server_that_the_hub_does_not_know_is_ended(start, hub):
    ledger = Ledger(start(), hub)
    ledger.run("lab", 2)
    hub.servers.clear()
    until(lambda: not ledger.open())


@pytest.mark.parametrize("status", [500, 503, 403])
def test_a_hub_that_fails_is_asked_again(start, hub, status, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.enforcement.PAUSE", 0.05)
    ledger = Ledger(start(), hub)
    hub.status = status
    ledger.run("lab", 2)
    until(lambda: len(hub.calls) > 3)
    assert ledger.open()["lab"]["reason"] == LONGEST
    hub.status = None
    until(lambda: not ledger.open())
    assert hub.asked == [("ada", "lab")]


def test_several_services_do_it_without_harm(start, hub, url):
    first = start(url)
    second = start(first.service.store.url)
    ledger = Ledger(first, hub)
    names = [f"lab-{n}" for n in range(10)]
    for name in names:
        ledger.run(name, 2)
    until(lambda: not ledger.open())
    assert set(hub.asked) == {("ada", name) for name in names}
    for site in (first, second):
        until(lambda site=site: not site.service.enforcement.under_way)


def test_a_plan_that_became_better_in_time_spares_the_server(start, hub):
    ledger = Ledger(start(), hub)
    id = ledger.run("lab", 0.99, user="bob")
    answer = ledger.site.as_("admin").put("api/v1/people/bob/plan", json={"plan": "long"})
    assert answer.status_code == 200
    ledger.tell(id)
    time.sleep(0.3)
    assert hub.asked == []


def test_a_start_of_the_same_name_is_not_stopped_for_the_one_before(start, hub):
    """The first session was stopped by hand, and started again, before its time was over."""
    ledger = Ledger(start(), hub)
    ledger.run("lab", 0.9)
    ledger.run("lab", 0)
    time.sleep(0.3)
    assert hub.asked == []
    assert list(ledger.open()) == ["lab"]


def test_watching_goes_on_after_a_failure(start, hub, monkeypatch, caplog):
    site = start()
    ledger = Ledger(site, hub)
    good, failed = site.service.servers.overdue, []

    def broken():
        if len(failed) < 3:
            failed.append(1)
            raise OSError("the disk is away")
        return good()

    monkeypatch.setattr(site.service.servers, "overdue", broken)
    ledger.run("lab", 2)
    until(lambda: not ledger.open())
    assert len(failed) == 3
    assert "could not be looked up" in caplog.text
