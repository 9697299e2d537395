"""A rendered notebook as one file that needs nothing else: its style, scripts and viewers are in it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mlabs_ext.service.rendering import document
from mlabs_ext.service.rendering.document import Choice
from mlabs_ext.service.rendering.model import FILES, Assets, Rendered

# A file that somebody opens has no headers; this is what of them a document may say itself.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:; font-src data:; connect-src 'none'; form-action 'none'; "
    "base-uri 'none'"
)
URL = re.compile(r"""url\((["']?)(?:\./)?([\w.-]+\.woff2)\1\)""")
KIND = re.compile(r'<div class="island" data-kind="(\w+)"')
VIEWERS = {"plotly": "plotly", "vega": "vega", "widget": "widgets"}
# What would end a script, or begin another one in it; a backslash changes nothing for JavaScript and JSON.
ENDS = re.compile(r"<(?=/(?:script|style)|!--)", re.IGNORECASE)


def standalone(rendered: Rendered, folder: Path) -> bytes:
    """The document with all that it needs; `folder` has the files of rendered documents, once built."""
    names, viewers = _known(folder / "manifest.json"), _known(folder / "viewers.json")
    html = "".join(f"{part.input}{part.output}" for part in rendered.parts)
    assets = Assets(*(names.get(name, "") for name in FILES))
    kinds = sorted(VIEWERS[kind] for kind in set(KIND.findall(html)) & VIEWERS.keys())
    head = [
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        *(f"<style>{_style(folder, sheet)}</style>" for sheet in assets.styles([html])),
        *(f"<script>{_script(folder, name)}</script>" for name in assets.scripts([html])),
        *(carried for kind in kinds for carried in _carried(folder, kind, viewers.get(kind, []))),
    ]
    return document.assemble(rendered, Assets(), Choice(), Markup("\n".join(head)))  # noqa: S704 - our own files


def _known(manifest: Path) -> dict[str, Any]:
    return json.loads(manifest.read_text()) if manifest.is_file() else {}


def _carried(folder: Path, viewer: str, files: list[str]) -> Iterator[str]:
    """A viewer's files as text, which the document's script runs where an output needs them."""
    for name in files:
        is_style = name.endswith(".css")
        text = _style(folder, name) if is_style else _script(folder, name)
        kind = "text/css" if is_style else "text/plain"
        yield f'<script type="{kind}" data-viewer="{viewer}">{text}</script>'


def _script(folder: Path, name: str) -> str:
    return ENDS.sub(r"\\x3c", (folder / name).read_text())


def _style(folder: Path, name: str) -> str:
    """A style sheet with its fonts in it."""

    def font(found: re.Match[str]) -> str:
        data = base64.b64encode((folder / found[2]).read_bytes()).decode()
        return f"url(data:font/woff2;base64,{data})"

    return ENDS.sub(r"\\3c ", URL.sub(font, (folder / name).read_text()))
