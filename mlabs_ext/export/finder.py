"""What an export's search looks at: labs in few words, and which page of Explore has the card of each."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mlabs_ext.export import places
from mlabs_ext.export.wanted import Lab

FILE = "search.json"
DESCRIPTION = 300


def index(labs: list[Lab], pages: list[dict[str, str]]) -> bytes:
    """The index; `pages` are the addresses that each page of Explore leads to."""
    page_of: dict[str, int] = {}
    for number, addresses in enumerate(pages, 1):
        for address in addresses:
            if re.fullmatch(places.LAB, address):
                page_of.setdefault(address, number)
    found = [entry(lab, page_of[lab.page]) for lab in labs if lab.page in page_of]
    return msgspec.json.encode({"labs": found}) + b"\n"


def entry(lab: Lab, page: int) -> dict[str, Any]:
    """One lab."""
    return {
        "path": places.link("index.html", places.file_of(lab.page) or ""),
        "page": page,
        "title": lab.title,
        "owner": lab.owner,
        "environment": lab.environment,
        "accelerator": lab.accelerator,
        "tags": lab.tags,
        "text": lab.description[:DESCRIPTION],
    }
