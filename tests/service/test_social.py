"""What people do around labs is found by indexes, however much of it there is."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from mlabs_ext.service import comment_lists, moderation, orm, proposal_lists, reports, stars
from mlabs_ext.service.comment_rows import there
from mlabs_ext.service.curated import NEWEST as COLLECTIONS
from mlabs_ext.service.lab_lists import SORTS
from mlabs_ext.service.orm_comments import Comment
from mlabs_ext.service.orm_curated import Collection
from mlabs_ext.service.orm_moderation import Report, Verdict
from mlabs_ext.service.orm_notifications import Notification
from mlabs_ext.service.orm_proposals import Proposal, Remark
from mlabs_ext.service.orm_stars import Star

THREADS = select(Comment).where(Comment.lab_id == "x", Comment.parent_id.is_(None), there())
LISTED = select(orm.Lab).where(text(orm.LISTED))
QUERIES = {
    "ix_star_user": stars.NEWEST.ordered(select(Star).where(Star.user == "ada"), None),
    "ix_comment_lab": comment_lists.NEWEST.ordered(THREADS, None),
    "ix_comment_cell": comment_lists.NEWEST.ordered(THREADS.where(Comment.cell == "c"), None),
    "ix_comment_parent": select(Comment).where(Comment.parent_id.in_(["a", "b"])),
    "ix_comment_user": select(Comment.created).where(Comment.user == "ada").order_by(Comment.created.desc()),
    "uq_proposal_number": proposal_lists.NEWEST.ordered(
        select(Proposal).where(Proposal.lab_id == "x", Proposal.state == "open"), None
    ),
    "ix_proposal_user": select(Proposal.created)
    .where(Proposal.user == "ada")
    .order_by(Proposal.created.desc()),
    "ix_remark_proposal": select(Remark).where(Remark.proposal_id == "p").order_by(Remark.id),
    "ix_remark_user": select(Remark.created).where(Remark.user == "ada").order_by(Remark.created.desc()),
    "ix_notification_proposal_id": select(Notification).where(Notification.proposal_id == "p"),
    "ix_report_open": reports.NEWEST.ordered(select(Report).where(Report.closed.is_(None)), None),
    "ix_verdict_at": moderation.NEWEST.ordered(select(Verdict), None),
    "ix_collection_updated": COLLECTIONS.ordered(select(Collection).where(Collection.owner == "ada"), None),
    "ix_notification_comment_id": select(Notification).where(Notification.comment_id == "c"),
    "ix_lab_listed_updated": SORTS["recent"].ordered(LISTED, None),
    "ix_lab_listed_popularity": SORTS["popular"].ordered(LISTED, None),
    "ix_lab_listed_environment_heat": SORTS["trending"].ordered(
        LISTED.where(orm.Lab.environment == "python"), None
    ),
}


@pytest.mark.parametrize("index", QUERIES)
def test_lists_are_read_in_the_order_of_an_index(store, index):
    with store.read(whole=True) as session:
        bind = session.get_bind()
        query = QUERIES[index].limit(30).compile(bind, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN"
        if not store.is_sqlite:
            # It reads and sorts small tables whole unless it is told not to.
            for way in ("seqscan", "sort", "bitmapscan"):
                session.execute(text(f"SET LOCAL enable_{way} = off"))
            explain = "EXPLAIN"
        rows = session.connection().exec_driver_sql(f"{explain} {query}".replace("%", "%%")).all()
    plan = str(rows)
    assert index in plan
    assert "TEMP B-TREE" not in plan
