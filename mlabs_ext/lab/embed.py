"""Writes the snippets that show a lab in other people's pages."""

from __future__ import annotations

import html
from urllib.parse import urljoin

from mlabs_ext.errors import Unusable
from mlabs_ext.wire import EmbedSnippet, Lab

LABEL = "Open in MLabs"


def snippet(lab: Lab, here: str) -> EmbedSnippet:
    """The snippets for a published lab; `here` is any absolute address of this MLabs.

    Unusable `not_published` for a draft, which nobody else could see.
    """
    if lab.version == 0:
        raise Unusable(f"{lab.owner}/{lab.name} is a draft: publish it first.", "not_published")
    url, embed_url = urljoin(here, lab.url), urljoin(here, lab.embed_url)
    badge = url[: url.rindex("/@")] + "/badge.svg"
    return EmbedSnippet(
        url=url,
        embed_url=embed_url,
        html=(
            f'<iframe src="{html.escape(embed_url)}" title="{html.escape(lab.title)}" loading="lazy" '
            'style="width:100%;border:0" height="480"></iframe>'
        ),
        markdown=f"[![{LABEL}]({badge})]({url})",
        rst=f".. image:: {badge}\n   :target: {url}\n   :alt: {LABEL}",
    )
