"""What a worker makes of a notebook, and what travels between it and the service."""

from __future__ import annotations

from typing import Any

import msgspec


class Part(msgspec.Struct, array_like=True):
    """One cell as HTML. `kind` is `code`, `markdown` or `raw`; `input` and `output` may be empty."""

    id: str
    kind: str
    input: str
    output: str


class Heading(msgspec.Struct, array_like=True):
    """A heading of a Markdown cell: its level, its words, and the name of its anchor."""

    level: int
    text: str
    name: str


class About(msgspec.Struct):
    """What the page around a document tells of it: its headings, and the data and models that it names."""

    outline: list[Heading] = []
    data: list[str] = []


class Rendered(msgspec.Struct):
    """A notebook as HTML: its parts, and `tail`, which goes with any choice of them."""

    title: str
    language: str
    parts: list[Part]
    tail: str = ""
    about: About = msgspec.field(default_factory=About)


class Assets(msgspec.Struct, frozen=True):
    """Addresses of the files of rendered documents; empty where they were not built.

    `math` is the style sheet of the math font, for documents with formulas; `live` the script of documents
    that show a run while it goes on.
    """

    style: str = ""
    script: str = ""
    math: str = ""
    live: str = ""


class Request(msgspec.Struct):
    """What the service asks of a worker."""

    notebook: bytes
    assets: Assets


class Response(msgspec.Struct):
    """A worker's answer: a compressed `Rendered`, the gzipped default document, and an `About`."""

    parts: bytes = b""
    page: bytes = b""
    about: bytes = b""
    error: str = ""


def encode(value: Any) -> bytes:
    """`value` for the pipe."""
    return msgspec.msgpack.encode(value)


decode_request = msgspec.msgpack.Decoder(Request).decode
decode_response = msgspec.msgpack.Decoder(Response).decode
decode_rendered = msgspec.msgpack.Decoder(Rendered).decode
decode_about = msgspec.msgpack.Decoder(About).decode
