"""How much one address, or one person, may ask of a service: counted in memory, so that counting is cheap."""

from __future__ import annotations

import math
from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_network
from time import monotonic

from traitlets import Bunch, Integer, List, TraitError, Unicode, validate
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import TooMany
from mlabs_ext.subscribers import parsed, subscriber

MINUTE = 60.0
# Askers that are remembered: those who asked last. Each takes about 200 bytes.
MOST, REMEMBERED = 50_000, 4096


class Traffic(LoggingConfigurable):
    """Counts by leaky buckets: a minute's worth at once, and then as fast as it comes back."""

    per_address = Integer(
        6000,
        min=0,
        help="""How many requests a minute are answered to one address where nobody is signed in, by each
        service process. A class behind one address shares it; who is signed in is counted as a person. 0
        is no limit.

        Default: 6000. Example:

            c.Traffic.per_address = 20_000
        """,
    ).tag(config=True)
    per_person = Integer(
        6000,
        min=0,
        help="""The same for one person who is signed in, whatever their addresses. What servers of labs
        report of their runs is not counted.

        Default: 6000. Example:

            c.Traffic.per_person = 0
        """,
    ).tag(config=True)
    costly = Integer(
        600,
        min=0,
        help="""How many of those a minute may be costly, for addresses and people alike: to search, compare,
        import, make a download, or be the first to see a notebook drawn. 0 is no limit.

        Default: 600. Example:

            c.Traffic.costly = 120
        """,
    ).tag(config=True)
    registrations = Integer(
        60,
        min=0,
        help="""How many workers of the community pool one address, or one person, may register a minute. 0 is
        no limit.

        Default: 60. Example:

            c.Traffic.registrations = 10
        """,
    ).tag(config=True)
    trusted = List(
        Unicode(),
        ["127.0.0.0/8", "::1/128"],
        help="""Addresses and networks of proxies that are believed in whom they ask for (`X-Forwarded-For`).

        What a client writes there itself is not believed. Name a load balancer in front of JupyterHub's proxy
        here: else all that comes through it counts as one address. What asks from these addresses for nobody
        else is not counted. Default: this machine. Example:

            c.Traffic.trusted = ["127.0.0.0/8", "10.0.3.7"]
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        # When each asker's bucket will be empty again.
        self._full_until: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._networks = [ip_network(one) for one in self.trusted]
        self.client = lru_cache(REMEMBERED)(self._client)

    @validate("trusted")
    def _valid_trusted(self, proposal: Bunch) -> list[str]:
        for one in proposal.value:
            try:
                ip_network(one)
            except ValueError as error:
                raise TraitError(f"Traffic.trusted holds addresses and networks: {error}.") from error
        return proposal.value

    def _client(self, peer: str, forwarded: str) -> str | None:
        """Whose request it is that came from `peer`, as `X-Forwarded-For` says; None for one of our own.

        Each proxy adds whom it was asked by at the end: so the last that no trusted one has added counts.
        """
        address = parsed(peer)
        for said in reversed(forwarded.split(",")) if forwarded else ():
            if address is None or not self._trusts(address):
                break
            address = parsed(said.strip()) or address
        if address is None or self._trusts(address):
            return None
        return subscriber(address)

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)

    def take(self, address: str | None, person: str | None, costly: bool = False) -> None:
        """Count one request; TooMany `too_many_requests` where it is one too many. `None` is not counted."""
        who = f"@{person}" if person else address
        limit = self.costly if costly else self.per_person if person else self.per_address
        if who is None or not limit:
            return
        self._count("costly" if costly else "all", who, limit)

    def register(self, address: str | None, person: str | None) -> None:
        """The same for the registration of a worker."""
        who = f"@{person}" if person else address
        if who is not None and self.registrations:
            self._count("registrations", who, self.registrations)

    def _count(self, kind: str, who: str, limit: int) -> None:
        wait = self._wait(kind, who, MINUTE / limit)
        if wait:
            raise TooMany(
                f"That was a lot of requests in a short time. You can go on in {wait} s.",
                "too_many_requests",
                {"retry_after": wait},
            )

    def _wait(self, kind: str, who: str, each: float) -> int:
        """Seconds to wait, 0 where the request was counted."""
        key, now = (kind, who), monotonic()
        until = max(self._full_until.get(key, now), now) + each
        if until - now > MINUTE:
            return math.ceil(until - now - MINUTE)
        self._full_until[key] = until
        self._full_until.move_to_end(key)
        if len(self._full_until) > MOST:
            self._full_until.popitem(last=False)
        return 0
