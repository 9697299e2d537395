"""What is old goes, in small steps, and what is left says so."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from service.run_bench import create, done, end, execute, output, text, told
from sqlalchemy import func, select

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError, NotFound
from mlabs_ext.service import orm, retention
from mlabs_ext.service.comparisons import Comparisons
from mlabs_ext.service.run_data import RunData

DAY = timedelta(days=1)
STEPS = (execute(), output(text("hello")), ("metric", {"values": {"loss": 0.5}, "step": 3}), done())


@pytest.fixture
def old(rules):
    """A run that ended long ago, of a lab with one version."""
    rules.publish(name="x")
    return make(rules)


def make(rules, *, ended: bool = True, **fields) -> wire.Run:
    run = rules.runs.register(rules.ada, create(**fields))
    rules.runs.append(rules.ada, run.id, told(*STEPS, *([end("succeeded")] if ended else [])))
    return rules.runs.get(rules.ada, run.id)


def events(rules, run: wire.Run) -> list[str]:
    """The types of the steps in the database."""
    with rules.store.read() as session:
        query = select(orm.Event.type).join(orm.Run, orm.Run.key == orm.Event.run_key)
        return list(session.scalars(query.where(orm.Run.id == run.id).order_by(orm.Event.seq)))


def test_by_default_all_is_kept(rules, old):
    assert rules.runs.expire(old.ended + 10_000 * DAY) == 0
    assert rules.runs.get(rules.ada, old.id) == old
    assert len(events(rules, old)) == 5


def test_what_is_old_goes_once_and_only_that(rules, old):
    rules.runs.keep_days = 30
    young = make(rules, started=old.started + DAY)
    open_one = make(rules, ended=False)
    with rules.store.write() as session:
        session.scalars(select(orm.Run).where(orm.Run.id == young.id)).one().ended = old.ended + 2 * DAY
    assert rules.runs.expire(old.ended + 30 * DAY) == 0
    now = old.ended + 31 * DAY
    assert rules.runs.expire(now) == 1
    assert rules.runs.expire(now) == 0
    assert events(rules, old) == ["metric"]
    assert len(events(rules, young)) == 5
    assert len(events(rules, open_one)) == 4
    gone = rules.runs.get(rules.nobody, old.id)
    assert gone.expired == now
    assert gone.metrics == {"loss": 0.5}
    assert (gone.status, gone.cells, gone.duration) == ("succeeded", 1, old.duration)


def test_what_is_left_says_what_is_gone(rules, old):
    rules.runs.keep_days = 1
    rules.runs.expire(old.ended + 2 * DAY)
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    calls = {
        "events": lambda: rules.runs.events(rules.ada, old.id),
        "notebook": lambda: rules.runs.notebook(rules.ada, old.id),
        "comparison": lambda: Comparisons(**shared).sides(rules.ada, "ada", "x", "1", old.id),
        "more steps": lambda: rules.runs.append(rules.ada, old.id, told(done(), first=6)),
    }
    for name, call in calls.items():
        with pytest.raises(NotFound) as raised:
            call()
        assert (raised.value.status, raised.value.code) == (404, "run_expired"), name
        assert "removed on" in raised.value.message
    assert rules.runs.append(rules.ada, old.id, told(*STEPS)).acknowledged == 5
    [series] = RunData(**shared).series(rules.ada, old.id).series
    assert (series.name, series.steps, series.values) == ("loss", [3], [0.5])


def test_nobody_else_learns_that_there_was_a_run(rules):
    rules.publish(name="x", visibility="private")
    run = make(rules)
    rules.runs.keep_days = 1
    rules.runs.expire(run.ended + 2 * DAY)
    with pytest.raises(NotFound) as raised:
        rules.runs.notebook(rules.bob, run.id)
    assert raised.value.code == "run_not_found"


def test_a_run_that_a_version_names_is_kept(rules, old, make_notebook):
    notebook = json.dumps(make_notebook("2")).encode()
    fields = wire.VersionCreate(notebook=b"{}", run=old.id)
    rules.versions.add(rules.ada, "ada", "x", fields, notebook)
    rules.runs.keep_days = 1
    assert rules.runs.expire(old.ended + 2 * DAY) == 0
    assert len(events(rules, old)) == 5


def test_rounds_go_on_where_the_last_one_ended(rules, monkeypatch):
    """Also past many that stay; what is told of long after its end is found the day after."""
    monkeypatch.setattr(retention, "LOOKED_AT", 2)
    monkeypatch.setattr(retention, "REMOVED", 2)
    rules.publish(name="x")
    runs = [make(rules) for _ in range(7)]
    with rules.store.write() as session:
        lab = session.scalars(select(orm.Lab)).one()
        for number, run in enumerate(runs[:4], 2):
            session.add(
                orm.Version(
                    lab_id=lab.id, number=number, author="ada", message="", environment="python",
                    accelerator="none", created=run.started, notebook="", code_sha256="", cells=0, size=0,
                    run_id=run.id,
                )
            )  # fmt: skip
    rules.runs.keep_days = 1
    now = runs[0].ended + 2 * DAY
    assert [rules.runs.expire(now) for _ in range(5)] == [0, 0, 2, 1, 0]
    assert [len(events(rules, run)) for run in runs] == [5, 5, 5, 5, 1, 1, 1]
    late = make(rules)
    assert rules.runs.expire(now) in (0, 1)
    while rules.runs.get(rules.ada, late.id).expired is None:
        now += timedelta(hours=6)
        rules.runs.expire(now)
        assert now < runs[0].ended + 5 * DAY


def test_removal_goes_on_after_a_crash(rules, old, monkeypatch):
    """The mark comes first: what was begun is not shown half, and is finished in the next round."""
    rules.runs.keep_days = 1

    def killed(key: int, last: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rules.runs, "_clear", killed)
        with pytest.raises(KeyboardInterrupt):
            rules.runs.expire(old.ended + 2 * DAY)
    assert len(events(rules, old)) == 5
    with pytest.raises(MLabsError):
        rules.runs.notebook(rules.ada, old.id)
    rules.runs.expire(old.ended + 2 * DAY)
    assert events(rules, old) == ["metric"]
    with rules.store.read() as session:
        assert session.scalar(select(func.sum(orm.Run.size))) == 0


def test_a_lost_run_whose_steps_are_gone_is_not_taken_up_again(rules):
    rules.publish(name="x")
    run = make(rules, ended=False)
    now = rules.runs.now()
    assert rules.runs.sweep(now + DAY) == 1
    rules.runs.keep_days = 1
    assert rules.runs.expire(now + 3 * DAY) == 1
    assert rules.runs.append(rules.ada, run.id, []).acknowledged == 4
    assert rules.runs.get(rules.ada, run.id).status == "lost"
