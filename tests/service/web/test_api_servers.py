"""Places for servers, their ends and plans over real HTTP, also asked for fifty times at once."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from traitlets.config import Config
from ulid import ULID

FREE = {"concurrent_servers": 4, "longest_run": 3600, "memory": "2G"}
PRO = {"groups": ["pro"], "gpu_hours": 20, "environments": ["python", "pytorch"]}


def request(user="ada", **fields):
    id = str(ULID())
    given = {"id": id, "user": user, "lab": f"{user}/lab", "server": f"s-{id[-8:].lower()}"}
    return given | {"environment": "python", "accelerator": "none", "admin": False, "groups": []} | fields


def configured(url=None, **plans):
    config = Config({"Plans": {"plans": plans}})
    if url:
        config.Store.url = url
    return config


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request):
    """The database that services share, None for a SQLite of the first one's own."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgresql_emptied")


@pytest.fixture
def site(start_site):
    return start_site(configured(free=FREE, pro=PRO))


@pytest.fixture
def hub(site):
    return site.as_("spawner")


def ask(hub, **fields):
    answer = hub.post("api/v1/servers", json=request(**fields))
    assert answer.status_code == 201, answer.text
    return answer.json()


def error(answer, status, code):
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    return answer.json()["error"]


@pytest.mark.parametrize("services", [1, 2], ids=["one service", "two services"])
def test_fifty_parallel_starts_with_one_place_left(start_site, url, services):
    first = start_site(configured(url, free=FREE))
    others = [start_site(configured(first.service.store.url, free=FREE)) for _ in range(services - 1)]
    hubs = [site.as_("spawner") for site in (first, *others)]
    for _ in range(3):
        ask(hubs[0])
    ready = Barrier(50)

    def start(n):
        body = request()
        ready.wait()
        return hubs[n % services].post("api/v1/servers", json=body)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(start, range(50)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 429: 49}
    for answer in answers:
        if answer.status_code == 429:
            error(answer, 429, "too_many_servers")
            assert int(answer.headers["Retry-After"]) > 0
    granted = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    mine = first.as_("ada").get("api/v1/me/servers").json()["items"]
    assert len(mine) == 4
    assert mine[-1]["id"] == granted


def test_one_request_sent_twenty_times_at_once_gets_one_place(start_site, url):
    site = start_site(configured(url, free={"concurrent_servers": 1}))
    hub, body = site.as_("spawner"), request()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: hub.post("api/v1/servers", json=body), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(site.as_("ada").get("api/v1/me/servers").json()["items"]) == 1


def test_a_servers_life(site, hub):
    grant = ask(hub, server="lab")
    assert grant["plan"] == "free"
    assert grant["memory"] == 2 << 30
    assert [grant["cpus"], grant["idle_timeout"]] == [None, None]
    path = f"api/v1/servers/{grant['id']}"
    began = datetime.now(UTC)
    told = {"started": began.isoformat(), "image": "mlabs/python:0123456789ab"}
    shown = hub.patch(path, json=told).json()
    assert datetime.fromisoformat(shown["ends"]) == began + timedelta(hours=1)
    assert hub.patch(path, json=told).json() == shown
    (end,) = hub.post("api/v1/servers/alive", json={"ids": [grant["id"], str(ULID())]}).json()["items"]
    reason = "Servers of the plan 'free' run at most 1 hour"
    assert end == {"id": grant["id"], "ends": shown["ends"], "reason": reason}
    (mine,) = site.as_("ada").get("api/v1/me/servers").json()["items"]
    assert mine == shown
    assert mine["server"] == "lab"
    assert site.as_("bob").get("api/v1/me/servers").json() == {"items": [], "next": None}
    ended = (began + timedelta(seconds=90.5)).isoformat()
    for moment in (ended, (began + timedelta(hours=9)).isoformat()):
        answer = hub.patch(path, json={"ended": moment, "reason": "It was stopped"})
        assert answer.status_code == 200
    me = site.as_("ada").get("api/v1/me").json()
    # Not equal: the month may end in these 90 seconds.
    assert 0 < me["usage"]["cpu_hours"] <= 90.5 / 3600
    assert me["usage"]["servers"] == 0


