"""Writes what people paste elsewhere to show a lab: one function for the lab's pages and for JupyterLab."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from mlabs_ext.wire import EmbedSnippet, Lab

LABEL = "Open in MLabs"
HEIGHT = 480


def snippet(
    lab: Lab, url: str, embed_url: str, options: dict[str, str] | None = None, height: int = HEIGHT
) -> EmbedSnippet:
    """The link, embeds and badges of a lab; `url` and `embed_url` are absolute, the latter without options.

    `options` is the embed's query as the contract names it: empty values are left out.
    """
    base = url[: url.rindex("/@") + 1]
    given = {name: value for name, value in (options or {}).items() if value}
    framed = embed_url + (f"?{urlencode(given, safe=',')}" if given else "")
    badge = f"{base}badge.svg"
    return EmbedSnippet(
        url=url,
        embed_url=framed,
        html=frame(framed, lab.title, height),
        markdown=f"[![{LABEL}]({badge})]({url})",
        rst=f".. image:: {badge}\n   :target: {url}\n   :alt: {LABEL}",
        paragraph=f"{paragraph(lab, url, given, height)}\n{script(base)}",
    )


def frame(address: str, title: str, height: int, width: int | None = None) -> str:
    """The iframe of the contract, as wide as there is room, or at most `width` pixels."""
    shape = f'style="max-width:100%;border:0" width="{width}"' if width else 'style="width:100%;border:0"'
    source = f'<iframe src="{escape(address)}" title="{escape(title)}" loading="lazy"'
    return f'{source} {shape} height="{height}"></iframe>'


def paragraph(lab: Lab, url: str, options: dict[str, str], height: int) -> str:
    """What `embed.js` makes the iframe of; without scripts it is a link."""
    data = {"lab": f"{lab.owner}/{lab.name}"} | options | {"height": str(height)}
    said = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items())
    link = f'<a href="{escape(url)}">{escape(lab.title)}</a>'
    return f'<p class="mlabs" {said} style="min-height:{height}px">{link}</p>'


def script(base: str) -> str:
    """The script that does so, for all paragraphs of a page."""
    return f'<script async src="{escape(base)}embed.js"></script>'
