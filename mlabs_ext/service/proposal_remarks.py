"""What is said about proposals, and what administrators take down of them."""

from __future__ import annotations

from sqlalchemy import func, select
from traitlets import Float, Integer
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service import news, proposal_rows, rates, verdicts
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.orm_proposals import Proposal, Remark
from mlabs_ext.service.proposal_decisions import tidy
from mlabs_ext.service.proposal_lists import MAX_REMARKS
from mlabs_ext.service.proposal_rows import editors, find
from mlabs_ext.service.rules import Rules, need_admin, need_write
from mlabs_ext.service.viewers import Viewer


class Remarks(Rules):
    """The rules about remarks."""

    most = Integer(
        20,
        min=1,
        help="""How many proposals a person may make, and how many remarks about them, within
        `c.Proposals.within` seconds.

        Default: 20. Example:

            c.Proposals.most = 5
        """,
    ).tag(config=True)

    within = Float(
        3600.0,
        help="""The seconds in which a person may make `c.Proposals.most` proposals, and as many remarks.

        Default: 3600, an hour. Example:

            c.Proposals.within = 86400
        """,
    ).tag(config=True)

    def say(
        self, viewer: Viewer, owner: str, name: str, number: int, text: str, key: Key | None = None
    ) -> wire.Remark:
        """Say something about a proposal that the viewer sees; its author and who edits the lab are told."""
        user, text = need_write(viewer), tidy(text, "text")
        if not text:
            raise Unusable("A remark needs some words.", "fields_invalid", {"field": "text"})

        def make() -> wire.Remark:
            row = find(session, viewer, owner, name, number, lock=True)
            now = self.now()
            rates.check(session, Remark.user, Remark.created, user, self.most, self.within, now)
            there = select(func.count()).select_from(Remark).where(Remark.proposal_id == row.id)
            if (session.scalar(there) or 0) >= MAX_REMARKS:
                raise Unusable(f"A proposal has at most {MAX_REMARKS} remarks.", "thread_full")
            one = Remark(id=str(ULID()), proposal_id=row.id, user=user, text=text, created=now)
            session.add(one)
            news.of_proposal(session, news.REMARKED, [row.user, *editors(row.lab)], row, user, now)
            return wire.Remark(one.id, one.user, one.text, one.created)

        with self.store.write() as session:
            return once(session, user, key, wire.Remark, make)

    def unsay(self, viewer: Viewer, owner: str, name: str, number: int, remark: str) -> None:
        """Take one's own remark away; who acts for the lab's owner takes any."""
        need_write(viewer)
        with self.store.write() as session:
            row = find(session, viewer, owner, name, number)
            one = None if "\0" in remark else session.get(Remark, remark)
            may = one is not None and (viewer.owns(one.user) or viewer.acts_for(row.lab.owner))
            if one is None or one.proposal_id != row.id or not may:
                raise NotFound("There is no such remark of yours.", "remark_not_found")
            session.delete(one)

    def take_down(self, viewer: Viewer, proposal_id: str, reason: str) -> None:
        """Keep a proposal from all but its author; for administrators."""
        self._decide(viewer, proposal_id, verdicts.TAKEN_DOWN, reason)

    def restore(self, viewer: Viewer, proposal_id: str, reason: str = "") -> None:
        """Show it again."""
        self._decide(viewer, proposal_id, verdicts.RESTORED, reason)

    def _decide(self, viewer: Viewer, proposal_id: str, action: str, reason: str) -> None:
        need_write(viewer)
        need_admin(viewer)
        with self.store.write() as session:
            row: Proposal = proposal_rows.of_id(session, viewer, proposal_id, lock=True)
            made = verdicts.record(session, viewer, action, verdicts.proposal(row), reason)
            row.taken_down = made.at if action == verdicts.TAKEN_DOWN else None
            row.revision += 1
