"""Proposals: a fork's author offers what they changed to the lab that it is a fork of."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import Conflict, Forbidden, Unusable
from mlabs_ext.names import split_lab
from mlabs_ext.service import bases, news, orm, rates
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.orm_proposals import Proposal
from mlabs_ext.service.proposal_decisions import Decisions, tidy
from mlabs_ext.service.proposal_lists import Lists
from mlabs_ext.service.proposal_remarks import Remarks
from mlabs_ext.service.proposal_rows import editors, shown
from mlabs_ext.service.rules import edits, find_lab, need_write
from mlabs_ext.service.versions import find_version
from mlabs_ext.service.viewers import Viewer


class Proposals(Lists, Decisions, Remarks):
    """The rules about proposals."""

    def make(
        self, viewer: Viewer, owner: str, name: str, fields: wire.ProposalCreate, key: Key | None = None
    ) -> wire.Proposal:
        """Offer a version of a fork to the lab that it is of; those who edit that are told."""
        user = need_write(viewer)
        title, message = named(fields.title), tidy(fields.message, "message")

        def make() -> wire.Proposal:
            lab = find_lab(session, viewer, owner, name, lock=True)
            now = self.now()
            rates.check(session, Proposal.user, Proposal.created, user, self.most, self.within, now)
            row = self._new(session, viewer, lab, fields)
            row.user, row.title, row.message = user, title, message
            row.created = row.updated = now
            session.add(row)
            session.flush()
            news.of_proposal(session, news.PROPOSED, editors(lab), row, user)
            return shown(viewer, self.addresses, row)

        with self.store.write() as session:
            return once(session, user, key, wire.Proposal, make)

    def _new(self, session: Session, viewer: Viewer, lab: orm.Lab, fields: wire.ProposalCreate) -> Proposal:
        fork = find_lab(session, viewer, *split_lab(fields.source))
        if fork.parent_id != lab.id or not edits(viewer, fork):
            reason = f"{fields.source} is no fork of {lab.owner}/{lab.name} that you may edit."
            raise Unusable(reason, "not_a_fork", {"field": "source"})
        if lab.taken_down is not None or fork.taken_down is not None:
            raise Forbidden("An administrator took this lab down; nothing is proposed to it.", "taken_down")
        version = find_version(session, fork, fields.version or "latest")
        base = bases.of(fork, version) or lab.version
        self._need_news(session, lab, version, base)
        _need_none_open(session, fork)
        highest = select(func.max(Proposal.number)).where(Proposal.lab_id == lab.id)
        return Proposal(
            id=str(ULID()),
            lab=lab,
            fork=fork,
            number=(session.scalar(highest) or 0) + 1,
            version=version.number,
            base=base,
            notebook=version.notebook,
            size=version.size,
            state="open",
            revision=1,
        )

    def _need_news(self, session: Session, lab: orm.Lab, version: orm.Version, base: int) -> None:
        """Go on only with a version that is neither what it stands on nor what the lab is now."""
        theirs = {find_version(session, lab, number).notebook for number in (base, "latest")}
        if version.notebook in theirs:
            raise Unusable("This version changes nothing of the original.", "nothing_to_propose")


def _need_none_open(session: Session, fork: orm.Lab) -> None:
    still = select(Proposal.number).where(Proposal.fork_id == fork.id, Proposal.state == "open")
    if (number := session.scalar(still)) is not None:
        reason = f"Proposal {number} of this fork is still open: withdraw it first."
        raise Conflict(reason, "proposal_open", {"number": number})


def named(title: str) -> str:
    """A title of one line."""
    kept = " ".join(tidy(title, "title").split())
    if not kept:
        raise Unusable(
            "Say in a few words what it is that you propose.", "fields_invalid", {"field": "title"}
        )
    return kept
