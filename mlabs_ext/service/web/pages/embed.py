"""What other sites put into an iframe: the same for everybody, and unable to change anything."""

from __future__ import annotations

from mlabs_ext.errors import NotFound
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.kept import KeepingHandler
from mlabs_ext.service.web.pages.base import EmbedPage
from mlabs_ext.service.web.pages.embed_options import Options, checked
from mlabs_ext.service.web.pages.snippets import page_of
from mlabs_ext.wire import Lab, Run, Version

EVERYBODY = Viewer.anonymous()


class LabEmbed(KeepingHandler, EmbedPage):
    """`BASE/embed/@{owner}/{lab}`."""

    async def get(self, owner: str, name: str) -> None:
        """Show a lab, one version of it, or one run."""
        options = Options.read(lambda option: self.get_query_argument(option, ""))
        around = checked("around", self.get_query_argument("around", ""))
        lab, version, run = await shown_by(self, owner, name, options)
        follows = options.theme in ("", "auto")
        theme = around or "auto" if follows else options.theme
        self.keep(lab.id)
        part = f"/runs/{run.id}" if run else f"/v/{version.number}"
        self.embed_page(
            "embed.html",
            lab=lab,
            version=version,
            run=run,
            fixed=bool(options.v),
            header=options.header != "0",
            theme=theme,
            follows=follows,
            document=f"{lab_path(lab)}{part}?{options.document(theme)}",
            page_url=f"{self.app.base_url}{page_of(lab, options.given())}",
        )


async def shown_by(
    handler: BaseHandler, owner: str, name: str, options: Options
) -> tuple[Lab, Version, Run | None]:
    """What an embed shows, as everybody may see it; NotFound for anything else."""
    rules = handler.app
    lab = await handler.run(rules.labs.get, EVERYBODY, owner, name)
    number = int(options.v or lab.version)
    version = await handler.run(rules.versions.get, EVERYBODY, owner, name, number)
    run = await handler.run(rules.runs.get, EVERYBODY, options.run) if options.run else None
    if run and run.lab != f"{lab.owner}/{lab.name}":
        raise NotFound("There is no such run of this lab.", "run_not_found")
    return lab, version, run


class AbsentEmbed(EmbedPage):
    """Every other address below `BASE/embed`: said inside the frame, where an app page would be blocked."""

    async def get(self) -> None:
        """Say what the address has to look like."""
        raise NotFound("An embed's address ends in embed/@owner/lab.", "lab_not_found")
