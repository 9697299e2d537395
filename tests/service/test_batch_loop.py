"""Batch runs are started and cleared away through JupyterHub, whatever happens to it and to the service."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from support.fake_hub import TOKEN, FakeHub
from support.rounds import going_on
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.names import run_server
from mlabs_ext.service import orm


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.batch_loop.ASK", 0.05)
    hub = FakeHub()
    yield hub
    hub.close()


@pytest.fixture
def start(start_site, hub):
    """A service whose loop runs; each call is another process on the same database."""
    with going_on() as begin:

        def start(url=None, **settings):
            config = Config({"BatchQueue": {"interval": 0.05, "linger": 0.1, **settings}})
            if url:
                config.Store.url = url
            site = start_site(config)
            site.service.hub.api_url, site.service.hub.token = hub.url, TOKEN
            begin(site, site.service.batch_loop)
            return site

        yield start


class Ada:
    """Asks for runs, and says what their servers would."""

    def __init__(self, site):
        self.site, self.api = site, site.as_("ada")
        site.publish("ada", name="mnist")

    def ask(self):
        answer = self.api.post("api/v1/labs/ada/mnist/runs", json={})
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"].endswith(answer.json()["id"])
        return answer.json()["id"]

    def get(self, run):
        return self.api.get(f"api/v1/runs/{run}").json()

    def until(self, run, *statuses):
        deadline = time.monotonic() + 30
        while (found := self.get(run))["status"] not in statuses:
            assert time.monotonic() < deadline, found
            time.sleep(0.02)
        return found

    def begin(self, run):
        body = {"id": run, "lab": "ada/mnist", "started": now(), "environment": "python", "kind": "batch"}
        assert self.api.post("api/v1/runs", json=body).json()["status"] == "running"

    def end(self, run, status="succeeded"):
        events = [{"seq": 1, "type": "end", "time": now(), "data": {"status": status}}]
        assert self.api.post(f"api/v1/runs/{run}/events", json={"events": events}).is_success


def now():
    return datetime.now(UTC).isoformat()


def test_a_run_has_a_server_until_it_has_ended(start, hub):
    ada = Ada(start())
    run = ada.ask()
    server = "ada", run_server(run)
    until(lambda: server in hub.servers)
    assert len(server[1]) == 30
    assert hub.options[server] == {"lab": "ada/mnist", "run": run}
    assert ada.get(run)["status"] == "starting"
    ada.begin(run)
    ada.end(run)
    until(lambda: server not in hub.servers)
    assert hub.started == [server]
    assert set(hub.asked) == {server}
    until(lambda: not ada.site.service.batch_loop.under_way)
    assert ada.get(run)["status"] == "succeeded"


def test_a_start_that_is_refused(start, hub):
    ada = Ada(start())
    hub.refusal = 404, "There is no such image."
    run = ada.until(ada.ask(), "failed")
    assert run["error"] == {"ename": "NotStarted", "evalue": "There is no such image.", "cell": None}
    assert len(hub.started) == 1


def test_a_start_that_fails_later(start, hub):
    ada = Ada(start())
    hub.failure = "The image could not be started."
    run = ada.until(ada.ask(), "failed")
    assert run["error"]["evalue"] == "The image could not be started."


def test_one_that_has_no_place_waits(start, hub):
    ada = Ada(start())
    hub.refusal = 429, "Too many servers start now."
    run = ada.ask()
    until(lambda: hub.started and ada.get(run)["status"] == "queued")
    time.sleep(0.3)
    assert len(hub.started) == 1, "asked again before the time that the hub named"
    assert ada.get(run)["error"] is None


def test_a_hub_that_is_away_is_asked_again(start, hub, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.batch_state.wait_at_least", lambda batch, now, seconds: now)
    ada = Ada(start(max_tries=2))
    hub.status = 502
    run = ada.ask()
    until(lambda: len(hub.calls) > 8)
    assert ada.get(run)["status"] in ("queued", "starting")
    hub.status = None
    until(lambda: ("ada", run_server(run)) in hub.servers)


def test_a_process_that_was_killed_is_followed_by_the_next(start, hub):
    """It had claimed a run and never come to ask the hub, or had asked and not heard."""
    first = start()
    ada = Ada(first)
    hub.status = 502
    runs = [ada.ask(), ada.ask()]
    until(lambda: len(hub.calls) > 2)
    asyncio.run_coroutine_threadsafe(first.service.batch_loop.close(), first.loop).result(10)
    with first.service.store.write() as session:
        session.execute(update(orm.Run).values(status="starting"))
    hub.run("ada", run_server(runs[1]))
    hub.status = None
    second = start(first.service.store.url)
    until(lambda: ("ada", run_server(runs[0])) in hub.servers)
    for run in runs:
        ada.begin(run)
        ada.end(run)
    until(lambda: not hub.servers)
    until(lambda: not second.service.batch_loop.under_way)
    assert [ada.get(run)["status"] for run in runs] == ["succeeded", "succeeded"]


def test_a_server_from_which_nothing_comes(start, hub):
    ada = Ada(start(alive_within=0.3))
    run = ada.until(ada.ask(), "lost")
    assert run["reason"] == "lost"
    until(lambda: not hub.servers)


def test_a_run_that_does_not_stop_loses_its_server(start, hub):
    ada = Ada(start(stop_patience=0.3))
    run = ada.ask()
    until(lambda: ("ada", run_server(run)) in hub.servers)
    ada.begin(run)
    answer = ada.api.post(f"api/v1/runs/{run}/stop")
    assert (answer.status_code, answer.json()["stopping"]) == (202, True)
    until(lambda: ("ada", run_server(run)) in hub.asked)


def test_one_that_is_stopped_while_it_starts(start, hub):
    ada = Ada(start())
    run = ada.ask()
    until(lambda: ("ada", run_server(run)) in hub.servers)
    assert ada.api.post(f"api/v1/runs/{run}/stop").json()["status"] == "stopped"
    until(lambda: not hub.servers)


def test_looking_goes_on_after_a_failure(start, hub, monkeypatch, caplog):
    site = start()
    ada = Ada(site)
    good, failed = site.service.batch_queue.claim, []

    def broken():
        if len(failed) < 3:
            failed.append(1)
            raise OSError("the disk is away")
        return good()

    monkeypatch.setattr(site.service.batch_queue, "claim", broken)
    run = ada.ask()
    until(lambda: ("ada", run_server(run)) in hub.servers)
    assert "could not be looked up" in caplog.text
