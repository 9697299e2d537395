"""Lists are the same however they are made, and as much work for many runs as for few."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from support import many
from support.known_tokens import person

from mlabs_ext.catalogue import Catalogue
from mlabs_ext.service import orm, run_facets, run_lists
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.labs import Labs
from mlabs_ext.service.people import People
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.run_lists import NEWEST, filtered, of_lab, of_user
from mlabs_ext.service.runs import Runs
from mlabs_ext.service.servers import Servers
from mlabs_ext.service.store import Store
from mlabs_ext.service.viewers import Viewer

MIDDLE = many.OLDEST + (many.NEWEST - many.OLDEST) / 2
CHOICES = {
    "status": (None, "failed", "lost", "queued", "a\0b"),
    "kind": (None, "batch"),
    "environment": (None, "python", "theano"),
    "since": (None, MIDDLE),
    "until": (None, MIDDLE + timedelta(days=60)),
}
FILTERS = [dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())]
HEAVY = Viewer.from_model(person(many.HEAVY))


@pytest.fixture
def lab(store: Store) -> orm.Lab:
    """The lab with the most of 800 runs, a fifth of them of no version."""
    many.fill(store, 20, 800)
    with store.write() as session:
        large = session.scalars(select(orm.Lab).where(orm.Lab.name == many.LARGE)).one()
        for run in session.scalars(
            select(orm.Run).where(orm.Run.started < many.OLDEST + timedelta(days=150))
        ):
            run.version = None
    return large


@pytest.fixture(params=["all of a lab", "of its versions", "of somebody in it", "somebody's"])
def scope(request: pytest.FixtureRequest, lab: orm.Lab) -> run_lists.Scope:
    scopes = {
        "all of a lab": of_lab(lab),
        "of its versions": of_lab(lab, shown=True),
        "of somebody in it": of_lab(lab, user="nobody"),
        "somebody's": of_user(lab.owner),
    }
    return scopes[request.param]


def all_pages(session, scope, **filters):
    runs, cursor = run_lists.page(session, scope, 7, None, **filters)
    yield runs
    while cursor is not None:
        session.expunge_all()
        runs, cursor = run_lists.page(session, scope, 7, cursor, **filters)
        yield runs


def test_filters(store, scope):
    """Each page of each combination of filters, beside what plain queries say."""
    found = 0
    for filters in FILTERS:
        with store.read(whole=True) as session:
            wanted = session.scalars(
                NEWEST.ordered(filtered(scope.runs(), **filters), None).execution_options(yield_per=100)
            ).all()
            pages = list(all_pages(session, scope, **filters))
            totals = run_lists.totals(session, scope, **filters)
        assert [run.id for page in pages for run in page] == [run.id for run in wanted], filters
        assert all(len(page) == 7 for page in pages[:-1])
        counted = Counter(run.status for run in wanted)
        assert (totals.runs, totals.complete, totals.statuses) == (len(wanted), True, counted), filters
        found += len(wanted)
    assert bool(found) == (scope.user is None)


def test_many_combinations_make_lists_no_different(store, lab, monkeypatch):
    monkeypatch.setattr(run_facets, "MOST", 3)
    with store.read() as session:
        wanted = session.scalars(NEWEST.ordered(filtered(of_lab(lab).runs(), status="failed"), None)).all()
        page, _ = run_lists.page(session, of_lab(lab), 100, None, status="failed")
        assert [run.id for run in page] == [run.id for run in wanted[:100]]
        assert run_lists.totals(session, of_lab(lab), status="failed").runs == len(wanted)


def test_counting_ends_somewhere(store, lab, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.run_facets.COUNTED", 20)
    monkeypatch.setattr("mlabs_ext.service.run_lists.COUNTED", 20)
    with store.read() as session:
        totals = run_lists.totals(session, of_user(lab.owner))
        few = run_lists.totals(session, of_user(lab.owner), status="lost")
    assert not totals.complete
    assert totals.runs == sum(totals.statuses.values()) >= 20
    assert few.complete


class Grown:
    """The rules over a database with so many runs and labs, and what SQLite does for each call."""

    def __init__(self, directory: Path, runs: int, labs: int):
        self.store = Store(directory=str(directory))
        self.store.migrate()
        many.fill(self.store, labs, runs)
        many.write(self.store, 20)
        shared: dict[str, Any] = {
            "store": self.store,
            "blobs": Blobs(directory=str(directory / "blobs")),
            "catalogue": Catalogue(),
            "addresses": Addresses("/"),
        }
        shared["plans"] = Plans(**shared)
        self.runs, self.labs = Runs(**shared), Labs(**shared)
        self.people = People(servers=Servers(**shared), **shared)
        self.steps, self.plans = 0, list[str]()
        event.listen(self.store.engine, "before_cursor_execute", self._before)

    def work(self, call: Callable[[Grown], Any]) -> tuple[int, list[str]]:
        """The hundreds of instructions that SQLite executes, and its plans."""
        self.steps = 0
        self.plans.clear()
        call(self)
        return self.steps, list(self.plans)

    def _before(self, connection, cursor, statement, parameters, context, executemany) -> None:
        raw = connection.connection.dbapi_connection
        raw.set_progress_handler(None, 0)
        if statement.lstrip("( ").startswith(("SELECT", "WITH")):
            explained = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            details = [detail for *_, detail in explained]
            # The newest of a few combinations' newest: their number bounds what is sorted.
            pieces = "UNION ALL" in details
            self.plans += [plan for plan in details if not (pieces and plan.startswith("USE TEMP B-TREE"))]
        raw.set_progress_handler(self._step, 100)

    def _step(self) -> int:
        self.steps += 1
        return 0


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Grown]]:
    """A small place, and one ten times as large."""
    grown = [
        Grown(tmp_path_factory.mktemp("grown"), runs, labs) for runs, labs in ((2000, 200), (20_000, 2000))
    ]
    yield grown
    for one in grown:
        one.store.close()


def lists() -> dict[str, Callable[[Grown], Any]]:
    """All lists, by what is asked for."""
    asked: dict[str, Callable[[Grown], Any]] = {}
    for filters in FILTERS[::3]:
        given = {name: value for name, value in filters.items() if value is not None}
        words = ", ".join(map(str, given.values())) or "all"
        asked[f"runs of a lab: {words}"] = lambda town, given=given: town.runs.list_of_lab(
            Viewer.anonymous(), many.HEAVY, many.LARGE, **given
        )
        asked[f"own runs of a lab: {words}"] = lambda town, given=given: town.runs.list_of_lab(
            HEAVY, many.HEAVY, many.LARGE, **given
        )
        asked[f"my runs: {words}"] = lambda town, given=given: town.runs.list_of_user(HEAVY, **given)
    for sort, environment, tag in itertools.product(
        ("recent", "popular", "trending"), (None, "python", "theano"), (None, "vision", "bioacoustics")
    ):
        asked[f"labs: {sort}, {environment}, {tag}"] = lambda town, given=(environment, tag, sort): (
            town.labs.find(Viewer.anonymous(), None, None, *given)
        )
    for environment, accelerator in itertools.product((None, "python", "theano"), ("none", "gpu", "tpu")):
        given = {"environment": environment, "accelerator": accelerator}
        asked[f"labs: {environment}, {accelerator}"] = lambda town, given=given: town.labs.find(
            Viewer.anonymous(), **given
        )
    asked["labs of an owner"] = lambda town: town.labs.find(Viewer.anonymous(), owner="user3")
    asked["labs of my own"] = lambda town: town.labs.find(HEAVY, owner=many.HEAVY)
    asked["totals"] = lambda town: town.runs.totals_of_user(HEAVY, status="lost")
    asked["the last page"] = lambda town: town.runs.list_of_user(HEAVY, until=many.OLDEST + timedelta(days=3))
    return asked


# What is sorted is so much at most, whatever there is: the few labs of a tag or an accelerator.
SORTED = re.compile(r"labs: .*, (vision|bioacoustics|none|gpu|tpu)$")


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in lists().items()])
def test_a_list_is_no_more_work_in_a_large_place(towns, call, request):
    (few, _), (much, plans) = (town.work(call) for town in towns)
    is_sorted = SORTED.search(request.node.callspec.id)
    assert much <= 2 * few + (500 if is_sorted else 60)
    for plan in plans:
        assert not re.match(r"SCAN (run|lab|lab_tag|version|event)\b(?! USING (COVERING )?INDEX)", plan), plan
        assert "TEMP B-TREE" not in plan or is_sorted, plan


@pytest.mark.parametrize("sort", ["recent", "popular", "trending"])
def test_labs_of_a_common_tag_are_not_sorted(towns, sort, monkeypatch):
    def call(town: Grown) -> list[str]:
        return [lab.id for lab in town.labs.find(Viewer.anonymous(), tag="vision", sort=sort)[0]]

    wanted = call(towns[1])
    monkeypatch.setattr("mlabs_ext.service.lab_lists.FEW", 20)
    assert call(towns[1]) == wanted
    (few, _), (much, plans) = (town.work(call) for town in towns)
    assert much <= 2 * few + 60
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]


def test_what_is_mine_is_counted_and_not_looked_through(towns):
    much, plans = towns[1].work(lambda town: town.people.me(HEAVY))
    with towns[1].store.read() as session:
        runs = len(session.scalars(select(orm.Run.key).where(orm.Run.user == many.HEAVY)).all())
    assert towns[1].people.me(HEAVY).usage.runs == runs
    assert much <= 20
    assert not [plan for plan in plans if re.match("(SCAN|SEARCH) run USING .*ix_run_user ", plan)]
