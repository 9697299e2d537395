"""Import: a notebook from an address or a file is shown first, and becomes a lab when a person says so."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.imports import Taken
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.new import accelerators, preselected, within
from mlabs_ext.service.web.pages.settings import VISIBILITIES
from mlabs_ext.service.web.pages.snippets import import_badge
from mlabs_ext.wire import Import, ImportCreate

FIELDS = ("title", "description", "visibility", "environment", "accelerator")
MAX_NAME = 200
CHOICES = 500


class Importing(Page):
    """What the pages share: the form that asks, and the one that shows."""

    def ask(self, url: str = "", problem: str = "", status: int = 200) -> None:
        """Ask for an address or a file."""
        badge = import_badge(self.site())
        self.page("import.html", status, url=url, problem=problem, badge=badge, limit=self.app.max_body_size)

    async def show(
        self,
        looked: Import,
        query: dict[str, str],
        entered: dict[str, str] | None = None,
        problem: str = "",
        status: int = 200,
    ) -> None:
        """Show what would become of it, or which notebooks there are to choose from."""
        me = await self.run(self.app.people.me, self.viewer)
        environments = [within(me.plan.limits, item) for item in self.app.catalogue.public()]
        form = {field: getattr(looked, field) for field in FIELDS} | (entered or {})
        form["environment"] = preselected(environments, form["environment"])
        self.page(
            "import_preview.html",
            status,
            looked=looked,
            form=SimpleNamespace(**form),
            problem=problem,
            environments=environments,
            accelerators=accelerators(environments),
            visibilities=VISIBILITIES,
            choices=[
                (path, f"?{urlencode(query | {'notebook': path})}") for path in looked.notebooks[:CHOICES]
            ],
            document=self.app.importer.rules.document_token(looked.notebook_sha256),
            badge=import_badge(self.site(), looked.source) if looked.source else "",
            key=form_key(),
        )


class ImportPage(Importing):
    """`BASE/import`: asks, and shows what `?url=` or `?preview=` leads to."""

    async def get(self) -> None:
        """Show what would be imported, or ask."""
        self.require_user()
        url, token, choice = (
            self.get_query_argument(name, "").strip() for name in ("url", "preview", "notebook")
        )
        importer = self.app.importer
        if url or token:
            self.costs()
        try:
            if url and (here := importer.lab_here(url, self.site())):
                self.redirect(f"{self.app.base_url}fork/{lab_path('/'.join(here))}")
            elif url:
                await self.show(await importer.by_url(self.viewer, url, choice), {"url": url})
            elif token:
                await self.show(await importer.by_token(self.viewer, token, choice), {"preview": token})
            else:
                self.ask()
        except MLabsError as error:
            self.ask(url, error.message, error.status)

    async def post(self) -> None:
        """Take a file, and go on to show it."""
        self.require_user()
        self.costs()
        sent = self.request.files.get("file", [])
        if not sent or not sent[0].filename:
            self.ask(problem="Choose a file first: a notebook, a script, or a zip archive.", status=400)
            return
        name = PurePosixPath(sent[0].filename.replace("\\", "/")).name[:MAX_NAME]
        taken = Taken(name, "", sent[0].body)
        try:
            token = await self.run(self.app.importer.rules.keep, self.viewer, taken)
        except MLabsError as error:
            self.ask(problem=error.message, status=error.status)
            return
        self.go(f"{self.app.base_url}import?{urlencode({'preview': token})}")


class ImportAction(Importing):
    """`BASE/import/lab`: makes the lab."""

    async def post(self) -> None:
        """Make it, and go on to its page."""
        self.require_user()
        token, entered = self.field("id"), self.given(*FIELDS)
        made = await self.attempt(self.create(token, entered), partial(self.again, token, entered))
        if made:
            lab, digest = made
            self.app.ahead.render(digest)
            self.go(f"{self.app.base_url}{lab_path(lab)}")

    async def create(self, token: str, entered: dict[str, str]) -> tuple[Any, ...]:
        """Call the rule with what the form gives."""
        files = self.field("files")
        fields = shaped(ImportCreate, entered | {"files": bool(files)})
        key = sent_once(self, "import", token, files, *entered.values())
        return await self.run(self.app.importer.rules.create, self.viewer, token, fields, key=key)

    async def again(self, token: str, entered: dict[str, str], problem: str, status: int) -> None:
        """Show it with what was entered."""
        looked = await self.run(self.app.importer.rules.again, self.viewer, token)
        await self.show(looked, {}, entered, problem, status)
