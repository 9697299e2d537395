"""What a worker makes of a notebook, and what travels between it and the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec


class Part(msgspec.Struct, array_like=True):
    """One cell as HTML. `kind` is `code`, `markdown` or `raw`; `input` and `output` may be empty.

    `light` is the output with posters in the place of what is heavy, in pieces between which the address
    goes that the posters lead to; empty where nothing is heavy.
    """

    id: str
    kind: str
    input: str
    output: str
    light: list[str] = []


class Heading(msgspec.Struct, array_like=True):
    """A heading of a Markdown cell: its level, its words, and the name of its anchor."""

    level: int
    text: str
    name: str


class About(msgspec.Struct):
    """What the page around a document tells of it: its headings, and the data and models that it names.

    `trainer` is whether it holds a project that the trainer opens.
    """

    outline: list[Heading] = []
    data: list[str] = []
    trainer: bool = False


class Rendered(msgspec.Struct):
    """A notebook as HTML: its parts, and `tail`, which goes with any choice of them."""

    title: str
    language: str
    parts: list[Part]
    tail: str = ""
    about: About = msgspec.field(default_factory=About)


class Assets(msgspec.Struct, frozen=True):
    """Addresses of the files of rendered documents; empty where they were not built.

    Only `style` and `script` are for all. `math` has the math font, for documents with formulas, `terminal`
    the colors of terminals, `viewers` what outputs with scripts need. Documents that show a run while it goes
    on have the two of `live` in the place of `script`, that in which models are tried those of `trial`; those
    that readers may run have those of `here` besides.
    """

    style: str = ""
    script: str = ""
    math: str = ""
    terminal: str = ""
    viewers: str = ""
    live_style: str = ""
    live: str = ""
    here_style: str = ""
    here: str = ""
    trial_style: str = ""
    trial: str = ""

    def styles(self, html: Sequence[str], here: bool = False) -> list[str]:
        """The style sheets for a document of these pieces."""
        sheets = [self.style, self.math if _within(html, "<math") else ""]
        sheets += [self.terminal if _within(html, 'class="a-') else "", self.here_style if here else ""]
        return [sheet for sheet in sheets if sheet]

    def scripts(self, html: Sequence[str], here: bool = False) -> list[str]:
        """The scripts for it."""
        lively = _within(html, 'class="island"')
        scripts = [self.script, self.viewers if lively else "", self.here if here else ""]
        return [script for script in scripts if script]


# In the order of the fields of `Assets`.
FILES = (
    "render.css", "render.js", "math.css", "terminal.css", "viewers.js",
    "live.css", "live.js", "here.css", "here.js", "trial.css", "trial.js",
)  # fmt: skip


def _within(pieces: Sequence[str], mark: str) -> bool:
    return any(mark in piece for piece in pieces)


class Request(msgspec.Struct):
    """What the service asks of a worker: a document, or with `draws` a small picture."""

    notebook: bytes
    assets: Assets
    draws: bool = False


class Picture(msgspec.Struct):
    """The first figure of a notebook made small, as WebP; `alt` is what its author says of it."""

    data: bytes
    width: int
    height: int
    alt: str


class Response(msgspec.Struct):
    """A worker's answer: `parts` is a compressed `Rendered`, `page` the gzipped default document.

    `light` is the same with posters for heavy outputs, empty where none is heavy; `about` an `About`.
    """

    parts: bytes = b""
    page: bytes = b""
    light: bytes = b""
    about: bytes = b""
    error: str = ""
    picture: Picture | None = None


def encode(value: Any) -> bytes:
    """`value` for the pipe."""
    return msgspec.msgpack.encode(value)


decode_request = msgspec.msgpack.Decoder(Request).decode
decode_response = msgspec.msgpack.Decoder(Response).decode
decode_rendered = msgspec.msgpack.Decoder(Rendered).decode
decode_about = msgspec.msgpack.Decoder(About).decode
