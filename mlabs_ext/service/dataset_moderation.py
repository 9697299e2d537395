"""Taking datasets down and restoring them, on the same record as labs."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.service import dataset_rows, verdicts
from mlabs_ext.service.dataset_versions import touch
from mlabs_ext.service.moderation import Moderation, shown
from mlabs_ext.service.orm_datasets import Dataset
from mlabs_ext.service.rules import need_admin, need_write
from mlabs_ext.service.viewers import Viewer


class DatasetModeration(Moderation):
    """The rules about what administrators decide of datasets."""

    def take_dataset_down(self, viewer: Viewer, owner: str, name: str, reason: str) -> wire.Verdict:
        """Keep a dataset from everybody but its owner and administrators."""
        with self.store.write() as session:
            row = self._dataset(session, viewer, owner, name)
            verdict = verdicts.record(session, viewer, verdicts.TAKEN_DOWN, verdicts.dataset(row), reason)
            row.taken_down = row.taken_down or verdict.at
            touch(row, verdict.at)
            return shown(self.addresses, viewer, verdict)

    def restore_dataset(self, viewer: Viewer, owner: str, name: str, reason: str = "") -> None:
        """Show a dataset again to whom its owner lets see it."""
        with self.store.write() as session:
            row = self._dataset(session, viewer, owner, name)
            if row.taken_down is not None:
                verdict = verdicts.record(session, viewer, verdicts.RESTORED, verdicts.dataset(row), reason)
                row.taken_down = None
                touch(row, verdict.at)

    def of_dataset(self, viewer: Viewer, owner: str, name: str) -> wire.Verdict:
        """Why a dataset was taken down, for its owner and administrators; NotFound where it was not."""
        with self.store.read() as session:
            row = dataset_rows.find(session, viewer, owner, name)
            down = row.taken_down is not None
            return self._found(viewer, verdicts.last(session, "dataset", row.id) if down else None)

    def _dataset(self, session: Session, viewer: Viewer, owner: str, name: str) -> Dataset:
        need_write(viewer)
        row = dataset_rows.find(session, viewer, owner, name, lock=True)
        need_admin(viewer)
        return row
