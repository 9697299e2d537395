"""What lists show of labs that change while they are read."""

from __future__ import annotations

from sqlalchemy import delete

from mlabs_ext.service import orm, shown


def test_a_lab_that_is_removed_while_it_is_listed_is_shown_as_it_was_found(rules, store):
    lab = rules.publish()
    with store.read() as session:
        row = session.get_one(orm.Lab, lab.id)
        with store.write() as other:
            other.execute(delete(orm.Lab).where(orm.Lab.id == lab.id))
        [found] = shown.labs(session, rules.nobody, rules.labs.addresses, [row])
    assert (found.name, found.live, found.thumbnail) == (lab.name, False, None)
