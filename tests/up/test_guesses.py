"""Wrong passwords: how many an address has, how they come back, and whose address it is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from jupyterhub.auth import Authenticator
from tornado.httputil import HTTPHeaders

from mlabs_ext.up import guesses
from mlabs_ext.up.authenticator import OnePassword, TooManyGuesses, asker
from mlabs_ext.up.guesses import Guesses


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(guesses, "monotonic", lambda: now.seconds)
    return now


def test_some_at_once_and_then_one_at_a_time(clock):
    counted = Guesses(3, 30)
    for _ in range(3):
        assert counted.wait("192.0.2.1") == 0
        counted.wrong("192.0.2.1")
    assert counted.wait("192.0.2.1") == 30
    assert counted.wait("192.0.2.2") == 0
    clock.seconds += 29
    assert counted.wait("192.0.2.1") == 1
    clock.seconds += 1
    assert counted.wait("192.0.2.1") == 0
    counted.wrong("192.0.2.1")
    assert counted.wait("192.0.2.1") == 30
    clock.seconds += 90
    for _ in range(3):
        assert counted.wait("192.0.2.1") == 0
        counted.wrong("192.0.2.1")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("unknown", "unknown", True),
    ],
)
def test_a_subscriber_has_one_count(clock, first, second, same):
    counted = Guesses(1, 30)
    counted.wrong(first)
    assert bool(counted.wait(second)) is same


def test_memory_is_bounded(clock, monkeypatch):
    monkeypatch.setattr(guesses, "MOST", 100)
    counted = Guesses(1, 30)
    for number in range(1000):
        counted.wrong(f"198.51.{number // 256}.{number % 256}")
    assert len(counted._clean) == 100


def request(*forwarded: str, **headers: str) -> SimpleNamespace:
    said = HTTPHeaders(headers)
    for one in forwarded:
        said.add("X-Forwarded-For", one)
    context = SimpleNamespace(address=("127.0.0.1", 40000))
    return SimpleNamespace(headers=said, connection=SimpleNamespace(context=context), remote_ip="6.6.6.6")


@pytest.mark.parametrize(
    ("asked", "trusted", "whose"),
    [
        (request(), (), "127.0.0.1"),
        (request("192.0.2.1"), (), "192.0.2.1"),
        (request("6.6.6.6, 192.0.2.1"), (), "192.0.2.1"),
        (request("6.6.6.6", "192.0.2.1"), (), "192.0.2.1"),
        (request("192.0.2.1", **{"X-Real-IP": "6.6.6.6"}), (), "192.0.2.1"),
        (request("192.0.2.1, 127.0.0.1"), (), "127.0.0.1"),
        (request("192.0.2.1, 127.0.0.1"), ("127.0.0.1",), "192.0.2.1"),
        (request("6.6.6.6, 192.0.2.1, 127.0.0.1"), ("127.0.0.1",), "192.0.2.1"),
    ],
    ids=["nobody between", "the proxy says", "forged before it", "forged twice", "another header",
         "a proxy that is not named", "one that is", "forged before both"],
)  # fmt: skip
def test_whose_address_it_is(asked, trusted, whose):
    assert asker(asked, trusted) == whose


async def test_who_guesses_on_and_on_is_not_heard_and_others_are(clock):
    one: Authenticator = OnePassword(password="right", guesses=2)
    guesser = SimpleNamespace(request=request("192.0.2.1"))
    for wrong in ("", "wrong"):
        assert await one.authenticate(guesser, {"username": "admin", "password": wrong}) is None
    for password in ("wrong", "right"):
        with pytest.raises(TooManyGuesses, match="Try again in 30 s") as refused:
            await one.authenticate(guesser, {"username": "admin", "password": password})
        assert refused.value.status_code == 429
        assert refused.value.headers == {"Retry-After": "30"}
    other = SimpleNamespace(request=request("192.0.2.2"))
    assert await one.authenticate(other, {"username": "ada", "password": "right"}) == "ada"
    clock.seconds += 30
    assert await one.authenticate(guesser, {"username": "ada", "password": "right"}) == "ada"


async def test_without_a_password_nobody_comes_in():
    one, anybody = OnePassword(), SimpleNamespace(request=request())
    assert await one.authenticate(anybody, {"username": "a", "password": ""}) is None
