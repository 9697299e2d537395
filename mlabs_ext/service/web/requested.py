"""What every handler reads of a request: its id, what it came by, and the version that its path names."""

from __future__ import annotations

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPServerRequest

from mlabs_ext import request_ids
from mlabs_ext.service.versions import Number

KEPT = "_mlabs_request_id"


def id_of(request: HTTPServerRequest) -> str:
    """The id that came with a request, or that was made for it."""
    known: str | None = getattr(request, KEPT, None)
    if known is None:
        known = request_ids.taken(request.headers.get(request_ids.HEADER))
        setattr(request, KEPT, known)
    return known


def connection_of(request: HTTPServerRequest) -> HTTPConnection:
    """What the answer to a request goes to."""
    assert request.connection is not None
    return request.connection


def network_of(request: HTTPServerRequest) -> HTTP1Connection:
    """What a request with a body came by: Tornado's server speaks nothing else. An export sends none."""
    connection = request.connection
    assert isinstance(connection, HTTP1Connection)
    return connection


def announced(headers: HTTPHeaders) -> int:
    """How many bytes a body has as its head says; 0 where that says nothing, or what Tornado refuses."""
    said = headers.get("Content-Length", "")
    return int(said[:18]) if said.isascii() and said.isdigit() else 0


def has_body(headers: HTTPHeaders) -> bool:
    """Whether a body follows the head."""
    return announced(headers) > 0 or "Transfer-Encoding" in headers


def version_number(text: str) -> Number:
    """The number in a path that matched the route."""
    return "latest" if text == "latest" else int(text)
