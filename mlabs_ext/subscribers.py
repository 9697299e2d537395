"""Whom an address is counted as: one subscriber has many addresses of IPv6."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# What one subscriber has of IPv6, who may take any address in it.
BITS = 64


def parsed(said: str) -> IPv4Address | IPv6Address | None:
    """An address, as IPv4 where it is one in IPv6's clothes; None for what is none."""
    try:
        address = ip_address(said)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def subscriber(address: IPv4Address | IPv6Address) -> str:
    """The address, or the network that all of one subscriber's are in."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> BITS << BITS, BITS)))
    return str(address)
