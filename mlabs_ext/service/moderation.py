"""Taking labs and profiles down and restoring them, and the record of who did what, when and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import news, orm, verdicts
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.orm_moderation import Verdict
from mlabs_ext.service.orm_profiles import Profile
from mlabs_ext.service.rules import Rules, find_lab, need_admin, need_read, need_write
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("verdicts", Verdict.at, Verdict.id, datetime)


class Moderation(Rules):
    """The rules about what administrators decide; comments are hidden by `comment_hiding.py`."""

    def take_down(self, viewer: Viewer, owner: str, name: str, reason: str) -> wire.Verdict:
        """Keep a lab from everybody but its owner and administrators; once more changes the reason."""
        with self.store.write() as session:
            lab = self._lab(session, viewer, owner, name)
            row = verdicts.record(session, viewer, verdicts.TAKEN_DOWN, verdicts.lab(lab), reason)
            lab.taken_down = lab.taken_down or row.at
            news.tell(session, lab.owner, news.TAKEN_DOWN, lab, row.at)
            return shown(self.addresses, viewer, row)

    def restore(self, viewer: Viewer, owner: str, name: str, reason: str = "") -> None:
        """Show a lab again to whom its owner lets see it; where it was not taken down nothing changes."""
        with self.store.write() as session:
            lab = self._lab(session, viewer, owner, name)
            if lab.taken_down is not None:
                row = verdicts.record(session, viewer, verdicts.RESTORED, verdicts.lab(lab), reason)
                lab.taken_down = None
                news.tell(session, lab.owner, news.RESTORED, lab, row.at)

    def of_lab(self, viewer: Viewer, owner: str, name: str) -> wire.Verdict:
        """Why a lab was taken down, for its owner and administrators; NotFound where it was not."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            row = verdicts.last(session, "lab", lab.id) if lab.taken_down is not None else None
            return self._found(viewer, row)

    def take_profile_down(self, viewer: Viewer, name: str, reason: str) -> wire.Verdict:
        """Keep what a person says of themselves from others; their labs stay."""
        with self.store.write() as session:
            profile = self._profile(session, viewer, name)
            subject = verdicts.profile(name, profile)
            row = verdicts.record(session, viewer, verdicts.TAKEN_DOWN, subject, reason)
            profile.taken_down = profile.taken_down or row.at
            return shown(self.addresses, viewer, row)

    def restore_profile(self, viewer: Viewer, name: str, reason: str = "") -> None:
        """Show it again."""
        with self.store.write() as session:
            profile = self._profile(session, viewer, name)
            if profile.taken_down is not None:
                subject = verdicts.profile(name, profile)
                verdicts.record(session, viewer, verdicts.RESTORED, subject, reason)
                profile.taken_down = None

    def of_profile(self, viewer: Viewer, name: str) -> wire.Verdict:
        """Why a profile was taken down, for its person and administrators."""
        need_read(viewer)
        with self.store.read() as session:
            profile = session.get(Profile, name.replace("\0", "")) if viewer.acts_for(name) else None
            down = profile is not None and profile.taken_down is not None
            return self._found(viewer, verdicts.last(session, "profile", name) if down else None)

    def record(
        self, viewer: Viewer, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Verdict], str | None]:
        """All that administrators decided, newest first; for administrators."""
        need_admin(viewer)
        with self.store.read() as session:
            rows, following = NEWEST.page(session, select(Verdict), limit, cursor)
            return [shown(self.addresses, viewer, row) for row in rows], following

    def _lab(self, session: Session, viewer: Viewer, owner: str, name: str) -> orm.Lab:
        need_write(viewer)
        lab = find_lab(session, viewer, owner, name, lock=True)
        need_admin(viewer)
        return lab

    def _profile(self, session: Session, viewer: Viewer, name: str) -> Profile:
        need_write(viewer)
        need_admin(viewer)
        query = select(Profile).where(Profile.user == name.replace("\0", "")).with_for_update()
        profile = session.scalar(query)
        if profile is None:
            raise NotFound(f"{name!r:.80} says nothing of themselves.", "profile_not_found")
        return profile

    def _found(self, viewer: Viewer, row: Verdict | None) -> wire.Verdict:
        if row is None:
            raise NotFound("It was not taken down.", "not_taken_down")
        return shown(self.addresses, viewer, row)


def shown(addresses: Addresses, viewer: Viewer, row: Verdict) -> wire.Verdict:
    """A verdict; who gave it is for administrators."""
    return wire.Verdict(
        action=row.action,
        kind=row.kind,
        about=row.about,
        title=row.title,
        owner=row.owner,
        said=row.said,
        by=row.by if viewer.admin else None,
        at=row.at,
        reason=row.reason,
        url=f"{addresses.base}{row.path}",
    )
