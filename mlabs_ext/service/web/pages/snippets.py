"""What a person copies to show a lab somewhere else, with addresses as readers know them."""

from __future__ import annotations

from urllib.parse import quote

from mlabs_ext import snippets
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.wire import EmbedSnippet, Lab


def snippet(lab: Lab, base: str, number: int | None = None) -> EmbedSnippet:
    """The link, embeds and badges of `lab`, or of its version `number`; `base` is absolute."""
    return chosen(lab, base, {"v": str(number) if number else ""})


def chosen(lab: Lab, base: str, options: dict[str, str], height: int = snippets.HEIGHT) -> EmbedSnippet:
    """The same with an embed's options; the link leads to the version or run that they name."""
    return snippets.snippet(
        lab, f"{base}{page_of(lab, options)}", f"{base}embed/{lab_path(lab)}", options, height
    )


def import_badge(base: str, url: str = "") -> str:
    """The badge, in Markdown, that imports the notebook at `url`; without one it has a place to fill in."""
    target = quote(url, safe="") or "ADDRESS-OF-THE-NOTEBOOK"
    return f"[![Open in MLabs]({base}badge.svg)]({base}import?url={target})"


def page_of(lab: Lab, options: dict[str, str]) -> str:
    """The page, below BASE, that an embed with these options shows a part of."""
    if options.get("run"):
        return f"{lab_path(lab)}/runs/{options['run']}"
    return f"{lab_path(lab)}/v/{options['v']}" if options.get("v") else lab_path(lab)


def reproduced(lab: Lab, base: str) -> str:
    """The badge, in Markdown, that says whether the lab's latest version gave its result once more."""
    url = f"{base}{lab_path(lab)}"
    return f"[![Reproduced in MLabs]({url}/reproduced.svg)]({url})"
