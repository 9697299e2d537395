"""Which datasets a lab uses: its servers have them, read-only, where its notebook finds them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, NotFound, Unusable
from mlabs_ext.names import split_dataset
from mlabs_ext.service import dataset_rows, dataset_shown, orm, shown
from mlabs_ext.service.fields import touch
from mlabs_ext.service.orm_datasets import Dataset, DatasetVersion, LabData
from mlabs_ext.service.rules import Rules, edited_lab, find_lab, lists, sees
from mlabs_ext.service.viewers import Viewer

MAX_DATASETS = 50
SHOWN = 20
# Labs that are looked at for those that a viewer may see.
LOOKED_AT = 100


class LabDatasets(Rules):
    """The rules about datasets of labs."""

    def attach(
        self,
        viewer: Viewer,
        lab: tuple[str, str],
        dataset: tuple[str, str],
        fields: wire.DataAttach,
    ) -> wire.LabDataset:
        """Have a lab use a dataset that the viewer sees, in the version that is pinned or else the latest."""
        with self.store.write() as session:
            row = edited_lab(session, viewer, *lab)
            wanted = dataset_rows.find(session, viewer, *dataset, lock=True)
            version = dataset_rows.find_version(session, wanted, fields.version or "latest")
            use = put(session, row, wanted, fields.version, self.now())
            use.by_line = False
            touch(row, self.now())
            session.flush()
            return dataset_shown.use(self.addresses, wanted, use, version)

    def detach(self, viewer: Viewer, lab: tuple[str, str], dataset: tuple[str, str]) -> None:
        """Have a lab use a dataset no more; one that is gone as well."""
        with self.store.write() as session:
            row = edited_lab(session, viewer, *lab)
            owner, name = dataset
            for use, wanted in used(session, row):
                if (wanted.owner, wanted.name) == (owner, name) and sees(viewer, wanted):
                    take(session, use, wanted)
                    touch(row, self.now())
                    return
            reason = f"{lab[0]}/{lab[1]} does not use a dataset {owner}/{name}."
            raise NotFound(reason, "dataset_not_attached")

    def labs_of(self, viewer: Viewer, owner: str, name: str) -> list[wire.Lab]:
        """The labs that use a dataset, as far as lists name them to the viewer, the newest first."""
        with self.store.read() as session:
            dataset = dataset_rows.find(session, viewer, owner, name)
            query = select(orm.Lab).join(LabData, LabData.lab_id == orm.Lab.id)
            query = query.where(LabData.dataset_id == dataset.id, orm.Lab.deleted.is_(None))
            rows = session.scalars(query.order_by(LabData.added.desc()).limit(LOOKED_AT))
            seen = [row for row in rows if lists(viewer, row)][:SHOWN]
            return shown.labs(session, viewer, self.addresses, seen)

    def list(self, viewer: Viewer, owner: str, name: str) -> list[wire.LabDataset]:
        """What a lab uses, of that what the viewer may see, in the order that it came."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            return [
                dataset_shown.use(
                    self.addresses, dataset, row, dataset_rows.find_version(session, dataset, number)
                )
                for row, dataset in used(session, lab)
                if sees(viewer, dataset) and (number := which(session, row, dataset))
            ]


def used(session: Session, lab: orm.Lab) -> list[tuple[LabData, Dataset]]:
    """What a lab uses, also what its viewers do not see."""
    query = select(LabData, Dataset).join(Dataset, Dataset.id == LabData.dataset_id)
    query = query.where(LabData.lab_id == lab.id).order_by(LabData.added, Dataset.id)
    return [(use, dataset) for use, dataset in session.execute(query)]


def put(session: Session, lab: orm.Lab, dataset: Dataset, version: int | None, now: datetime) -> LabData:
    """Have the lab use it, in the place of another version of it."""
    use = session.get(LabData, (lab.id, dataset.id))
    if use is None:
        there = select(func.count()).select_from(LabData).where(LabData.lab_id == lab.id)
        if (session.scalar(there) or 0) >= MAX_DATASETS:
            raise Unusable(f"A lab uses {MAX_DATASETS} datasets at most.", "too_many_datasets")
        use = LabData(lab_id=lab.id, dataset_id=dataset.id, added=now, by_line=False)
        session.add(use)
        _count(session, dataset, 1)
    use.version = version
    session.flush()
    return use


def take(session: Session, use: LabData, dataset: Dataset) -> None:
    """Have a lab use it no more."""
    session.delete(use)
    _count(session, dataset, -1)
    session.flush()


def _count(session: Session, dataset: Dataset, more: int) -> None:
    """By the database itself: others may count at the same time."""
    session.flush()
    labs = case((Dataset.labs + more > 0, Dataset.labs + more), else_=0)
    session.execute(update(Dataset).where(Dataset.id == dataset.id).values(labs=labs))


def follow(session: Session, viewer: Viewer, lab: orm.Lab, references: Iterable[str], now: datetime) -> None:
    """Have the lab use what the metadata of its newest notebook names; what is not there is passed over.

    What an earlier notebook named and this one does not is used no more; what was attached by hand stays.
    """
    session.flush()
    named: dict[str, int | None] = {}
    for reference in sorted(set(references))[:MAX_DATASETS]:
        found = _named(session, viewer, reference)
        if found is None:
            continue
        dataset, version = found
        named[dataset.id] = version
        known = session.get(LabData, (lab.id, dataset.id))
        if known is None or known.version != version:
            use = put(session, lab, dataset, version, now)
            use.by_line = known is None or use.by_line
    for use, dataset in used(session, lab):
        if use.by_line and dataset.id not in named:
            take(session, use, dataset)


def copy(session: Session, viewer: Viewer, parent: orm.Lab, fork: orm.Lab, now: datetime) -> None:
    """Have a fork use what its original does, as far as its owner may see that."""
    session.flush()
    for use, dataset in used(session, parent):
        if sees(viewer, dataset):
            put(session, fork, dataset, use.version, now).by_line = use.by_line


def _named(session: Session, viewer: Viewer, reference: str) -> tuple[Dataset, int | None] | None:
    try:
        owner, name, version = split_dataset(reference)
        dataset = dataset_rows.find(session, viewer, owner, name, lock=True)
        dataset_rows.find_version(session, dataset, version or "latest")
    except (BadInput, NotFound):
        return None
    return dataset, version


def which(session: Session, use: LabData, dataset: Dataset) -> int | None:
    """The version that a lab gets; None where there is none."""
    wanted = use.version or dataset.version
    return wanted if session.get(DatasetVersion, (dataset.id, wanted)) else None
