"""Runs that are watched: what their labs' servers tell of them, and who watches by a share."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
from service.conftest import BASE, Site
from support.sse import Stream, watch
from ulid import ULID

START = "2026-01-01T12:00:00Z"
STREAM = {"Accept": "text/event-stream"}
SHARES = "api/v1/labs/ada/x/shares"


def begin(site: Site, lab: str = "ada/x") -> str:
    run = str(ULID())
    body = {"id": run, "lab": lab, "started": START, "environment": "python"}
    assert site.as_("ada").post("api/v1/runs", json=body).status_code == 201
    return run


def event(seq: int, kind: str, **data: Any) -> dict[str, Any]:
    return {"seq": seq, "type": kind, "time": START, "cell": "c", "data": data}


def printed(seq: int, text: str = "x\n") -> dict[str, Any]:
    shown = {"output_type": "stream", "name": "stdout", "text": text}
    return event(seq, "output", execution="e", output=shown)


def tell(site: Site, run: str, *events: dict[str, Any]) -> dict[str, Any]:
    answer = site.as_("ada").post(f"api/v1/runs/{run}/events", json={"events": events})
    assert answer.status_code == 200, answer.text
    return answer.json()


def make_private(site: Site, run: str) -> None:
    site.as_("ada").patch("api/v1/labs/ada/x", json={"visibility": "private"})


def revoke(site: Site, links: list[str]) -> None:
    """End all that `shared_streams` made."""
    ends = ["bob?kind=user", "team?kind=group", *(f"links/{link}" for link in links)]
    for end in ends:
        assert site.as_("ada").delete(f"{SHARES}/{end}").status_code == 204


@contextlib.contextmanager
def shared_streams(teller: Site, site: Site) -> Iterator[tuple[str, list[Stream], list[str]]]:
    """Who watches a private run at `site` by a share of each kind, and the links among them."""
    run, ada = begin(teller), teller.as_("ada")
    assert ada.put(f"{SHARES}/bob", json={}).status_code == 200
    assert ada.put(f"{SHARES}/team", json={"kind": "group"}).status_code == 200
    link = ada.post(f"{SHARES}/links", json={}).json()
    reader = site.client()
    assert reader.get(f"s/{link['secret']}").status_code == 303
    with contextlib.ExitStack() as stack:
        watching = [site.as_("bob"), site.session("bob"), site.as_("dan"), reader]
        streams = [stack.enter_context(watch(client, run)) for client in watching]
        for stream in streams:
            assert stream.next("run")["id"] == run
            assert "Access-Control-Allow-Origin" not in stream.answer.headers
        yield run, streams, [link["id"]]


@contextlib.contextmanager
def ending(*streams: Stream) -> Iterator[None]:
    """What is done in here ends these streams, within 5 s."""
    began = time.monotonic()
    yield
    for stream in streams:
        stream.rest()
    assert time.monotonic() - began < 5


def connect(site: Site, run: str) -> socket.socket:
    """A connection that has asked for the stream, and read its first bytes."""
    connection = socket.create_connection(("127.0.0.1", httpx.URL(site.url).port), timeout=30)
    path = f"{BASE}api/v1/runs/{run}/events"
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode())
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection
