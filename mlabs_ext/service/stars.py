"""Stars: given and taken back, counted exactly whoever else does so at the same time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from mlabs_ext import wire
from mlabs_ext.service import heat, orm, shown
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.orm_stars import Star
from mlabs_ext.service.rules import Rules, find_lab, need_read, need_write, sees
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("stars", Star.created, Star.lab_id, datetime)


class Stars(Rules):
    """The rules about stars. The lab's row is locked while its stars change, and so its counts are exact."""

    def give(self, viewer: Viewer, owner: str, name: str) -> wire.Stars:
        """Give the lab the viewer's star; where it has it already nothing changes."""
        user = need_write(viewer)
        with self.store.write() as session:
            lab = find_lab(session, viewer, owner, name, lock=True)
            if session.get(Star, (lab.id, user)) is None:
                now = self.now()
                session.add(Star(lab_id=lab.id, user=user, created=now))
                _count(lab, 1)
                lab.heat = heat.warmer(lab.heat, now, heat.STAR)
            return wire.Stars(lab.stars, True)

    def take_back(self, viewer: Viewer, owner: str, name: str) -> wire.Stars:
        """Take the viewer's star back; where there is none nothing changes."""
        user = need_write(viewer)
        with self.store.write() as session:
            lab = find_lab(session, viewer, owner, name, lock=True)
            star = session.get(Star, (lab.id, user))
            if star is not None:
                session.delete(star)
                _count(lab, -1)
                least = heat.warmer(0.0, lab.created, heat.PUBLISH)
                lab.heat = heat.cooler(lab.heat, star.created, heat.STAR, least)
            return wire.Stars(lab.stars, False)

    def mine(
        self, viewer: Viewer, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Lab], str | None]:
        """The labs that the viewer gave a star and may still see, the last star first."""
        user = need_read(viewer)
        with self.store.read() as session:
            stars, following = NEWEST.page(session, select(Star).where(Star.user == user), limit, cursor)
            ids = [star.lab_id for star in stars]
            rows = {row.id: row for row in session.scalars(select(orm.Lab).where(orm.Lab.id.in_(ids)))}
            # One that was purged in this moment is gone.
            seen = [rows[id_] for id_ in ids if id_ in rows and sees(viewer, rows[id_])]
            return shown.labs(session, viewer, self.addresses, seen), following


def _count(lab: orm.Lab, difference: int) -> None:
    lab.stars += difference
    lab.popularity += difference
