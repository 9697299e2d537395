"""Proposals as they are stored and as they are shown: whoever looks one up, whoever asks, does it here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from mlabs_ext import wire
from mlabs_ext.errors import Conflict, NotFound, Stale
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.orm_proposals import Proposal, Remark
from mlabs_ext.service.rules import edits, find_lab, sees
from mlabs_ext.service.viewers import Viewer

# A number that no lab reaches is no error of the database either.
MOST = 2**31
BOTH = joinedload(Proposal.lab, innerjoin=True), joinedload(Proposal.fork)


def absent(number: int | str) -> NotFound:
    """The one answer for proposals that do not exist and those that the asker may not know of."""
    return NotFound(f"There is no proposal {number} here.", "proposal_not_found")


def visible(viewer: Viewer, row: Proposal) -> bool:
    """Whether the viewer sees a proposal to a lab that they see: its author offered it to those who edit the
    lab; others see it only while they see the fork too.
    """
    if row.taken_down is not None:
        return viewer.owns(row.user) or viewer.admin
    if viewer.owns(row.user) or edits(viewer, row.lab):
        return True
    return row.fork is not None and sees(viewer, row.fork)


def find(
    session: Session, viewer: Viewer, owner: str, name: str, number: int, lock: bool = False
) -> Proposal:
    """A proposal with its lab and its fork; with `lock` nobody else changes it meanwhile."""
    lab = find_lab(session, viewer, owner, name, lock=lock)
    query = select(Proposal).options(*BOTH).where(Proposal.lab_id == lab.id, Proposal.number == number)
    row = session.scalar(query.with_for_update(of=Proposal) if lock else query) if number < MOST else None
    if row is None or not visible(viewer, row):
        raise absent(number)
    return row


def of_id(session: Session, viewer: Viewer, proposal_id: str, lock: bool = False) -> Proposal:
    """The same by its id."""
    query = select(Proposal).options(*BOTH).where(Proposal.id == proposal_id.replace("\0", ""))
    row = session.scalar(query.with_for_update(of=Proposal) if lock else query)
    if row is None or not sees(viewer, row.lab) or not visible(viewer, row):
        raise absent(proposal_id)
    return row


def need_open(row: Proposal, if_match: str | None) -> None:
    """Go on only with a proposal that nobody has decided about, as the asker has read it."""
    if if_match is not None and if_match != etag(row):
        raise Stale("This proposal was changed in the meantime: read it again.", "proposal_changed")
    if row.state != "open":
        raise Conflict(f"This proposal is {row.state} already.", "proposal_closed")


def need_edits(viewer: Viewer, row: Proposal) -> None:
    """Go on only for who edits the lab: to others there is nothing to decide about."""
    if not edits(viewer, row.lab):
        raise absent(row.number)


def etag(row: Proposal) -> str:
    """What changes whenever its state does."""
    return f'"{row.id}-{row.revision}"'


def shown(
    viewer: Viewer, addresses: Addresses, row: Proposal, remarks: Iterable[Remark] = ()
) -> wire.Proposal:
    """A proposal as the viewer may see it."""
    lab, fork = row.lab, row.fork if row.fork is not None and sees(viewer, row.fork) else None
    return wire.Proposal(
        number=row.number,
        lab=f"{lab.owner}/{lab.name}",
        source=f"{fork.owner}/{fork.name}" if fork else None,
        user=row.user,
        title=row.title,
        message=row.message,
        version=row.version,
        base=row.base,
        state=row.state,
        created=row.created,
        updated=row.updated,
        closed_by=row.closed_by,
        answer=row.answer,
        merged=row.merged,
        url=addresses.proposal(lab.owner, lab.name, row.number),
        id=row.id,
        taken_down=row.taken_down,
        remarks=[wire.Remark(one.id, one.user, one.text, one.created) for one in remarks],
    )


def remarks_on(session: Session, row: Proposal, limit: int) -> Sequence[Remark]:
    """What was said about it, the oldest first."""
    query = select(Remark).where(Remark.proposal_id == row.id).order_by(Remark.id)
    return session.scalars(query.limit(limit)).all()


def editors(lab: orm.Lab) -> list[str]:
    """The owner, and whom by name they let edit the lab."""
    held = lab.shared or {}
    named = [
        key.partition(" ")[2] for key, (may, _) in held.items() if key.startswith("user ") and may == "edit"
    ]
    return [lab.owner, *named]