def test_me_says_what_the_plan_is_and_what_is_used_of_it(site, hub):
    me = site.as_("ada").get("api/v1/me").json()
    assert me["plan"]["name"] == "free"
    assert me["plan"]["limits"] == {
        "cpu_hours": None,
        "gpu_hours": None,
        "community_hours": None,
        "concurrent_servers": 4,
        "concurrent_runs": None,
        "memory": 2 << 30,
        "cpus": None,
        "storage": None,
        "longest_run": 3600,
        "idle_timeout": None,
        "environments": None,
        "accelerators": ["none"],
    }
    end = datetime.fromisoformat(me["period_end"])
    assert end > datetime.now(UTC)
    assert (end.day, end.hour, end.minute, end.second) == (1, 0, 0, 0)
    ask(hub)
    assert site.as_("ada").get("api/v1/me").json()["usage"]["servers"] == 1


def test_refusals_tell_what_to_do(site, hub):
    gpu = {"environment": "pytorch", "accelerator": "gpu"}
    told = error(hub.post("api/v1/servers", json=request(**gpu)), 403, "plan_forbids")
    assert told["message"].endswith("It is in the plan 'pro'; ask an administrator.")
    assert told["detail"] == {"plan": "free", "plans": ["pro"]}
    ask(hub, groups=["pro"], **gpu)
    error(hub.post("api/v1/servers", json=request(environment="nope")), 422, "environment_unknown")
    error(hub.post("api/v1/servers", json=request(lab="nope")), 400, "lab_reference_invalid")
    error(hub.post("api/v1/servers", json=request(id="short")), 422, "fields_invalid")
    error(hub.post("api/v1/servers", json={"id": str(ULID())}), 422, "fields_invalid")
    error(hub.post("api/v1/servers", content=b"{"), 400, "json_invalid")
    error(hub.patch(f"api/v1/servers/{ULID()}", json={}), 404, "server_not_found")
    id = ask(hub)["id"]
    for nonsense in ("2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        answer = hub.patch(f"api/v1/servers/{id}", json={"started": nonsense})
        error(answer, 422, "time_invalid")
    error(hub.patch(f"api/v1/servers/{id}", json={"started": "yesterday"}), 422, "fields_invalid")


def test_hours_that_are_used_up(start_site):
    site = start_site(configured(free={"cpu_hours": 0}))
    answer = site.as_("spawner").post("api/v1/servers", json=request())
    told = error(answer, 429, "plan_used_up")
    end = datetime.fromisoformat(told["detail"]["until"])
    wait = (end - datetime.now(UTC)).total_seconds()
    assert wait - 1 <= int(answer.headers["Retry-After"]) <= wait + 120


def test_administrators_see_people_and_change_their_plans(site, hub):
    ask(hub, user="bob")
    ask(hub, user="ada", groups=["pro"])
    admin = site.as_("admin")
    people = admin.get("api/v1/people").json()
    assert [(one["name"], one["plan"]["name"], one["override"]) for one in people["items"]] == [
        ("ada", "pro", None),
        ("bob", "free", None),
    ]
    assert [server["lab"] for server in people["items"][1]["servers"]] == ["bob/lab"]
    assert admin.get("api/v1/people?limit=1").json()["next"]
    given = admin.put("api/v1/people/bob/plan", json={"plan": "pro"})
    assert (given.status_code, given.json()["plan"]["name"], given.json()["override"]) == (200, "pro", "pro")
    assert site.as_("bob").get("api/v1/me").json()["plan"]["name"] == "pro"
    error(admin.put("api/v1/people/bob/plan", json={"plan": "gold"}), 422, "plan_unknown")
    taken = admin.delete("api/v1/people/bob/plan").json()
    assert (taken["plan"]["name"], taken["override"]) == ("free", None)
    for who in ("ada", None, "spawner"):
        assert site.as_(who).get("api/v1/people").status_code == 403
        assert site.as_(who).put("api/v1/people/ada/plan", json={"plan": "pro"}).status_code == 403


def test_an_administrator_in_a_browser_needs_the_xsrf_token(site):
    admin = site.session("admin")
    assert admin.put("api/v1/people/zoe/plan", json={"plan": "pro"}).status_code == 200
    forged = admin.put("api/v1/people/zoe/plan", json={"plan": "pro"}, headers={"X-XSRFToken": "forged"})
    assert forged.status_code == 403


def test_the_preflight_of_a_lab(site, hub):
    site.publish(name="plain")
    lab = site.as_("ada").post(
        "api/v1/labs", json={"name": "fast", "environment": "pytorch", "accelerator": "gpu"}
    )
    assert lab.status_code == 201
    ada = site.as_("ada")
    assert ada.get("api/v1/labs/ada/plain/preflight").json() == {
        "ok": True,
        "problems": [],
        "plan": "free",
        "cpu_hours_left": None,
        "gpu_hours_left": None,
        "community_hours_left": None,
        "places_left": 4,
    }
    flight = ada.get("api/v1/labs/ada/fast/preflight").json()
    assert not flight["ok"]
    assert [problem["code"] for problem in flight["problems"]] == ["plan_forbids"]
    assert site.as_("bob").get("api/v1/labs/ada/plain/preflight").status_code == 200
    assert site.as_(None).get("api/v1/labs/ada/plain/preflight").status_code == 403


def test_a_full_plan_is_a_507(start_site):
    site = start_site(configured(free={"storage": "1K"}))
    site.publish(name="first")
    answer = site.as_("ada").post("api/v1/labs", json={"notebook": notebook("x" * 1000)})
    told = error(answer, 507, "storage_full")
    assert told["detail"]["largest"][0]["lab"] == "ada/first"
    error(
        site.as_("ada").post("api/v1/labs/ada/first/versions", json={"notebook": notebook("y" * 1000)}),
        507,
        "storage_full",
    )
    assert site.as_("ada").delete("api/v1/me/trash").status_code == 204


def notebook(source):
    cell = {"id": "a", "cell_type": "markdown", "metadata": {}, "source": source}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}


