"""The board: the runs of a lab, or of its whole fork tree, side by side and in the order of a metric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import BadInput
from mlabs_ext.service import cursors, orm, shown
from mlabs_ext.service.forks import MAX_DEPTH, descendants
from mlabs_ext.service.orm_metrics import RunMetric
from mlabs_ext.service.rules import Rules, find_lab, lists
from mlabs_ext.service.run_lists import NEWEST, filtered, with_labs
from mlabs_ext.service.viewers import Viewer

COLUMNS = 50
LABS = 1000
SMALLER_IS_BETTER = ("loss", "error", "err", "mse", "rmse", "mae", "mape", "perplexity", "nll", "wer", "cer")
MODES: dict[str, wire.Mode] = {"max": "max", "min": "min"}


class Wanted(NamedTuple):
    """What of the board is asked for; without a metric the newest runs come first."""

    metric: str | None = None
    mode: wire.Mode | None = None
    tree: bool = False
    status: str | None = None
    environment: str | None = None
    words: str | None = None


class Seen(NamedTuple):
    """The runs that a viewer may see of some labs: as a condition, and the ids of the labs."""

    runs: ColumnElement[bool]
    labs: list[str]


class Boards(Rules):
    """The rules about boards."""

    def board(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        wanted: Wanted = Wanted(),  # noqa: B008 - it never changes
        limit: int = 30,
        cursor: str | None = None,
    ) -> wire.Board:
        """A page of runs with their metrics; only those that logged it where they are sorted by one."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            labs = tree_of(session, viewer, lab) if wanted.tree else [lab]
            seen = visible(viewer, labs)
            rows, following = page(session, self._query(wanted, seen), seen, wanted, limit, cursor)
            columns = [
                wire.BoardColumn(column, count, better(column), best_of(session, seen, column))
                for column, count in _columns(session, seen)
            ]
            metrics = _summaries(session, rows)
            items = [
                wire.BoardRow(
                    shown.run(self.addresses, row.lab, row), row.lab.title, metrics.get(row.key, {})
                )
                for row in rows
            ]
        return wire.Board(items, following, columns)

    def _query(self, wanted: Wanted, seen: Seen) -> Select[*tuple[Any, ...]]:
        query = with_labs(select(orm.Run)).where(seen.runs)
        query = filtered(query, status=wanted.status, environment=wanted.environment)
        if wanted.words:
            places = orm.Run.user, orm.Run.id, orm.Lab.name, orm.Lab.title
            said = wanted.words.replace("\0", "")
            query = query.where(or_(*(place.icontains(said, autoescape=True) for place in places)))
        return query


def best_of(session: Session, seen: Seen, metric: str) -> str | None:
    """The id of the run that is best by a metric's last value, among those that are seen."""
    query = ranked(select(orm.Run.id), seen, metric, better(metric)).where(seen.runs)
    return session.scalar(query.limit(1))


def ranked(
    query: Select[*tuple[Any, ...]], seen: Seen, metric: str, mode: wire.Mode
) -> Select[*tuple[Any, ...]]:
    """Those runs that have a number of this name, the best first, and of equal ones the newest."""
    query = query.join(RunMetric, RunMetric.run_key == orm.Run.key)
    query = query.where(RunMetric.lab_id.in_(seen.labs), RunMetric.name == metric.replace("\0", ""))
    order = RunMetric.last.desc() if mode == "max" else RunMetric.last
    return query.where(RunMetric.last.is_not(None)).order_by(order, RunMetric.run_key.desc())


def better(metric: str) -> wire.Mode:
    """Which way a metric gets better, by its name."""
    parts = metric.lower().replace("/", "_").replace("-", "_").replace(" ", "_").split("_")
    return "min" if any(part in SMALLER_IS_BETTER for part in parts) else "max"


def tree_of(session: Session, viewer: Viewer, lab: orm.Lab) -> list[orm.Lab]:
    """The labs of the tree that the lab is part of, as far as the viewer may know of them."""
    root = lab
    for _ in range(MAX_DEPTH):
        parent = session.get(orm.Lab, root.parent_id) if root.parent_id else None
        if parent is None:
            break
        root = parent
    found = {one.id: one for one in [lab, *descendants(session, root, LABS)]}
    return [one for one in found.values() if one.id == lab.id or lists(viewer, one)]


def visible(viewer: Viewer, labs: Sequence[orm.Lab]) -> Seen:
    """The runs of these labs that the viewer may see: those of a version, and all of their own labs."""
    own = [lab.id for lab in labs if viewer.acts_for(lab.owner)]
    ids = [lab.id for lab in labs]
    shared = and_(orm.Run.lab_id.in_(ids), orm.Run.version.is_not(None))
    return Seen(or_(orm.Run.lab_id.in_(own), shared) if own else shared, ids)


def page(
    session: Session,
    query: Select[*tuple[Any, ...]],
    seen: Seen,
    wanted: Wanted,
    limit: int,
    cursor: str | None,
) -> tuple[list[orm.Run], str | None]:
    """A page in the order that is wanted, and where the next one begins."""
    if wanted.metric is None:
        return NEWEST.page(session, query, limit, cursor)
    mode = wanted.mode or better(wanted.metric)
    query = ranked(query.add_columns(RunMetric.last), seen, wanted.metric, mode)
    if cursor is not None:
        last, key = _position(cursor, wanted)
        beyond = RunMetric.last < last if mode == "max" else RunMetric.last > last
        query = query.where(or_(beyond, and_(RunMetric.last == last, RunMetric.run_key < key)))
    rows = session.execute(query.limit(limit + 1)).all()
    following = _cursor(wanted, rows[limit - 1]) if len(rows) > limit else None
    return [row[0] for row in rows[:limit]], following


def _cursor(wanted: Wanted, row: tuple[orm.Run, float]) -> str:
    position = ["board", wanted.metric, wanted.mode, row[1], row[0].key]
    return cursors.encode(position)


def _position(cursor: str, wanted: Wanted) -> tuple[float, int]:
    kind, metric, mode, value, key = cursors.decode(cursor, tuple[str, str, str | None, float, int])
    if (kind, metric, mode) != ("board", wanted.metric, wanted.mode) or abs(key) >= 2**62:
        raise BadInput("This cursor belongs to another list.", "cursor_invalid")
    return value, key


def _columns(session: Session, seen: Seen) -> list[tuple[str, int]]:
    """The metrics that most runs have, and how many of them."""
    count = func.count().label("runs")
    query = select(RunMetric.name, count).join(orm.Run, orm.Run.key == RunMetric.run_key)
    query = query.where(seen.runs, RunMetric.lab_id.in_(seen.labs)).group_by(RunMetric.name)
    rows = session.execute(query.order_by(count.desc(), RunMetric.name).limit(COLUMNS))
    return [(row.name, row.runs) for row in rows]


def _summaries(session: Session, runs: Sequence[orm.Run]) -> dict[int, dict[str, wire.MetricSummary]]:
    """The summaries of these runs by run and name."""
    found: dict[int, dict[str, wire.MetricSummary]] = defaultdict(dict)
    keys = [run.key for run in runs]
    for row in session.scalars(select(RunMetric).where(RunMetric.run_key.in_(keys))):
        found[row.run_key][row.name] = wire.MetricSummary(
            row.last,
            row.last_step,
            row.lowest,
            row.lowest_step,
            row.highest,
            row.highest_step,
            row.count,
            row.points,
        )
    return found
