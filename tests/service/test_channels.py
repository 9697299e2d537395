"""A person chooses where they are told, and nothing goes to an address that they have not confirmed."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from msgspec import structs
from sqlalchemy import select

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Forbidden, TooMany, Unusable
from mlabs_ext.service.channels import NotificationSettings
from mlabs_ext.service.destinations import Destinations
from mlabs_ext.service.mail import Mail
from mlabs_ext.service.orm_notifications import Delivery
from mlabs_ext.service.seals import Seals

HOOK = "https://hooks.test/mlabs"


class Known(Destinations):
    def lookup(self, host, port):
        return [(socket.AF_INET, ("93.184.216.34" if host == "hooks.test" else "127.0.0.1", port))]


@pytest.fixture
def settings(rules):
    ways = {"destinations": Known(), "mail": Mail(host="smtp.test"), "seals": Seals(b"key")}
    return NotificationSettings(store=rules.store, addresses=rules.addresses, **ways)


def change(settings, viewer, **fields):
    return settings.change(viewer, wire.NotificationSettingsChange(**fields))


def outbox(rules):
    with rules.store.read() as session:
        return [(row.channel, row.kind) for row in session.scalars(select(Delivery).order_by(Delivery.id))]


def token(user="ada", email="ada@example.org", lasts=timedelta(days=1), purpose="confirm"):
    return Seals(b"key").seal(purpose, user, email, lasts=lasts)


def test_at_first_nothing_is_set(rules, settings):
    found = settings.get(rules.ada)
    assert (found.email, found.webhook, found.webhook_secret) == (None, None, None)
    assert (found.email_ends, found.webhook_ends, found.email_available) == ("all", "all", True)


def test_an_address_is_confirmed_by_the_link_that_was_mailed_to_it(rules, settings):
    found = change(settings, rules.ada, email="ada@example.org", email_ends="failures")
    assert (found.email, found.email_confirmed, found.email_ends) == ("ada@example.org", False, "failures")
    assert found.email_last.waiting
    assert outbox(rules) == [("email", "confirm")]
    with pytest.raises(Unusable):
        settings.test(rules.ada, "email")
    assert settings.confirm(rules.ada, token()).email_confirmed
    assert settings.confirm(rules.ada, token()).email_confirmed
    settings.test(rules.ada, "email")
    assert outbox(rules)[1:] == [("email", "test")]


@pytest.mark.parametrize(
    "given",
    [
        {"user": "bob"},
        {"email": "other@example.org"},
        {"lasts": timedelta(seconds=-1)},
        {"purpose": "unsubscribe"},
    ],
)
def test_another_link_confirms_nothing(rules, settings, given):
    change(settings, rules.ada, email="ada@example.org")
    for wrong in (token(**given), "", "x.y"):
        with pytest.raises(Unusable) as refused:
            settings.confirm(rules.ada, wrong)
        assert refused.value.code == "link_invalid"
    with pytest.raises(Unusable):
        settings.confirm(rules.bob, token())
    assert not settings.get(rules.ada).email_confirmed


def test_another_address_is_confirmed_anew(rules, settings):
    change(settings, rules.ada, email="ada@example.org")
    settings.confirm(rules.ada, token())
    assert change(settings, rules.ada, email="ada@example.org").email_confirmed
    assert not change(settings, rules.ada, email="ada@example.com").email_confirmed
    assert change(settings, rules.ada, email="").email is None
    assert not change(settings, rules.ada, email="ada@example.org").email_confirmed
    assert outbox(rules) == [("email", "confirm")] * 3


def test_nobody_is_flooded_with_confirmations(rules, settings):
    change(settings, rules.ada, email="ada@example.org")
    for _ in range(4):
        settings.ask_again(rules.ada)
    with pytest.raises(TooMany):
        settings.ask_again(rules.ada)
    with pytest.raises(TooMany):
        change(settings, rules.ada, email="victim@example.org")
    assert settings.get(rules.ada).email == "ada@example.org"
    change(settings, rules.bob, email="bob@example.org")


def test_tests_are_bounded_too(rules, settings):
    change(settings, rules.ada, webhook=HOOK)
    for _ in range(20):
        settings.test(rules.ada, "webhook")
    with pytest.raises(TooMany):
        settings.test(rules.ada, "webhook")


@pytest.mark.parametrize(
    "email",
    ["ada", "ada@", "@example.org", "a b@example.org", "ada@example.org\nBcc: eve@example.org", "a@b@c",
     "Ada <ada@example.org>", "ada@example..org", "ada@-x", "ada,eve@example.org", "ada@example.org\0"],
)  # fmt: skip
def test_what_is_no_address(rules, settings, email):
    with pytest.raises(Unusable) as refused:
        change(settings, rules.ada, email=email)
    assert refused.value.code == "email_invalid"
    assert outbox(rules) == []


def test_where_no_mail_is_sent_no_address_is_taken(rules, settings):
    settings.mail = Mail()
    with pytest.raises(Unusable) as refused:
        change(settings, rules.ada, email="ada@example.org")
    assert refused.value.code == "email_unavailable"
    assert not settings.get(rules.ada).email_available


def test_a_mails_link_ends_the_mails(rules, settings):
    change(settings, rules.ada, email="ada@example.org")
    settings.confirm(rules.ada, token())
    with pytest.raises(Unusable):
        settings.unsubscribe(token())
    gone = token(purpose="unsubscribe", lasts=None, email="old@example.org")
    assert settings.unsubscribe(gone) == "old@example.org"
    assert settings.get(rules.ada).email_ends == "all"
    assert settings.unsubscribe(token(purpose="unsubscribe", lasts=None)) == "ada@example.org"
    assert settings.get(rules.ada).email_ends == "none"
    assert settings.unsubscribe(token("nobody", purpose="unsubscribe")) == "ada@example.org"


def test_a_webhooks_secret_is_told_once(rules, settings):
    first = change(settings, rules.ada, webhook=HOOK)
    assert len(first.webhook_secret) == 64
    again = change(settings, rules.ada, webhook=f"{HOOK}2", webhook_ends="failures")
    assert again == structs.replace(first, webhook=f"{HOOK}2", webhook_ends="failures", webhook_secret=None)
    assert settings.get(rules.ada) == again
    renewed = settings.renew(rules.ada)
    assert renewed.webhook_secret not in (None, first.webhook_secret)
    assert change(settings, rules.ada, webhook=None).webhook is None
    with pytest.raises(Unusable):
        settings.renew(rules.ada)
    with pytest.raises(Unusable):
        settings.test(rules.ada, "webhook")
    assert change(settings, rules.ada, webhook=HOOK).webhook_secret != renewed.webhook_secret


@pytest.mark.parametrize("url", ["http://hooks.test/", "https://inner.test/", "https://127.0.0.1/", "hooks"])
def test_a_webhook_leads_to_the_public_internet(rules, settings, url):
    with pytest.raises(BadInput) as refused:
        change(settings, rules.ada, webhook=url, webhook_ends="none")
    assert refused.value.code == "address_refused"
    found = settings.get(rules.ada)
    assert (found.webhook, found.webhook_ends) == (None, "all")


def test_they_are_each_persons_own(rules, settings):
    change(settings, rules.ada, webhook=HOOK, email="ada@example.org")
    for other in (rules.bob, rules.admin):
        found = settings.get(other)
        assert (found.webhook, found.email, found.email_last) == (None, None, None)
    for call in (settings.get, settings.ask_again, settings.renew):
        with pytest.raises(Forbidden):
            call(rules.nobody)
