"""Reading proposals: those to a lab, one of them, that of a fork, and what accepting one would merge."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from mlabs_ext import wire
from mlabs_ext.service import bases, proposal_rows
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_proposals import Proposal
from mlabs_ext.service.proposal_rows import find, shown
from mlabs_ext.service.rules import Rules, find_lab, lab_etag, sees
from mlabs_ext.service.versions import find_version
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("proposals", Proposal.number, Proposal.number, int)
MAX_REMARKS = 500
COUNTED = 100


class Sides(NamedTuple):
    """The notebooks of the merge that accepting is, into version `into` of a lab as its ETag says."""

    into: int
    etag: str
    notebooks: tuple[bytes, bytes, bytes]


class Lists(Rules):
    """The rules about reading proposals."""

    def list(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        state: str | None = None,
        limit: int = 30,
        cursor: str | None = None,
    ) -> tuple[list[wire.Proposal], str | None]:
        """Those to a lab that the viewer sees, newest first."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            query = select(Proposal).where(Proposal.lab_id == lab.id)
            query = query.options(*proposal_rows.BOTH)
            if state is not None:
                query = query.where(Proposal.state == plain(state, "state"))
            rows, following = NEWEST.page(session, query, limit, cursor)
            seen = [row for row in rows if proposal_rows.visible(viewer, row)]
            return [shown(viewer, self.addresses, row) for row in seen], following

    def get(self, viewer: Viewer, owner: str, name: str, number: int) -> tuple[wire.Proposal, str]:
        """One with what was said about it, and what `If-Match` takes for its state."""
        with self.store.read() as session:
            row = find(session, viewer, owner, name, number)
            said = proposal_rows.remarks_on(session, row, MAX_REMARKS)
            return shown(viewer, self.addresses, row, said), proposal_rows.etag(row)

    def of_fork(self, viewer: Viewer, owner: str, name: str) -> wire.Proposal | None:
        """The open proposal of a fork, if the viewer sees it."""
        with self.store.read() as session:
            fork = find_lab(session, viewer, owner, name)
            query = select(Proposal).options(*proposal_rows.BOTH)
            row = session.scalar(query.where(Proposal.fork_id == fork.id, Proposal.state == "open"))
            if row is None or not (sees(viewer, row.lab) and proposal_rows.visible(viewer, row)):
                return None
            return shown(viewer, self.addresses, row)

    def open_count(self, viewer: Viewer, owner: str, name: str) -> int:
        """How many wait for a decision, as far as the viewer sees them; at most `COUNTED`."""
        return len(self.list(viewer, owner, name, "open", COUNTED)[0])

    def sides(self, viewer: Viewer, owner: str, name: str, number: int, into: int | None = None) -> Sides:
        """What accepting merges. Stale where the lab's latest version is not `into`."""
        with self.store.read() as session:
            row = find(session, viewer, owner, name, number)
            latest = bases.need_latest(find_version(session, row.lab, "latest"), into)
            digests = find_version(session, row.lab, row.base).notebook, latest.notebook, row.notebook
            etag = lab_etag(row.lab)
        base, mine, theirs = (self.blobs.get(digest) for digest in digests)
        return Sides(latest.number, etag, (base, mine, theirs))

    def notebook(self, viewer: Viewer, owner: str, name: str, number: int) -> tuple[bytes, str]:
        """What was proposed, as it is stored, and its digest."""
        with self.store.read() as session:
            digest = find(session, viewer, owner, name, number).notebook
        return self.blobs.get(digest), digest
