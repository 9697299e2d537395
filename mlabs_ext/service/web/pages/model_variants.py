"""The variants of a model on its page: how large each is, and the button that makes it."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urljoin

from mlabs_ext import wire
from mlabs_ext.service.model_variants import BYTES
from mlabs_ext.service.web.formats import counted, number, segment
from mlabs_ext.service.web.pages.base import Page, shaped

# In words, by how numbers are kept.
HINTS: dict[wire.Storage, str] = {
    "float16": "Two bytes for each number: nearly as exact.",
    "uint8": "One byte for each number: less exact. Try it with examples before you rely on it.",
}


class Shown(NamedTuple):
    """A variant that there is, with its address and what was measured, or one that could be made."""

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
        url = urljoin(site, variant.url) if variant else None
        found.append(Shown(storage, told(variant.compared) if variant else hint, size, url))
    return found


def told(compared: wire.ModelCompared) -> str:
    """How far a variant is from its model, in words."""
    if compared.difference is None:
        return f"How far it differs from the model could not be measured: {compared.reason}."
    on = f"Tried on {counted(compared.rows, 'random input')}"
    if compared.difference == 0:
        return f"{on}: it predicts exactly the same."
    largest = f"no prediction differs by more than {number(compared.difference)}"
    said = f"{on}: {largest}, where the model's go up to {number(compared.largest)}."
    if compared.same_class is None:
        return said
    # Rounded down: 99.9 % is not all of them.
    share = f"the same in {int(100 * compared.same_class)} % of cases"
    return f"{said} The most likely class is {'always the same' if compared.same_class == 1 else share}."


class MakeVariantAction(Page):
    """`POST BASE/@{owner}/models/{name}/v/{n}/variants`."""

    async def post(self, owner: str, name: str, which: str) -> None:
        """Make it."""
        self.require_user()
        self.costs()
        fields = shaped(wire.ModelVariantMake, {"storage": self.field("storage")})
        rule = self.app.modelling.variants.make
        model = await rule(self.viewer, owner, name, int(which), fields.storage)
        self.go(f"{self.app.base_url}@{segment(model.owner)}/models/{model.name}/v/{which}#variants")
