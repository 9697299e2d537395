"""What people chose to be told arrives at real servers, once, also after a restart."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from support.post_office import mailbox, receiver
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.service.deliveries import LEASE
from mlabs_ext.service.orm_notifications import Channels, Delivery

SITE = "https://labs.example.org/services/mlabs/"


@pytest.fixture
def box():
    with mailbox() as box:
        yield box


@pytest.fixture
def hook():
    with receiver() as hook:
        yield hook


@pytest.fixture
def start(start_site, box, hook):
    """A service whose loop runs; each call is another process on the same database."""
    watching = []

    def start(url=None, watch=True, **deliveries):
        config = Config(
            Mail={
                "host": "127.0.0.1",
                "port": box.port,
                "tls": "none",
                "sender": "MLabs <mlabs@example.org>",
            },
            Destinations={"allow_http": True, "allowed_networks": ["127.0.0.0/8"], "ports": [hook.port]},
            Deliveries={"interval": 0.05, "pauses": [0.1, 0.1], **deliveries},
        )
        if url:
            config.Store.url = url
        site = start_site(config, public_url="https://labs.example.org")
        if watch:
            watching.append((site.loop, _on(site, begin(site))))
        return site

    yield start
    for loop, task in watching:
        asyncio.run_coroutine_threadsafe(end(task), loop).result(10)


def _on(site, work):
    return asyncio.run_coroutine_threadsafe(work, site.loop).result(20)


async def begin(site):
    return asyncio.create_task(site.service.telling.loop.watch())


async def end(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def choose(site, **fields):
    answer = site.as_("ada").patch("api/v1/me/notifications/settings", json=fields)
    assert answer.is_success, answer.text
    return answer.json()


def confirmed(site, email="ada@example.org"):
    """ada's address, as if she had confirmed it."""
    choose(site, email=email)
    with site.service.store.write() as session:
        session.execute(update(Channels).values(confirmed=datetime.now(UTC)))


def ended(site, title="MNIST"):
    """A background run of ada's that ends; its id."""
    ada = site.as_("ada")
    if not ada.get("api/v1/labs/ada/mnist").is_success:
        site.publish("ada", name="mnist", title=title)
    run = ada.post("api/v1/labs/ada/mnist/runs", json={}).json()["id"]
    assert ada.post(f"api/v1/runs/{run}/stop").is_success
    return run


def deliveries(site):
    with site.service.store.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def test_mail_from_the_confirmation_to_the_last(start, box):
    site = start()
    choose(site, email="ada@example.org")
    (asked,) = until(lambda: box.messages)
    assert asked["To"] == "ada@example.org"
    assert "List-Unsubscribe" not in asked
    token = re.search(rf"{SITE}me/settings/confirm\?token=([\w.-]+)", asked.get_content())[1]
    ended(site)
    until(lambda: all(each.ended for each in deliveries(site)))
    assert len(box.messages) == 1
    ada = site.session("ada")
    headers = {"Sec-Fetch-Mode": "navigate"}
    assert ada.post("me/settings/confirm", data={"token": token}, headers=headers).status_code == 303
    run = ended(site)
    told = until(lambda: box.messages[1:])[0]
    assert (told["Subject"], told["From"]) == ("“MNIST” was stopped", "MLabs <mlabs@example.org>")
    text = told.get_content()
    assert f"{SITE}@ada/mnist/runs/{run}" in text
    assert f"{SITE}me/settings" in text
    link = told["List-Unsubscribe"].strip("<>")
    assert link.startswith(f"{SITE}unsubscribe?token=")
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    once = site.as_(None).post(link.removeprefix(SITE), data={"List-Unsubscribe": "One-Click"})
    assert once.status_code == 200
    assert site.as_("ada").get("api/v1/me/notifications/settings").json()["email_ends"] == "none"
    ended(site)
    assert len(deliveries(site)) == 2


def test_a_title_is_no_header(start, box):
    site = start()
    confirmed(site)
    until(lambda: all(each.ended for each in deliveries(site)))
    ended(site, "MNIST\r\nBcc: eve@example.org\r\n\r\n" + "x" * 150)
    (told,) = until(lambda: [each for each in box.messages if "stopped" in each.get_content()])
    assert told["Bcc"] is None
    assert "Bcc: eve@example.org" in told["Subject"]


def test_a_webhook_gets_what_its_receiver_can_check(start, hook):
    site = start()
    secret = choose(site, webhook=hook.url)["webhook_secret"]
    run = ended(site)
    (post,) = until(lambda: hook.posts)
    stamp = post.headers["X-MLabs-Timestamp"]
    assert abs(time.time() - int(stamp)) < 60
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + post.body, hashlib.sha256).hexdigest()
    assert post.headers["X-MLabs-Signature"] == f"sha256={expected}"
    said = json.loads(post.body)
    assert said["event"] == post.headers["X-MLabs-Event"] == "run.ended"
    assert said["delivery"] == post.headers["X-MLabs-Delivery"]
    assert said["run"] == site.as_("ada").get(f"api/v1/runs/{run}").json()
    assert said["url"] == f"{SITE}@ada/mnist/runs/{run}"
    last = until(lambda: _last(site, "webhook", waiting=False))
    assert last["error"] is None


