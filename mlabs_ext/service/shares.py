"""Shares of labs: their owner lets people, groups and whoever has a link see them, or edit them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from traitlets import Integer

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import news, orm, shown
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.linking import Linking
from mlabs_ext.service.orm_shares import Share, Shared
from mlabs_ext.service.rules import find_lab, lab_absent, need_read, own_lab
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("shared", orm.Lab.updated, orm.Lab.id, datetime)


class Shares(Linking):
    """The rules about with whom labs are shared."""

    what, table, key, rows = "lab", Share, "lab_id", orm.Lab
    edits_by_link = True

    max_per_lab = Integer(
        100,
        help="""With how many people, groups and links a lab may be shared; more get a 429.

        A lab's row holds them all, so that who sees it is known without looking further. Default: 100.
        Example:

            c.Shares.max_per_lab = 300
        """,
    ).tag(config=True)

    @property
    def most(self) -> int:
        """With how many a lab is shared."""
        return self.max_per_lab

    def find(self, session: Session, viewer: Viewer, owner: str, name: str, lock: bool = False) -> orm.Lab:
        """The lab, if the viewer may see it."""
        return find_lab(session, viewer, owner, name, lock)

    def own(self, session: Session, viewer: Viewer, owner: str, name: str) -> orm.Lab:
        """The lab, locked for a change by its owner."""
        return own_lab(session, viewer, owner, name)

    def absent(self, owner: str, name: str) -> NotFound:
        """There is no such lab."""
        return lab_absent(owner, name)

    def added(self, session: Session, row: orm.Lab, share: Shared) -> None:
        """Tell the person with whom it is shared."""
        news.tell(session, share.name, news.SHARED, row, share.created)

    def shown(self, session: Session, viewer: Viewer, row: orm.Lab) -> wire.Lab:
        """The lab."""
        return shown.lab(session, viewer, self.addresses, row)

    def with_me(
        self, viewer: Viewer, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Lab], str | None]:
        """Labs of others that are shared with the viewer or a group of theirs, last changed first."""
        user = need_read(viewer)
        query = select(orm.Lab).where(
            orm.Lab.id.in_(self.held(viewer)),
            orm.Lab.deleted.is_(None),
            orm.Lab.taken_down.is_(None),
            orm.Lab.version > 0,
            orm.Lab.owner != user,
        )
        with self.store.read() as session:
            rows, following = NEWEST.page(session, query, limit, cursor)
            return shown.labs(session, viewer, self.addresses, rows), following
