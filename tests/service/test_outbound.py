"""Requests go to the machine that was checked, once, and end in time."""

from __future__ import annotations

import socket
import ssl
import time

import pytest
from support.post_office import certificate, receiver

from mlabs_ext.errors import BadInput, TooLarge, Unavailable, Unusable
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


def anything(media):
    """Want all of it."""


@pytest.fixture
def shelf(hook):
    """A place that things are fetched from."""
    hook.status, hook.answer = 404, b"nothing"
    hook.pages = {"/x.ipynb": b"{}"}
    return hook


def at(hook, path="/x.ipynb"):
    return f"http://127.0.0.1:{hook.port}{path}"


async def test_a_file_is_fetched(shelf, make):
    shelf.media = "Text/Plain; charset=utf-8"
    outbound = make(port=shelf.port)
    found = await outbound.get(at(shelf), 100, {"Accept": "a/b"}, anything)
    assert found == (at(shelf), 200, "text/plain", b"{}")
    (asked,) = shelf.posts
    assert asked.headers["Accept"] == "a/b"
    assert asked.headers["User-Agent"].startswith("MLabs/")
    assert "Cookie" not in asked.headers
    assert (await outbound.get(at(shelf, "/absent"), 100, {}, anything)).status == 404


async def test_plain_http_may_be_read_where_it_may_not_be_written_to(shelf, make):
    outbound = make(port=shelf.port)
    outbound.destinations.allow_http = False
    assert (await outbound.get(at(shelf), 100, {}, anything)).body == b"{}"
    with pytest.raises(BadInput):
        await outbound.post(at(shelf), b"{}", {})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_of_a_file_are_followed(shelf, make, status):
    shelf.status, shelf.location = status, "/x.ipynb"
    found = await make(port=shelf.port).get(at(shelf, "/old"), 100, {}, anything)
    assert (found.url, found.body) == (at(shelf), b"{}")


async def test_redirects_come_to_an_end(shelf, make):
    shelf.status, shelf.location = 302, "/again"
    with pytest.raises(BadInput, match="more than 3 times"):
        await make(port=shelf.port, max_redirects=3).get(at(shelf, "/again"), 100, {}, anything)
    assert len(shelf.posts) == 4


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/x.ipynb",
        "//127.0.0.2:{port}/x.ipynb",
        "http://2130706434:{port}/x.ipynb",
        "http://[::ffff:127.0.0.2]:{port}/x.ipynb",
        "http://169.254.169.254/",
        "http://127.0.0.1:1/",
        "file:///etc/passwd",
        "ftp://127.0.0.1:{port}/x.ipynb",
        "http://ada:secret@127.0.0.1:{port}/x.ipynb",
        "gopher://x",
    ],
)
async def test_each_redirect_is_checked(shelf, make, target):
    with receiver("127.0.0.2", shelf.port) as inner:
        shelf.status, shelf.location = 302, target.format(port=shelf.port)
        with pytest.raises(BadInput) as refused:
            await make(port=shelf.port, allowed=["127.0.0.1/32"]).get(at(shelf, "/old"), 100, {}, anything)
        assert refused.value.code == "address_refused"
        assert inner.posts == []


async def test_a_name_that_changes_between_two_redirects_leads_nowhere(shelf, make):
    shelf.status, shelf.location = 302, "/x.ipynb"
    outbound = make(Changing, shelf.port, ["127.0.0.1", "127.0.0.2"], allowed=["127.0.0.1/32"])
    with receiver("127.0.0.2", shelf.port) as inner:
        with pytest.raises(BadInput):
            await outbound.get(f"http://rebound.test:{shelf.port}/old", 100, {}, anything)
        assert (len(shelf.posts), inner.posts) == (1, [])


# The last ones are written with letters of other alphabets, which the names of hosts may be.
INSIDE = [
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "2130706433", "0x7f.1", "0177.0.0.1", "127.1",
    "127.0.0.2", "0.0.0.0", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[::1%25lo]", "example.org@127.0.0.1", "example.org:80@127.0.0.1",
    "127.0.0.1%00.example.org", "127.0.0.1%20", "\uff11\uff12\uff17.0.0.1", "\u24dbocalhost",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
async def test_nothing_is_fetched_where_nothing_may_be(shelf, make, host):
    with pytest.raises(BadInput):
        await make(port=shelf.port, allowed=[]).get(f"http://{host}:{shelf.port}/x.ipynb", 100, {}, anything)
    assert shelf.posts == []


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "endless"])
async def test_a_large_file_is_not_read_to_its_end(shelf, make, chunked):
    shelf.pages["/x.ipynb"], shelf.chunked = b"x" * 3_000_000, chunked
    outbound = make(port=shelf.port)
    with pytest.raises(TooLarge, match="larger than 1 MB"):
        await outbound.get(at(shelf), 1 << 20, {}, anything)
    shelf.pages["/x.ipynb"] = b"x" * (1 << 20)
    assert len((await outbound.get(at(shelf), 1 << 20, {}, anything)).body) == 1 << 20


async def test_what_is_not_wanted_is_not_read(shelf, make):
    def no_pages(media):
        if media == "text/html":
            raise Unusable("A web page.", "page")

    shelf.media, shelf.pages["/x.ipynb"] = "text/html", b"x" * 3_000_000
    with pytest.raises(Unusable, match="web page"):
        await make(port=shelf.port).get(at(shelf), 1 << 30, {}, no_pages)


async def test_a_file_that_does_not_come_is_given_up(shelf, make):
    shelf.gate.clear()
    with pytest.raises(Unavailable, match=r"within 0\.2 seconds"):
        await make(port=shelf.port, fetch_timeout=0.2).get(at(shelf), 100, {}, anything)


async def test_files_come_by_no_proxy_of_the_environments(shelf, make, monkeypatch):
    with receiver() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert (await make(port=shelf.port).get(at(shelf), 100, {}, anything)).status == 200
        assert proxy.posts == []


async def test_what_was_safe_does_not_become_less_so(shelf, make, tmp_path, monkeypatch):
    context, file = certificate(tmp_path, "named.test")
    trusting = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr("tornado.simple_httpclient._client_ssl_defaults", lambda: trusting)
    with receiver(tls=context) as safe:
        safe.status, safe.location = 302, at(shelf)
        outbound = make(Changing, safe.port, ["127.0.0.1"])
        outbound.destinations.ports = [safe.port, shelf.port]
        with pytest.raises(BadInput, match="without https"):
            await outbound.get(f"https://named.test:{safe.port}/", 100, {}, anything)
        assert shelf.posts == []