def _last(site, channel, waiting):
    last = site.as_("ada").get("api/v1/me/notifications/settings").json()[f"{channel}_last"]
    return last if last["waiting"] is waiting else None


def test_it_is_tried_again_until_it_arrives(start, hook):
    site = start()
    choose(site, webhook=hook.url)
    hook.status = 500
    ended(site)
    until(lambda: hook.posts)
    hook.status = 200
    assert until(lambda: _last(site, "webhook", waiting=False))["error"] is None
    assert len({post.headers["X-MLabs-Delivery"] for post in hook.posts}) == 1


def test_in_the_end_it_is_given_up_and_said(start, hook):
    site = start()
    choose(site, webhook=hook.url)
    hook.status, hook.location = 302, "http://127.0.0.1/elsewhere"
    ended(site)
    last = until(lambda: _last(site, "webhook", waiting=False))
    assert "redirect (302)" in last["error"]
    assert len(hook.posts) == 3


def test_an_address_that_has_become_an_inner_one_gets_nothing(start, hook):
    site = start()
    choose(site, webhook=hook.url)
    site.service.telling.destinations.allowed_networks = []
    ended(site)
    last = until(lambda: _last(site, "webhook", waiting=False))
    assert "inside a network" in last["error"]
    assert hook.posts == []


def test_a_refused_address_is_tried_once(start, box):
    site = start()
    confirmed(site)
    until(lambda: all(each.ended for each in deliveries(site)))
    box.refusal = "550 There is no ada here"
    ended(site)
    last = until(lambda: _last(site, "email", waiting=False))
    assert "550 There is no ada here" in last["error"]
    assert deliveries(site)[-1].tries == 1


def test_what_was_left_arrives_after_a_restart(start, hook, tmp_path):
    before = start(watch=False)
    url = f"sqlite:///{before.service.store.directory}/mlabs.sqlite"
    choose(before, webhook=hook.url)
    runs = [ended(before) for _ in range(3)]
    # One of them was under way when the process died.
    (taken,) = before.service.telling.deliveries.claim(1)
    with before.service.store.write() as session:
        past = datetime.now(UTC) - LEASE - timedelta(seconds=1)
        session.execute(update(Delivery).where(Delivery.id == taken.id).values(due=past))
    start(url)
    until(lambda: len(hook.posts) == 3)
    assert {json.loads(post.body)["run"]["id"] for post in hook.posts} == set(runs)


@pytest.mark.postgresql
def test_two_services_send_once(start, hook, postgresql_emptied):
    first, second = start(postgresql_emptied), start(postgresql_emptied)
    choose(first, webhook=hook.url)
    runs = [ended(site) for site in (first, second) for _ in range(5)]
    until(lambda: all(each.ended for each in deliveries(first)))
    assert sorted(json.loads(post.body)["run"]["id"] for post in hook.posts) == sorted(runs)
    assert {each.error for each in deliveries(first)} == {None}


def test_a_stop_waits_for_no_slow_receiver(start, hook):
    site = start()
    choose(site, webhook=hook.url)
    hook.gate.clear()
    ended(site)
    until(lambda: hook.posts)
    began = time.monotonic()
    _on(site, site.service.telling.loop.close())
    assert time.monotonic() - began < 5
    (left,) = deliveries(site)
    assert left.ended is None


def test_a_fault_of_ours_is_logged_and_said(start, hook, caplog, monkeypatch):
    site = start(pauses=[])
    choose(site, webhook=hook.url)
    monkeypatch.setattr(site.service.telling.loop.letters, "webhook", lambda *_: 1 / 0)
    ended(site)
    last = until(lambda: _last(site, "webhook", waiting=False))
    assert "the service's log" in last["error"]
    assert "ZeroDivisionError" in caplog.text


def test_a_test_says_at_once_how_it_went(start, hook, box):
    site = start(watch=False)
    ada = site.as_("ada")
    choose(site, webhook=hook.url)
    good = ada.post("api/v1/me/notifications/test", json={"channel": "webhook"}).json()["webhook_last"]
    assert (good["waiting"], good["error"]) == (False, None)
    said = json.loads(hook.posts[0].body)
    assert (said["event"], said["run"], said["url"]) == ("test", None, f"{SITE}me/settings")
    hook.status = 500
    bad = ada.post("api/v1/me/notifications/test", json={"channel": "webhook"}).json()["webhook_last"]
    assert (bad["waiting"], bad["error"]) == (False, "It answered with the status 500.")
    confirmed(site)
    sent = ada.post("api/v1/me/notifications/test", json={"channel": "email"}).json()["email_last"]
    assert (sent["waiting"], sent["error"]) == (False, None)
    assert [message["Subject"] for message in box.messages] == ["A test from MLabs"]
