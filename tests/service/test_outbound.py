"""Requests go to the machine that was checked, once, and end in time."""

from __future__ import annotations

import socket
import ssl
import time

import pytest
from support.post_office import certificate, receiver

from mlabs_ext.errors import BadInput, Unavailable
from mlabs_ext.service.destinations import Destinations
from mlabs_ext.service.outbound import Outbound


class Changing(Destinations):
    """A name whose address is another one at each look-up."""

    answers: list[str]
    asked = 0

    def lookup(self, host, port):
        address = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(socket.AF_INET, (address, port))]


@pytest.fixture
def hook():
    with receiver() as hook:
        yield hook


@pytest.fixture
def make():
    made = []

    def make(kind=Destinations, port=None, answers=None, allowed=("127.0.0.0/8",), **given):
        rules = kind(allow_http=True, allowed_networks=list(allowed), ports=[port])
        if answers:
            rules.answers = answers
        made.append(Outbound(destinations=rules, **given))
        return made[-1]

    yield make
    for outbound in made:
        outbound.close()


async def test_it_arrives(hook, make):
    assert await make(port=hook.port).post(hook.url, b"{}", {"X-Test": "1"}) == 204
    (post,) = hook.posts
    assert (post.path, post.body, post.headers["X-Test"]) == ("/hook", b"{}", "1")


async def test_an_address_that_changes_after_it_was_looked_up_leads_nowhere_else(hook, make):
    with receiver("127.0.0.2", hook.port) as other:
        outbound = make(Changing, hook.port, ["127.0.0.1", "127.0.0.2"])
        assert await outbound.post(f"http://rebound.test:{hook.port}/", b"{}", {}) == 204
        assert outbound.destinations.asked == 1
        assert (len(hook.posts), len(other.posts)) == (1, 0)


async def test_an_address_that_changes_after_it_was_entered_is_refused(hook, make):
    outbound = make(Changing, hook.port, ["93.184.216.34", "127.0.0.1"], allowed=[])
    url = f"http://rebound.test:{hook.port}/"
    outbound.destinations.check(url)
    with pytest.raises(BadInput) as refused:
        await outbound.post(url, b"{}", {})
    assert refused.value.code == "address_refused"
    assert hook.posts == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "[::ffff:127.0.0.1]"])
async def test_nothing_is_sent_where_nothing_may_be(hook, make, host):
    with pytest.raises(BadInput):
        await make(port=hook.port, allowed=[]).post(f"http://{host}:{hook.port}/", b"{}", {})
    assert hook.posts == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(hook, make, status):
    with receiver() as inner:
        hook.status, hook.location = status, inner.url
        assert await make(port=hook.port).post(hook.url, b"{}", {}) == status
        assert inner.posts == []


async def test_a_proxy_of_the_environments_is_not_asked(hook, make, monkeypatch):
    with receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await make(port=hook.port).post(hook.url, b"{}", {}) == 204
        assert proxy.posts == []


async def test_who_does_not_answer_is_given_up(hook, make):
    hook.gate.clear()
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"within 0\.2 seconds"):
        await make(port=hook.port, timeout=0.2).post(hook.url, b"{}", {})
    assert time.monotonic() - began < 10


async def test_an_endless_answer_is_not_read(hook, make):
    hook.status, hook.answer = 200, b"x" * 70_000
    with pytest.raises(Unavailable, match="more than 65536 bytes"):
        await make(port=hook.port).post(hook.url, b"{}", {})


async def test_nobody_there(make):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="could not be reached"):
        await make(port=port).post(f"http://127.0.0.1:{port}/", b"{}", {})


async def test_certificates_are_of_the_name_and_not_of_the_address(make, tmp_path, monkeypatch):
    context, file = certificate(tmp_path, "named.test")
    with receiver(tls=context) as hook:
        url = f"https://named.test:{hook.port}/"
        with pytest.raises(Unavailable, match="certificate"):
            await make(Changing, hook.port, ["127.0.0.1"]).post(url, b"{}", {})
        trusting = ssl.create_default_context(cafile=str(file))
        monkeypatch.setattr("tornado.simple_httpclient._client_ssl_defaults", lambda: trusting)
        assert await make(Changing, hook.port, ["127.0.0.1"]).post(url, b"{}", {}) == 204
        with pytest.raises(Unavailable, match="certificate"):
            other = url.replace("named", "other")
            await make(Changing, hook.port, ["127.0.0.1"]).post(other, b"{}", {})
        assert len(hook.posts) == 1
