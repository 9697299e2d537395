"""Where MLabs listens, and how others reach it."""

from __future__ import annotations

import socket

import pytest

from mlabs_ext.up.address import Address


@pytest.mark.parametrize(
    ("host", "loopback", "bind_url", "local_url"),
    [
        ("127.0.0.1", True, "http://127.0.0.1:81", "http://127.0.0.1:81"),
        ("127.9.9.9", True, "http://127.9.9.9:81", "http://127.9.9.9:81"),
        ("localhost", True, "http://localhost:81", "http://localhost:81"),
        ("::1", True, "http://[::1]:81", "http://[::1]:81"),
        ("0.0.0.0", False, "http://0.0.0.0:81", "http://127.0.0.1:81"),
        ("::", False, "http://[::]:81", "http://127.0.0.1:81"),
        ("10.1.2.3", False, "http://10.1.2.3:81", "http://10.1.2.3:81"),
        ("labs.example.org", False, "http://labs.example.org:81", "http://labs.example.org:81"),
    ],
)
def test_urls(host, loopback, bind_url, local_url):
    address = Address(host, 81)
    assert address.loopback is loopback
    assert address.bind_url == bind_url
    assert address.local_url == local_url


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, Address("127.0.0.1", 8000)),
        ({"MLABS_HOST": "", "MLABS_PORT": ""}, Address("127.0.0.1", 8000)),
        ({"MLABS_HOST": "::1", "MLABS_PORT": "99"}, Address("::1", 99)),
    ],
    ids=["unset", "empty", "set"],
)
def test_environment(environ, address):
    assert Address.of(environ) == address


def test_family():
    assert (Address("::1").family, Address().family) == (socket.AF_INET6, socket.AF_INET)
