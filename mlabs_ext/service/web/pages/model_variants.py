"""The variants of a model on its page: how large each is, and the button that makes it."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urljoin

from mlabs_ext import wire
from mlabs_ext.service.model_variants import BYTES
from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.pages.base import Page, shaped

# In words, by how numbers are kept.
HINTS = {
    "float16": "Two bytes for each number: nearly as exact.",
    "uint8": "One byte for each number: less exact. Try it with examples before you rely on it.",
}


class Shown(NamedTuple):
    """A variant that there is, with its address, or one that could be made."""

    storage: str
    hint: str
    size: int
    url: str | None


def shown_variants(model: wire.Model, site: str) -> list[Shown]:
    """All of them; of what could be made about how large it would be."""
    made = {variant.storage: variant for variant in model.variants or []}
    found = []
    for storage, hint in HINTS.items():
        variant = made.get(storage)
        size = variant.size if variant else model.size - model.parameters * (4 - BYTES[storage])
        found.append(Shown(storage, hint, size, urljoin(site, variant.url) if variant else None))
    return found


class MakeVariantAction(Page):
    """`POST BASE/@{owner}/models/{name}/v/{n}/variants`."""

    async def post(self, owner: str, name: str, number: str) -> None:
        """Make it."""
        self.require_user()
        self.costs()
        fields = shaped(wire.ModelVariantMake, {"storage": self.field("storage")})
        rule = self.app.modelling.variants.make
        model = await rule(self.viewer, owner, name, int(number), fields.storage)
        self.go(f"{self.app.base_url}@{segment(model.owner)}/models/{model.name}/v/{number}#variants")
