"""The snippets that show a lab in other people's pages, with addresses as this server knows them."""

from __future__ import annotations

from urllib.parse import urljoin

from mlabs_ext import snippets
from mlabs_ext.errors import Unusable
from mlabs_ext.wire import EmbedSnippet, Lab


def snippet(lab: Lab, here: str) -> EmbedSnippet:
    """The snippets for a published lab; `here` is any absolute address of this MLabs.

    Unusable `not_published` for a draft, which nobody else could see.
    """
    if lab.version == 0:
        raise Unusable(f"{lab.owner}/{lab.name} is a draft: publish it first.", "not_published")
    return snippets.snippet(lab, urljoin(here, lab.url), urljoin(here, lab.embed_url))
