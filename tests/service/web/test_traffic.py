"""Too many requests of one address or one person, over HTTP and through the proxy that MLabs brings."""

from __future__ import annotations

import httpx
import pytest
from service.test_live_proxy import through_proxy
from service.watched_runs import begin, printed, tell
from traitlets.config import Config

__all__ = ["through_proxy"]
CLASS, OTHER = "203.0.113.7", "203.0.113.8"


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """A clock that stands still: a slow machine would get back what it spends."""
    monkeypatch.setattr("mlabs_ext.service.traffic.monotonic", lambda: 1000.0)


@pytest.fixture
def limited(start_site):
    """Starts a service with these limits, which has a lab."""

    def start(**limits):
        site = start_site(Config({"Traffic": limits}))
        site.publish(name="x")
        return site

    return start


def from_(site, address: str, **headers: str) -> httpx.Client:
    """Somebody signed out, as the proxy passes them on."""
    return site.client(**{"X-Forwarded-For": address, **headers})


def test_an_address_that_asks_too_much_is_asked_to_wait(limited):
    site = limited(per_address=4)
    reader = from_(site, CLASS)
    # Two of the four are answered with what is kept.
    for path in ("embed/@ada/x", "embed/@ada/x", "embed/@ada/x", "api/v1/labs/ada/x"):
        assert reader.get(path).status_code == 200
    refused = reader.get("api/v1/labs/ada/x")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 15
    error = refused.json()["error"]
    assert (error["status"], error["code"]) == (429, "too_many_requests")
    assert error["detail"]["retry_after"] == int(refused.headers["Retry-After"])
    for path in ("@ada/x", "embed/@ada/x", "render/@ada/x/v/1"):
        page = reader.get(path)
        assert (page.status_code, page.headers["Content-Type"]) == (429, "text/html; charset=utf-8")
        assert "You can go on in" in page.text
        assert page.headers["Retry-After"]
    # What it says of itself does not make it somebody else.
    for forged in ({"X-Forwarded-For": f"{OTHER},{CLASS}"}, {"X-Real-Ip": OTHER}):
        assert reader.get("api/v1/labs/ada/x", headers=forged).status_code == 429
    assert from_(site, OTHER).get("embed/@ada/x").status_code == 200
    assert reader.get("healthz").status_code == 200
    # People who are signed in do not suffer for those around them.
    assert site.as_("ada").get("api/v1/me", headers={"X-Forwarded-For": CLASS}).status_code == 200


def test_a_person_is_counted_and_what_their_servers_report_is_not(limited):
    site = limited(per_person=8, per_address=1)
    run = begin(site)
    # Two of the eight are for signing in; tokens and sessions are the same person's.
    bob = site.session("bob")
    asked = [client.get("api/v1/me").status_code for client in [bob, site.as_("bob")] * 3]
    assert asked == [200] * 6
    assert site.as_("bob").get("api/v1/me").status_code == 429
    refused = bob.get("me")
    assert refused.status_code == 429
    assert "You can go on in" in refused.text
    for seq in range(1, 11):
        tell(site, run, printed(seq))
    hub = site.as_("spawner")
    assert {hub.get("api/v1/labs/ada/x/runtime").status_code for _ in range(10)} == {200}


def test_a_wrong_token_counts_for_its_address(limited):
    site = limited(per_address=2)
    wrong = from_(site, CLASS, Authorization="token wrong")
    assert [wrong.get("api/v1/me").status_code for _ in range(3)] == [403, 403, 429]


COSTLY = {
    "search": "?q=x",
    "search by API": "api/v1/labs?q=x",
    "feed of a search": "feed.atom?q=x",
    "comparison": "@ada/x/compare/1...1",
    "comparison by API": "api/v1/labs/ada/x/compare/1...1",
    "script": "@ada/x/v/1/script",
    "some cells": "render/@ada/x/v/1?cells=1",
}


@pytest.fixture(scope="module")
def costly_site(migrated, tmp_path_factory):
    from service.conftest import services

    with services(migrated, tmp_path_factory.mktemp("costly")) as start:
        site = start(Config({"Traffic": {"costly": 1}}))
        site.publish(name="x")
        site.as_(None).get("render/@ada/x/v/1")
        yield site


@pytest.mark.parametrize("path", COSTLY.values(), ids=COSTLY)
def test_what_is_costly_has_a_limit_of_its_own(costly_site, path):
    reader = from_(costly_site, f"198.51.100.{list(COSTLY.values()).index(path)}")
    assert reader.get(path).status_code == 200
    again = reader.get(f"{path}{'&' if '?' in path else '?'}again=")
    assert (again.status_code, "Retry-After" in again.headers) == (429, True)
    assert reader.get("api/v1/labs/ada/x").status_code == 200


def test_the_proxy_says_who_asks(site, through_proxy):
    """Through the real proxy an address cannot be forged, though it passes on what clients say."""
    from mlabs_ext.service.traffic import Traffic

    site.service.traffic = Traffic(per_address=1, trusted=["127.0.0.1"])
    site.publish(name="x")
    url = f"{through_proxy.base_url}api/v1/labs/ada/x"

    def ask(address: str, **forged: str) -> int:
        with httpx.Client(transport=httpx.HTTPTransport(local_address=address)) as client:
            return client.get(url, headers=forged).status_code

    assert ask("127.0.0.2") == 200
    assert ask("127.0.0.2") == 429
    for name in ("X-Forwarded-For", "X-Real-Ip", "Forwarded"):
        assert ask("127.0.0.2", **{name: OTHER}) == 429
    assert ask("127.0.0.3") == 200
