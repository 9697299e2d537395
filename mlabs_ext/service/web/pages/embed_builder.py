"""Where a person puts an embed together and sees what it will look like."""

from __future__ import annotations

from typing import Any

from mlabs_ext import snippets
from mlabs_ext.errors import BadInput, Unusable
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.embed_options import RULES, Options
from mlabs_ext.service.web.pages.snippets import chosen
from mlabs_ext.wire import EmbedSnippet, Lab

VERSIONS = 50
LOWEST, HIGHEST = 48, 10_000


class EmbedBuilder(Page):
    """`BASE/@{owner}/{lab}/embed`: a form that changes nothing, with what to paste below it."""

    async def get(self, owner: str, name: str) -> None:
        """Show the form as it was filled in, and what it makes."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        if lab.version == 0:
            raise Unusable(f"{lab.owner}/{lab.name} is a draft: publish it first.", "not_published")
        versions, _ = await self.run(self.app.versions.list, self.viewer, owner, name, VERSIONS, None)
        asked = {option: self.get_query_argument(option, "") for option in RULES}
        height = self.get_query_argument("height", "") or str(snippets.HEIGHT)
        form: dict[str, Any] = {"lab": lab, "versions": versions, "asked": asked, "height": height}
        form["runnable"] = bool(self.app.pyodide_url)
        try:
            made = self.made(lab, asked)
        except BadInput as error:
            self.page("embed_builder.html", 400, wrong=error.message, made=None, **form)
        else:
            preview = self.app.base_url + made.embed_url.removeprefix(self.site())
            self.page("embed_builder.html", made=made, preview=preview, **form)

    def made(self, lab: Lab, asked: dict[str, str]) -> EmbedSnippet:
        """What to paste; BadInput where the form cannot be used as it is."""
        given = self.get_query_argument("height", "")
        height = self.number("height", snippets.HEIGHT, LOWEST, HIGHEST) if given else snippets.HEIGHT
        return chosen(lab, self.site(), Options.read(asked.__getitem__).given(), height)
