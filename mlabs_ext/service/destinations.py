"""Where this machine may be sent to by an address that somebody wrote: the public internet, and no further.

What an address means is decided once, here: who connects uses what `resolve` has checked, see `outbound.py`.
"""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from traitlets import Bool, Integer, List, TraitError, Unicode, validate
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import BadInput

MAX_LENGTH = 2000
# All of IPv6 that is routed publicly.
UNICAST = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# What some versions of Python take for public: services of the cloud that one is in, relays, and nobody's.
NEVER = tuple(
    ipaddress.ip_network(each)
    for each in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)


class Target(NamedTuple):
    """The parts of an address that decide where a request goes."""

    scheme: str
    host: str
    port: int


class Destinations(LoggingConfigurable):
    """What addresses that people write may lead to."""

    allowed_networks = List(
        Unicode(),
        help="""Networks that requests to addresses written by people may reach although they are not public.

        Whoever may sign in can then have the service send requests there. Default: none. Example:

            c.Destinations.allowed_networks = ["10.20.0.0/24", "fd12:3456::/64"]
        """,
    ).tag(config=True)

    allow_http = Bool(
        False,
        help="""Whether such addresses may begin with `http:`, so that what is sent travels unencrypted.

        What is only fetched, such as a notebook to import, may come by `http:` always. Default: False.
        Example:

            c.Destinations.allow_http = True
        """,
    ).tag(config=True)

    ports = List(
        Integer(),
        [80, 443, 8080, 8443],
        help="""The ports that such addresses may name.

        Default: 80, 443, 8080 and 8443. Example:

            c.Destinations.ports = [443, 8065]
        """,
    ).tag(config=True)

    @validate("allowed_networks")
    def _networks(self, proposal: Any) -> list[str]:
        for network in proposal.value:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise TraitError(f"c.Destinations.allowed_networks: {error}") from error
        return proposal.value

    def check(self, url: str) -> Target:
        """The target of an address whose host leads to where requests may go now; else BadInput."""
        target = self.parse(url)
        self.resolve(target.host, target.port)
        return target

    def parse(self, url: str, fetching: bool = False) -> Target:
        """The target of an address; BadInput where no request may be sent to such a one.

        `fetching` is for requests that send nothing but themselves.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            host = host.encode("ascii" if ":" in host else "idna").decode()
        except ValueError as error:
            raise _refused("It is not a complete address, like https://example.org/hook.") from error
        if len(url) > MAX_LENGTH or any(ord(sign) <= 32 or sign in "\\\x7f" for sign in url):
            raise _refused("It is too long, or has spaces or other signs that no address has.")
        plain = self.allow_http or fetching
        if parts.scheme not in (("https", "http") if plain else ("https",)):
            raise _refused(f"It has to begin with https:{'// or http:' if plain else ''}//.")
        if not host or "%" in host or parts.username is not None or parts.password is not None:
            raise _refused("It needs the name of a host, without a user's name or password before it.")
        port = (443 if parts.scheme == "https" else 80) if port is None else port
        if port not in self.ports:
            raise _refused(
                f"Port {port} is not one of those allowed here: {', '.join(map(str, self.ports))}."
            )
        return Target(parts.scheme, host, port)

    def resolve(self, host: str, port: int) -> list[tuple[int, Any]]:
        """What to connect to, as (family, socket address); BadInput where any of it may not be reached."""
        try:
            found = self.lookup(host, port)
        except (OSError, UnicodeError) as error:
            raise _refused(f"There is no host {host!r:.80}, as far as is known here.") from error
        for _, address in found:
            if not self.may_reach(address[0]):
                raise _refused(f"{host!r:.80} is inside a network that MLabs does not send requests to.")
        return found

    def lookup(self, host: str, port: int) -> list[tuple[int, Any]]:
        """What the machine's resolver says; numbers in whatever notation it understands become addresses."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]

    def may_reach(self, address: str) -> bool:
        """Whether requests may go to an address: it is public, or in a network that is allowed."""
        meant = _meant(ipaddress.ip_address(address.partition("%")[0]))
        allowed = (ipaddress.ip_network(network) for network in self.allowed_networks)
        return any(meant in network for network in allowed) or _public(meant)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The address where packets go in the end, which an IPv6 address may hide."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else address


def _public(address: IPv4Address | IPv6Address) -> bool:
    if any(address in network for network in NEVER) or address.is_multicast:
        return False
    if isinstance(address, IPv6Address):
        return address in UNICAST and address.is_global
    return address.is_global and not address.is_reserved


def _refused(reason: str) -> BadInput:
    return BadInput(f"This address cannot be used. {reason}", "address_refused")
