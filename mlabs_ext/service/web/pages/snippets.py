"""What a person copies to show a lab somewhere else."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.wire import EmbedSnippet, Lab


def snippet(lab: Lab, base: str, number: int | None = None) -> EmbedSnippet:
    """The link, iframe and badges of `lab`, or of its version `number`; `base` is absolute."""
    url = f"{base}{lab_path(lab)}" + (f"/v/{number}" if number else "")
    embed_url = f"{base}embed/{lab_path(lab)}" + (f"?v={number}" if number else "")
    badge = f"{base}badge.svg"
    frame = f'<iframe src="{escape(embed_url)}" title="{escape(lab.title)}"'
    return EmbedSnippet(
        url=url,
        embed_url=embed_url,
        html=f'{frame} loading="lazy" style="width:100%;border:0" height="480"></iframe>',
        markdown=f"[![Open in MLabs]({badge})]({url})",
        rst=f".. image:: {badge}\n   :target: {url}\n   :alt: Open in MLabs",
    )


def import_badge(base: str, url: str = "") -> str:
    """The badge, in Markdown, that imports the notebook at `url`; without one it has a place to fill in."""
    target = quote(url, safe="") or "ADDRESS-OF-THE-NOTEBOOK"
    return f"[![Open in MLabs]({base}badge.svg)]({base}import?url={target})"


def reproduced(lab: Lab, base: str) -> str:
    """The badge, in Markdown, that says whether the lab's latest version gave its result once more."""
    url = f"{base}{lab_path(lab)}"
    return f"[![Reproduced in MLabs]({url}/reproduced.svg)]({url})"
