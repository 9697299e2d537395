"""What becomes of a proposal: accepted, declined or withdrawn; the other side is told."""

from __future__ import annotations

from functools import partialmethod

from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.service import bases, lab_data, news, storage
from mlabs_ext.service.fields import plain, touch
from mlabs_ext.service.idempotency import Key, again, once
from mlabs_ext.service.orm_proposals import Proposal
from mlabs_ext.service.prepared import Prepared, prepare
from mlabs_ext.service.proposal_lists import Sides
from mlabs_ext.service.proposal_rows import absent, find, need_edits, need_open, shown
from mlabs_ext.service.rules import Rules, current, need_write
from mlabs_ext.service.versions import add_version, find_version
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.wire.proposals import ProposalState


class Decisions(Rules):
    """The rules about deciding."""

    def may_accept(
        self, viewer: Viewer, owner: str, name: str, number: int, if_match: str | None, key: Key | None
    ) -> wire.Proposal | None:
        """What an acceptance with this key was answered before; an error for who may not accept it."""
        user = need_write(viewer)
        with self.store.write() as session:
            answered = again(session, user, key, wire.Proposal)
            if answered is None:
                row = find(session, viewer, owner, name, number, lock=True)
                need_edits(viewer, row)
                need_open(row, if_match)
            return answered

    def accept(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        number: int,
        notebook: bytes,
        sides: Sides,
        answer: str = "",
        key: Key | None = None,
    ) -> wire.Proposal:
        """The merge as the lab's next version, with its author's name, and the proposal accepted by it.

        Stale where the lab has changed since the merge was worked out.
        """
        user = need_write(viewer)
        prepared, word = prepare(self.blobs, notebook), tidy(answer, "answer")

        def make() -> wire.Proposal:
            storage.turn(session, owner)
            row = find(session, viewer, owner, name, number, lock=True)
            need_edits(viewer, row)
            need_open(row, None)
            current(row.lab, sides.etag)
            storage.check(session, self.plans.of(session, owner, viewer), owner, prepared)
            self._publish(session, viewer, row, prepared)
            self._close(row, "accepted", user, word)
            row.merged = row.lab.version
            news.of_proposal(session, news.ACCEPTED, [row.user], row, user)
            return shown(viewer, self.addresses, row)

        with self.store.write() as session:
            return once(session, user, key, wire.Proposal, make)

    def _publish(self, session: Session, viewer: Viewer, row: Proposal, prepared: Prepared) -> None:
        """Make the merge the lab's next version, unless it has all of it already."""
        lab, now = row.lab, self.now()
        latest = find_version(session, lab, "latest")
        if latest.notebook == prepared.digest:
            return
        said = f"{row.title}\n\nProposal {row.number} by {row.user}, accepted by {viewer.name}"
        version = add_version(session, lab, row.user, wire.VersionCreate(message=said), prepared, now)
        version.merged = bases.noted(session, lab, prepared.runtime, latest)
        lab_data.follow(session, viewer, lab, prepared.runtime.data, now)
        touch(lab, now)

    def _end(
        self,
        state: ProposalState,
        viewer: Viewer,
        owner: str,
        name: str,
        number: int,
        answer: str = "",
        if_match: str | None = None,
        key: Key | None = None,
    ) -> wire.Proposal:
        user, word = need_write(viewer), tidy(answer, "answer")

        def make() -> wire.Proposal:
            row = find(session, viewer, owner, name, number, lock=True)
            if state == "declined":
                need_edits(viewer, row)
            elif not viewer.owns(row.user):
                raise absent(row.number)
            need_open(row, if_match)
            self._close(row, state, user, word)
            if state == "declined":
                news.of_proposal(session, news.DECLINED, [row.user], row, user)
            else:
                news.take_back_proposal(session, row.id)
            return shown(viewer, self.addresses, row)

        with self.store.write() as session:
            return once(session, user, key, wire.Proposal, make)

    # Its author is told, and why.
    decline = partialmethod(_end, "declined")
    # One's own is taken back.
    withdraw = partialmethod(_end, "withdrawn")

    def _close(self, row: Proposal, state: ProposalState, by: str, answer: str) -> None:
        row.state, row.closed_by, row.answer = state, by, answer or None
        row.updated = self.now()
        row.revision += 1


def tidy(text: str, field: str) -> str:
    """Text as it is kept; browsers send other line ends."""
    return plain(text.replace("\r\n", "\n").strip(), field)
