"""Addresses that somebody wrote lead to the public internet or nowhere."""

from __future__ import annotations

import socket

import pytest
from traitlets import TraitError

from mlabs_ext.errors import BadInput
from mlabs_ext.service.destinations import Destinations

# The addresses of a name, as a name server might say.
NAMES = {
    "public.test": ["93.184.216.34"],
    "both.test": ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"],
    "inner.test": ["10.1.2.3"],
    "mixed.test": ["93.184.216.34", "127.0.0.1"],
    "metadata.test": ["169.254.169.254"],
    "xn--bcher-kva.test": ["93.184.216.34"],
}


class Named(Destinations):
    """Knows those names; numbers it leaves to the machine's resolver."""

    def lookup(self, host, port):
        if host.endswith(".test"):
            if host not in NAMES:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [(socket.AF_INET, (address, port)) for address in NAMES[host]]
        return super().lookup(host, port)


@pytest.mark.parametrize(
    "url",
    [
        "https://public.test/hook",
        "https://public.test:8443/hook?token=1",
        "https://both.test",
        "HTTPS://PUBLIC.TEST/",
        "https://bücher.test/",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]:443/",
        "https://[64:ff9b::5db8:d822]/",
    ],
)
def test_the_public_internet_is_reached(url):
    assert Named().check(url).scheme == "https"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "2852039166",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "192.88.99.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::169.254.169.254]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::1]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "inner.test",
        "mixed.test",
        "metadata.test",
        "unknown.test",
    ],
)
def test_inner_networks_are_not(host):
    with pytest.raises(BadInput) as refused:
        Named(allow_http=True).check(f"http://{host}/")
    assert refused.value.code == "address_refused"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://public.test/", "https://"),
        ("ftp://public.test/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("gopher://public.test/", "https://"),
        ("//public.test/", "https://"),
        ("public.test/hook", "https://"),
        ("javascript:alert(1)", "https://"),
        ("", "https://"),
        ("https:///hook", "name of a host"),
        ("https://", "name of a host"),
        ("https://ada:secret@public.test/", "name or password"),
        ("https://ada@public.test/", "name or password"),
        ("https://@public.test/", "name or password"),
        ("https://public.test:22/", "Port 22"),
        ("https://public.test:0/", "Port 0"),
        ("https://public.test:70000/", "not a complete address"),
        ("https://public.test:http/", "not a complete address"),
        ("https://[::1/", "not a complete address"),
        ("https://a..b/", "not a complete address"),
        ("https://public.test\\@inner.test/", "other signs"),
        ("https://public.test/ x", "other signs"),
        ("https://public.test/\nx", "other signs"),
        ("https://public.test/\x7f", "other signs"),
        ("https://[fe80::1%25eth0]/", "name of a host"),
        ("https://public.test/" + "x" * 2000, "too long"),
    ],
)
def test_what_is_no_such_address_is_said(url, words):
    with pytest.raises(BadInput, match="cannot be used") as refused:
        Named().check(url)
    assert words in refused.value.message


def test_an_administrator_may_allow_networks_and_no_more_than_those():
    inner = Named(allow_http=True, allowed_networks=["127.0.0.0/8", "fd00::/8"])
    for url in ("http://127.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://mixed.test/", "http://[fd00::1]/"):
        assert inner.check(url)
    for url in ("http://inner.test/", "http://[::1]/", "http://[fe80::1]/", "http://127.0.0.1:22/"):
        with pytest.raises(BadInput):
            inner.check(url)


def test_a_network_that_is_none_is_said():
    with pytest.raises(TraitError, match="allowed_networks"):
        Destinations(allowed_networks=["10.0.0.1/8"])
