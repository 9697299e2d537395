"""The comments of a lab: on its page, by cell, one thread alone; writing, changing and hiding them."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import quote, urlencode

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError
from mlabs_ext.service.outline import spoken
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.runs import next_page
from mlabs_ext.service.web.system import safe_next

PAGE, ON_LAB = 20, 10
# Cells to choose from; of a longer notebook the first ones.
CELLS = 300
FIELDS = ("text", "cell", "version", "parent")
TOLD = (400, 409, 422, 429)


async def newest(page: Page, lab: wire.Lab) -> SimpleNamespace:
    """What a lab's page shows of its comments."""
    rule = page.app.social.comments.newest
    threads, more, cells = await page.run(rule, page.viewer, lab.owner, lab.name, ON_LAB)
    return SimpleNamespace(threads=threads, more=more, cells=cells)


class CommentsPage(Page):
    """`BASE/@{owner}/{lab}/comments`, with `?cell=` about one of its cells."""

    async def get(self, owner: str, name: str) -> None:
        """Show the threads, newest first, and the cells that one may speak about."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        await self.ask(lab, self.get_query_argument("cell", ""))

    async def ask(
        self,
        lab: wire.Lab,
        cell: str,
        form: dict[str, str] | None = None,
        problem: str = "",
        status: int = 200,
    ) -> None:
        """Show them, and the form with what was entered."""
        cursor, where = self.get_query_argument("cursor", None), (self.viewer, lab.owner, lab.name)
        rules = self.app.social.comments
        threads, following = await self.run(rules.list, *where, cell or None, PAGE, cursor)
        spoken_of = {each.cell: each for each in await self.run(rules.cells, *where)}
        outline = (await self.run(rules.outline, *where))[:CELLS] if lab.version and lab.comments else []
        labels = {each.id: spoken(each.place, each.label) for each in outline}
        gone = [each for each in spoken_of.values() if each.cell not in labels]
        about = labels.get(cell) or (spoken_of[cell].label if cell in spoken_of else "")
        self.page(
            "comments.html",
            status,
            lab=lab,
            threads=threads,
            next=next_page(following) and "?" + urlencode({"cell": cell, "cursor": following}),
            cell=cell if about else "",
            about=about,
            labels=labels,
            spoken_of=spoken_of,
            gone=gone,
            can_speak=cell in labels or not cell,
            key=form_key(),
            form=dict.fromkeys(FIELDS, "") | (form or {}),
            problem=problem,
        )

    async def post(self, owner: str, name: str) -> None:
        """Write a comment or a reply, then go where it is."""
        address = f"{self.app.base_url}{lab_path(f'{owner}/{name}')}"
        if self.viewer.name is None:
            self.go(f"{self.app.base_url}login?next={quote(f'{address}/comments', safe='')}")
            return
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        given = {field: value for field, value in self.given(*FIELDS).items() if value}
        key = sent_once(self, owner, name, *(f"{field} {value}" for field, value in sorted(given.items())))
        add = self.app.social.comments.add
        try:
            made = await self.run(add, self.viewer, owner, name, self.fields(given), key)
        except MLabsError as error:
            if error.status not in TOLD:
                raise
            if error.status == 429:
                self.set_header("Retry-After", str((error.detail or {}).get("retry_after", 5)))
            await self.ask(lab, given.get("cell", ""), given, error.message, error.status)
            return
        back = self.field("next")
        self.go(f"{safe_next(back, self.app.base_url) if back else address}#comment-{made.id}")

    def fields(self, given: dict[str, str]) -> wire.CommentCreate:
        """The form as the rule takes it."""
        fields: dict[str, str | int] = {"text": "", **given}
        if given.get("version", "").isdecimal():
            fields["version"] = int(given["version"])
        return shaped(wire.CommentCreate, fields)


class ThreadPage(Page):
    """`BASE/@{owner}/{lab}/comments/{id}`: a comment's own address."""

    async def get(self, owner: str, name: str, comment: str) -> None:
        """Show it with its thread."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        thread = await self.run(self.app.social.comments.thread, self.viewer, comment)
        if thread.lab != f"{lab.owner}/{lab.name}":
            self.send_error(404)
            return
        about = self.app.telling.notifications.unread_about
        news = await self.run(about, self.viewer, comment) if self.unread else None
        self.page("comment.html", lab=lab, thread=thread, news=news, key=form_key())


class CommentAction(Page):
    """`POST BASE/comments/{id}/{what}`."""

    async def post(self, comment: str, what: str) -> None:
        """Do what the pressed button says, and go back."""
        self.require_user()
        rules = self.app.social.comments
        if what == "edit":
            text = shaped(wire.CommentChange, {"text": self.field("text")}).text
            await self.run(rules.edit, self.viewer, comment, text)
        elif what == "delete":
            self.need_sure("the comment is to be deleted")
            await self.run(rules.delete, self.viewer, comment)
        elif what == "hide":
            await self.run(rules.hide, self.viewer, comment, self.field("reason") or None)
        else:
            await self.run(rules.unhide, self.viewer, comment)
        self.go_on(self.app.base_url)