def test_the_ledger_is_measured(site, hub):
    gpu = {"environment": "pytorch", "accelerator": "gpu", "groups": ["pro"]}
    id = ask(hub, **gpu)["id"]
    hub.patch(f"api/v1/servers/{id}", json={"started": datetime.now(UTC).isoformat()})
    ask(hub)
    told = site.as_("metrics").get("metrics").text
    assert 'mlabs_servers_open{accelerator="gpu",environment="pytorch"} 1.0' in told
    assert 'mlabs_servers_open{accelerator="none",environment="python"} 1.0' in told
    (hours,) = [line for line in told.splitlines() if line.startswith("mlabs_gpu_hours_this_month ")]
    assert 0 < float(hours.split()[1]) < 1


def test_what_is_there_at_a_restart_is_still_there(start_site):
    """The second service reads the same database: nothing of the ledger is in a process's memory."""
    first = start_site(configured(free=FREE, pro=PRO))
    hub = first.as_("spawner")
    id = ask(hub, server="lab")["id"]
    began = datetime.now(UTC).isoformat()
    hub.patch(f"api/v1/servers/{id}", json={"started": began})
    second = start_site(configured(first.service.store.url, free=FREE, pro=PRO))
    (mine,) = second.as_("ada").get("api/v1/me/servers").json()["items"]
    assert mine["id"] == id
    time.sleep(0.01)
    assert second.as_("ada").get("api/v1/me").json()["usage"]["cpu_hours"] > 0
