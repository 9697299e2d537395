"""How much one address or person may ask, and whose address it is."""

from __future__ import annotations

import pytest
from traitlets import TraitError

from mlabs_ext.errors import TooMany
from mlabs_ext.service.traffic import MOST, Traffic

CAME = {
    "through the hub's proxy": ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
    "with a forged address before its own": ("127.0.0.1", "198.51.100.1,203.0.113.7", "203.0.113.7"),
    "that pretends to be this machine": ("127.0.0.1", "127.0.0.1,203.0.113.7", "203.0.113.7"),
    "through a balancer that is trusted": ("127.0.0.1", "198.51.100.1, 203.0.113.7, 10.0.3.7", "203.0.113.7"),
    "through one that is not": ("127.0.0.1", "203.0.113.7,10.9.9.9", "10.9.9.9"),
    "directly, with a forged address": ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
    "directly": ("203.0.113.7", "", "203.0.113.7"),
    "from this machine": ("127.0.0.1", "", None),
    "from this machine, through the proxy": ("127.0.0.1", "127.0.0.1", None),
    "by IPv6, as one of many of a subscriber": ("::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    "by IPv4 in IPv6's clothes": ("::ffff:127.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
    "with nonsense": ("127.0.0.1", "unknown", None),
    "by a socket of files": ("", "203.0.113.7", None),
}


@pytest.mark.parametrize(("peer", "forwarded", "client"), CAME.values(), ids=CAME)
def test_whose_request_it_is(peer, forwarded, client):
    traffic = Traffic(trusted=["127.0.0.0/8", "::1/128", "10.0.3.7"])
    assert traffic.client(peer, forwarded) == client


def test_what_is_no_network_is_no_proxy():
    with pytest.raises(TraitError, match="addresses and networks"):
        Traffic(trusted=["proxy.example.org"])


def test_a_minutes_worth_at_once_and_then_as_it_comes_back(monkeypatch):
    now = 1000.0
    monkeypatch.setattr("mlabs_ext.service.traffic.monotonic", lambda: now)
    traffic = Traffic(per_address=60)
    for _ in range(60):
        traffic.take("203.0.113.7", None)
    with pytest.raises(TooMany) as refused:
        traffic.take("203.0.113.7", None)
    assert refused.value.detail == {"retry_after": 1}
    traffic.take("203.0.113.8", None)
    now += 1
    traffic.take("203.0.113.7", None)
    with pytest.raises(TooMany):
        traffic.take("203.0.113.7", None)


def test_people_are_counted_wherever_they_are():
    traffic = Traffic(per_address=1, per_person=2)
    traffic.take("203.0.113.7", "ada")
    traffic.take("203.0.113.8", "ada")
    with pytest.raises(TooMany):
        traffic.take("203.0.113.9", "ada")
    # Who shares the address is not asked to pay for it, nor is somebody who is called like an address.
    traffic.take("203.0.113.7", None)
    traffic.take("203.0.113.9", "203.0.113.7")


def test_what_is_costly_is_counted_for_itself():
    traffic = Traffic(costly=1)
    traffic.take("203.0.113.7", None, costly=True)
    with pytest.raises(TooMany):
        traffic.take("203.0.113.7", None, costly=True)
    traffic.take("203.0.113.7", None)


def test_no_limit():
    traffic = Traffic(per_address=0, per_person=0, costly=0)
    for _ in range(10_000):
        traffic.take("203.0.113.7", None, costly=True)
    Traffic(per_address=1).take(None, None)
    Traffic(per_address=1).take(None, None)


def test_memory_is_bounded():
    traffic = Traffic()
    for number in range(MOST + 10):
        traffic.take(str(number), None)
    assert len(traffic._full_until) == MOST
