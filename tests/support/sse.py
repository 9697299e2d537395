"""A client of server-sent events: one connection, read as its messages come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

ACCEPT = "text/event-stream"


@dataclass
class Message:
    """One message; `data` is its JSON."""

    event: str
    data: Any
    id: str | None = None


class Stream:
    """An open stream. Reading waits up to the client's timeout, and fails after it."""

    def __init__(self, answer: httpx.Response):
        self.answer = answer
        self.chunks = answer.iter_bytes()
        self.messages = parse(lines(self.chunks))

    def until(self, fits: Callable[[Message], bool]) -> list[Message]:
        """All messages up to the first that fits."""
        seen = []
        for message in self.messages:
            seen.append(message)
            if fits(message):
                return seen
        raise AssertionError(f"the stream ended after {[one.event for one in seen]}")

    def next(self, event: str) -> Any:
        """What the next message of this kind says; others before it are left out."""
        return self.until(lambda message: message.event == event)[-1].data

    def step(self, seq: int) -> list[Message]:
        """All messages up to that step."""
        return self.until(lambda message: message.event == "step" and message.data["seq"] >= seq)

    def rest(self) -> list[Message]:
        """All that comes until the stream ends."""
        return list(self.messages)


@contextmanager
def watch(client: httpx.Client, run: str, after: int | None = None, **headers: str) -> Iterator[Stream]:
    """Watch a run."""
    query = {} if after is None else {"after": after}
    headers = {"Accept": ACCEPT, **headers}
    with client.stream("GET", f"api/v1/runs/{run}/events", params=query, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        yield Stream(answer)


def lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Lines, which only a line feed ends: text may hold what Python takes for line breaks."""
    begun = b""
    for chunk in chunks:
        *whole, begun = (begun + chunk).split(b"\n")
        yield from (line.decode() for line in whole)


def parse(lines: Iterator[str]) -> Iterator[Message]:
    """Messages from lines; one that is cut off at the end does not count."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "data" in fields:
                yield Message(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id"))
            fields = {}
