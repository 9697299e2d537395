"""Assets: what runs produce and what is put beside a lab, by addresses that front ends load."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.orm import Session
from traitlets import Integer

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, NotFound, TooLarge, TooMany
from mlabs_ext.service import model_due, orm, statements, storage
from mlabs_ext.service.asset_paths import check_path, media_type
from mlabs_ext.service.board import MODES, better
from mlabs_ext.service.orm_assets import Asset
from mlabs_ext.service.orm_metrics import RunMetric
from mlabs_ext.service.rules import Rules, find_lab, need_write, own_lab
from mlabs_ext.service.run_rows import find_run, run_absent, run_row
from mlabs_ext.service.sizes import spoken
from mlabs_ext.service.versions import find_version
from mlabs_ext.service.viewers import Viewer


class Best(NamedTuple):
    """Which run an address means: the one with the largest or smallest last value of a metric."""

    metric: str
    mode: wire.Mode


Which = int | Literal["latest"] | str | Best


# How long after a run was last heard of its files may still be on their way, in the place of what is here.
SETTLED = timedelta(days=1)


class Found(NamedTuple):
    """An asset, and whether its address will mean these very bytes from now on."""

    asset: wire.Asset
    fixed: bool


class Assets(Rules):
    """The rules about assets."""

    max_size = Integer(
        4 * 1024**3,
        help="""The largest file in bytes that is taken as an asset; more gets a 413.

        Default: 4 GiB. Example:

            c.Assets.max_size = 20 * 1024**3
        """,
    ).tag(config=True)

    max_files = Integer(
        10_000,
        help="""How many files one run, or one lab beside its runs, may have.

        Default: 10000. Example:

            c.Assets.max_files = 1000
        """,
    ).tag(config=True)

    def expect(self, viewer: Viewer, owner: str, name: str, path: str, size: int = 0) -> None:
        """Raise what keeps a file from being put beside a lab, before its bytes come."""
        check_path(path)
        with self.store.read() as session:
            lab = own_lab(session, viewer, owner, name)
            self._need_room(session, viewer, lab, Asset.run_key.is_(None), size)

    def expect_output(self, viewer: Viewer, run_id: str, path: str, size: int = 0) -> None:
        """Raise what keeps a file from being taken as the output of a run, before its bytes come."""
        check_path(path)
        with self.store.read() as session:
            run = self._own_run(session, viewer, run_id)
            self._need_room(session, viewer, run.lab, Asset.run_key == run.key, size)

    def put(self, viewer: Viewer, owner: str, name: str, path: str, digest: str, size: int) -> wire.Asset:
        """Put a blob beside a lab, in the place of what had its path."""
        check_path(path)
        with self.store.write() as session:
            storage.turn(session, owner)
            lab = own_lab(session, viewer, owner, name)
            return self._keep(session, viewer, lab, None, Asset(path=path, blob=digest, size=size))

    def put_output(self, viewer: Viewer, run_id: str, path: str, digest: str, size: int) -> wire.Asset:
        """Take a blob as the output of a run: of one's own, while it goes on or after its end."""
        check_path(path)
        with self.store.write() as session:
            run = self._own_run(session, viewer, run_id)
            storage.turn(session, run.lab.owner)
            # Two that bring the same path at once are one after the other.
            session.execute(select(orm.Run.key).where(orm.Run.key == run.key).with_for_update())
            return self._keep(session, viewer, run.lab, run, Asset(path=path, blob=digest, size=size))

    def delete(self, viewer: Viewer, owner: str, name: str, path: str) -> None:
        """Take away what was put beside a lab; what a run made stays with the run."""
        with self.store.write() as session:
            lab = own_lab(session, viewer, owner, name)
            wanted = Asset.lab_id == lab.id, Asset.path == _plain(path), Asset.run_key.is_(None)
            if not statements.changed(session, delete(Asset).where(*wanted)):
                raise asset_absent(owner, name, path)

    def find(self, viewer: Viewer, owner: str, name: str, which: Which, path: str) -> Found:
        """The asset that an address means."""
        path = _plain(path)
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            for query, fixed in self._queries(session, viewer, lab, which, Asset.path == path):
                row = session.execute(query.limit(1)).first()
                if row is not None:
                    asset, run = row
                    return Found(self._shown(lab, asset, run), fixed and self._settled(run))
        raise asset_absent(owner, name, path)

    def of_run(self, viewer: Viewer, run_id: str, path: str) -> Found:
        """A file that a run made."""
        with self.store.read() as session:
            run = find_run(session, viewer, run_id)
            wanted = Asset.run_key == run.key, Asset.path == _plain(path)
            asset = session.scalar(select(Asset).where(*wanted))
            if asset is None:
                raise asset_absent(run.lab.owner, run.lab.name, path)
            return Found(self._shown(run.lab, asset, run), self._settled(run))

    def _settled(self, run: orm.Run | None) -> bool:
        # By our own clock: servers of users have theirs.
        return bool(run and run.closed and run.seen < self.now() - SETTLED)

    def list_of_run(self, viewer: Viewer, run_id: str, limit: int | None = None) -> list[wire.Asset]:
        """What a run made, by path: all of it, or the first `limit` files."""
        with self.store.read() as session:
            run = find_run(session, viewer, run_id)
            query = _rows(run.lab).where(Asset.run_key == run.key).order_by(Asset.path).limit(limit)
            return [self._shown(run.lab, asset, run) for asset, run in session.execute(query)]

    def list_of_lab(self, viewer: Viewer, owner: str, name: str, which: Which = "latest") -> list[wire.Asset]:
        """What the addresses of a lab's `latest`, or of a version, a run, lead to; each path once."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            found: dict[str, wire.Asset] = {}
            for query, _ in self._queries(session, viewer, lab, which):
                for asset, run in session.execute(query.limit(self.max_files)):
                    found.setdefault(asset.path, self._shown(lab, asset, run))
        return sorted(found.values(), key=lambda asset: asset.path)

    def _queries(
        self, session: Session, viewer: Viewer, lab: orm.Lab, which: Which, *wanted: ColumnElement[bool]
    ) -> Iterator[tuple[Select[*tuple[Any, ...]], bool]]:
        """Where an address looks, in turn, the newest first; and whether that never changes."""
        rows = _rows(lab).where(*wanted).order_by(Asset.key.desc())
        if not viewer.acts_for(lab.owner):
            rows = rows.where(or_(Asset.run_key.is_(None), orm.Run.version.is_not(None)))
        if isinstance(which, Best):
            yield rows.where(Asset.run_key == self._best(session, rows, lab, which)), False
        elif which == "latest":
            yield rows, False
        elif isinstance(which, int):
            version = find_version(session, lab, which)
            if version.run_id:
                yield rows.where(orm.Run.id == version.run_id), True
            yield rows.where(orm.Run.version == version.number), False
            yield rows.where(Asset.run_key.is_(None)), False
        else:
            yield rows.where(orm.Run.id == _plain(which)), True

    def _best(self, session: Session, rows: Select[*tuple[Any, ...]], lab: orm.Lab, best: Best) -> int:
        """The key of the run with such files whose metric is best; the newest of those that are equal."""
        with_files = rows.with_only_columns(orm.Run.key).where(Asset.run_key.is_not(None)).order_by(None)
        order = RunMetric.last.desc() if best.mode == "max" else RunMetric.last
        query = select(RunMetric.run_key).where(
            RunMetric.lab_id == lab.id,
            RunMetric.name == _plain(best.metric),
            RunMetric.last.is_not(None),
            RunMetric.run_key.in_(with_files),
        )
        found = session.scalar(query.order_by(order, RunMetric.run_key.desc()).limit(1))
        if found is None:
            reason = f"No run of {lab.owner}/{lab.name} with such a file has a metric {best.metric!r:.80}."
            raise NotFound(reason, "metric_not_found")
        return found

    def _own_run(self, session: Session, viewer: Viewer, run_id: str) -> orm.Run:
        user = need_write(viewer)
        run = run_row(session, run_id)
        if run is None or run.user != user:
            raise run_absent(run_id)
        return run

    def _need_room(
        self, session: Session, viewer: Viewer, lab: orm.Lab, group: ColumnElement[bool], size: int
    ) -> None:
        if size > self.max_size:
            raise TooLarge(f"A file may have {spoken(self.max_size)} here.", "file_too_large")
        there = select(func.count()).select_from(Asset).where(Asset.lab_id == lab.id, group)
        if (session.scalar(there) or 0) >= self.max_files:
            raise TooMany(
                f"There are {self.max_files} files already: put many small ones into one archive.",
                "too_many_files",
                {"retry_after": 3600},
            )
        plan = self.plans.of(session, lab.owner, viewer)
        storage.check_size(session, plan, lab.owner, size)

    def _keep(
        self, session: Session, viewer: Viewer, lab: orm.Lab, run: orm.Run | None, asset: Asset
    ) -> wire.Asset:
        """Add the row. One of the same path and content stays, so that a repeated request changes nothing."""
        group = Asset.run_key.is_(None) if run is None else Asset.run_key == run.key
        same_path = select(Asset).where(Asset.lab_id == lab.id, group, Asset.path == asset.path)
        old = session.scalar(same_path.with_for_update())
        if old is not None and old.blob == asset.blob:
            return self._shown(lab, old, run)
        if old is not None:
            session.delete(old)
            session.flush()
        self._need_room(session, viewer, lab, group, asset.size)
        asset.lab_id, asset.run_key, asset.created = lab.id, run and run.key, self.now()
        session.add(asset)
        session.flush()
        if run is not None:
            model_due.note(session, lab, asset)
        return self._shown(lab, asset, run)

    def _shown(self, lab: orm.Lab, asset: Asset, run: orm.Run | None) -> wire.Asset:
        return wire.Asset(
            path=asset.path,
            size=asset.size,
            type=media_type(asset.path),
            digest=asset.blob,
            run=run.id if run else None,
            created=asset.created,
            url=self.addresses.asset(lab.owner, lab.name, run.id if run else "latest", asset.path),
        )


def which_of(text: str, metric: str | None = None, mode: str | None = None) -> Which:
    """What stands in an address for a version, `latest`, `best` or a run; BadInput otherwise."""
    if text == "best":
        known = None if mode is None else MODES.get(mode)
        if not metric or (mode is not None and known is None):
            reason = "Say what is best: best/…?metric=val_accuracy&mode=max (or min)."
            raise BadInput(reason, "metric_missing")
        return Best(metric, known or better(metric))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def asset_absent(owner: str, name: str, path: str) -> NotFound:
    """The one answer for files that are not there, or not the asker's to know."""
    return NotFound(f"{owner}/{name} has no file {path!r:.100} there.", "asset_not_found")


def _rows(lab: orm.Lab) -> Select[*tuple[Any, ...]]:
    """A lab's assets, each with its run or None."""
    query = select(Asset, orm.Run).outerjoin(orm.Run, Asset.run_key == orm.Run.key)
    return query.where(Asset.lab_id == lab.id)


def _plain(text: str) -> str:
    """PostgreSQL refuses U+0000; nothing has it in its name."""
    return text.replace("\0", "\ufffd")
