"""Which two things are compared, and what they differ in besides their notebooks."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import literal, select, tuple_
from sqlalchemy.orm import Session

from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service import orm, replay, shown
from mlabs_ext.service.orm_metrics import PackageList
from mlabs_ext.service.retention import need_steps
from mlabs_ext.service.rules import Rules, find_lab
from mlabs_ext.service.run_rows import run_absent, stored_events
from mlabs_ext.service.upstreams import original
from mlabs_ext.service.versions import find_version
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.wire.comparisons import ComparedSide

RUN_ID = 26
NOTHING_BEFORE = "nothing_before"
FACTS = ("environment", "accelerator", "image")


class Side(NamedTuple):
    """A version or run with what is compared of it; `run` is a version's own, where it is known."""

    row: orm.Version | orm.Run
    run: orm.Run | None
    notebook: bytes
    shown: ComparedSide
    packages: dict[str, str]

    def fact(self, name: str) -> Any:
        """A fact of the run, or of the version where it has none."""
        return getattr(self.run, name) if self.run else getattr(self.row, name, None)


class Comparisons(Rules):
    """The rules about comparing."""

    def sides(self, viewer: Viewer, owner: str, name: str, a: str, b: str) -> tuple[Side, Side]:
        """Both sides: version numbers, `latest`, ids of runs, or for `a` `previous`: the one before `b`."""
        with self.store.read(whole=True) as session:
            lab = find_lab(session, viewer, owner, name)
            second = self._row(session, viewer, lab, b)
            first = (
                _before(session, viewer, lab, second)
                if a == "previous"
                else self._row(session, viewer, lab, a)
            )
            return self._side(session, viewer, lab, first), self._side(session, viewer, lab, second)

    def with_original(self, viewer: Viewer, owner: str, name: str) -> tuple[Side, Side]:
        """The latest version of a fork's original, and its own."""
        with self.store.read(whole=True) as session:
            lab = find_lab(session, viewer, owner, name)
            parent, _ = original(session, viewer, lab)
            both = (
                (parent, find_version(session, parent, "latest")),
                (lab, find_version(session, lab, "latest")),
            )
            first, second = (self._side(session, viewer, *each) for each in both)
            return first, second

    def _row(self, session: Session, viewer: Viewer, lab: orm.Lab, said: str) -> orm.Version | orm.Run:
        if said == "latest" or (said.isascii() and said.isdigit() and len(said) < 10):
            return find_version(session, lab, "latest" if said == "latest" else int(said))
        if len(said) != RUN_ID:
            raise Unusable(f"{said!r:.40} is no version, no run, and not `latest`.", "comparison_invalid")
        run = session.scalar(select(orm.Run).where(orm.Run.id == said, orm.Run.lab_id == lab.id))
        return _seen(viewer, lab, run, said)

    def _side(self, session: Session, viewer: Viewer, lab: orm.Lab, row: orm.Version | orm.Run) -> Side:
        version: orm.Version | None = None
        run: orm.Run | None
        if isinstance(row, orm.Run):
            need_steps(row)
            run, label = row, f"Run {row.id}"
            notebook = replay.rebuild(stored_events(session, row), {})
        else:
            version, run, label = row, _made_by(session, viewer, lab, row), f"Version {row.number}"
            notebook = self.blobs.get(row.notebook)
        listed = session.get(PackageList, run.packages) if run and run.packages else None
        side = ComparedSide(
            label,
            shown.version(self.addresses, lab, version) if version else None,
            shown.run(self.addresses, lab, run) if run else None,
        )
        return Side(row, run, notebook, side, listed.packages if listed else {})


def _before(
    session: Session, viewer: Viewer, lab: orm.Lab, row: orm.Version | orm.Run
) -> orm.Version | orm.Run:
    """What came before: the version, or the run that began last before this one."""
    if isinstance(row, orm.Version):
        return find_version(session, lab, row.number - 1)
    here = literal(row.started, orm.Run.started.type), literal(row.id)
    earlier = tuple_(orm.Run.started, orm.Run.id) < tuple_(*here)
    query = select(orm.Run).where(orm.Run.lab_id == lab.id, earlier)
    if not viewer.acts_for(lab.owner):
        query = query.where(orm.Run.version.is_not(None))
    run = session.scalar(query.order_by(orm.Run.started.desc(), orm.Run.id.desc()).limit(1))
    if run is None:
        raise NotFound("There is no run before this one.", NOTHING_BEFORE)
    return run


def _seen(viewer: Viewer, lab: orm.Lab, run: orm.Run | None, said: str) -> orm.Run:
    if run is not None and (
        viewer.acts_for(lab.owner) or viewer.acts_for(run.user) or run.version is not None
    ):
        return run
    raise run_absent(said)


def _made_by(session: Session, viewer: Viewer, lab: orm.Lab, version: orm.Version) -> orm.Run | None:
    """The run that made a version's outputs, else the newest run of that version."""
    runs = select(orm.Run).where(orm.Run.lab_id == lab.id)
    own = session.scalar(runs.where(orm.Run.id == version.run_id)) if version.run_id else None
    newest = runs.where(orm.Run.version == version.number).order_by(orm.Run.started.desc()).limit(1)
    return own or session.scalar(newest)


def facts(a: Side, b: Side) -> dict[str, dict[str, tuple[Any, Any]]]:
    """What differs besides the notebooks; of metrics all, as those that are equal are worth knowing too."""
    return {
        "metrics": both(a.fact("metrics") or {}, b.fact("metrics") or {}),
        "parameters": changed(a.fact("parameters") or {}, b.fact("parameters") or {}),
        "environment": changed(*({name: side.fact(name) for name in FACTS} for side in (a, b))),
        "packages": changed(a.packages, b.packages) if a.packages and b.packages else {},
    }


def both(a: dict[str, Any], b: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """All names of either side."""
    return {name: (a.get(name), b.get(name)) for name in sorted(a.keys() | b.keys())}


def changed(a: dict[str, Any], b: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The names that differ."""
    return {name: pair for name, pair in both(a, b).items() if pair[0] != pair[1]}
