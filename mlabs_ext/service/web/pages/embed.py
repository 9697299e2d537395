"""What other sites put into an iframe: the same for everybody, and unable to change anything."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import msgspec

from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import EmbedPage
from mlabs_ext.wire import Lab, Run

CHOICES = {
    "v": r"|[1-9][0-9]{0,8}",
    "run": r"|[0-9A-HJKMNP-TV-Z]{26}",
    "cells": r"|[\w-]{1,64}(,[\w-]{1,64}){0,199}",
    "show": "|all|code|output",
    "theme": "|auto|light|dark",
    "header": "|0|1",
}
EVERYBODY = Viewer.anonymous()


class Options(msgspec.Struct):
    """The query of an embed; empty is the default."""

    v: str = ""
    run: str = ""
    cells: str = ""
    show: str = ""
    theme: str = ""
    header: str = ""

    def document(self) -> str:
        """The part of the query that the rendered document takes."""
        given = {"cells": self.cells, "show": self.show, "theme": self.theme or "auto"}
        return urlencode({name: value for name, value in given.items() if value})


class LabEmbed(EmbedPage):
    """`BASE/embed/@{owner}/{lab}`."""

    async def get(self, owner: str, name: str) -> None:
        """Show a lab, one version of it, or one run."""
        options = Options(**{option: self.option(option) for option in CHOICES})
        lab = await self.run(self.app.labs.get, EVERYBODY, owner, name)
        number = int(options.v or lab.version)
        version = await self.run(self.app.versions.get, EVERYBODY, owner, name, number)
        run = await self.chosen_run(lab, options.run)
        part = f"/runs/{run.id}" if run else f"/v/{number}"
        self.embed_page(
            "embed.html",
            lab=lab,
            version=version,
            run=run,
            fixed=bool(options.v),
            header=options.header != "0",
            theme=options.theme or "auto",
            document=f"{lab_path(lab)}{part}?{options.document()}",
            page_url=f"{self.app.base_url}{lab_path(lab)}{part if run or options.v else ''}",
        )

    async def chosen_run(self, lab: Lab, run_id: str) -> Run | None:
        """The run that the query names, where it is a run of this lab."""
        if not run_id:
            return None
        run = await self.run(self.app.runs.get, EVERYBODY, run_id)
        if run.lab != f"{lab.owner}/{lab.name}":
            raise NotFound("There is no such run of this lab.", "run_not_found")
        return run

    def option(self, name: str) -> str:
        """A part of the query, checked."""
        given = self.get_query_argument(name, "")
        if not re.fullmatch(CHOICES[name], given, re.ASCII):
            raise BadInput(f"`{name}` cannot be used as it is.", "embed_option_invalid")
        return given
