"""The board: whose runs are on it, in which order, and which is the best."""

from __future__ import annotations

import pytest
from service.run_bench import append, create, end, execute
from service.test_run_metrics import SHARED, metric

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.service.board import Boards, Wanted, better


@pytest.fixture
def boards(rules):
    return Boards(**{name: getattr(rules, name) for name in SHARED})


@pytest.fixture
def made(rules):
    """`made(accuracy, …)` records a run of ada/x."""
    rules.publish(name="x")

    def make(accuracy=None, lab="ada/x", viewer=None, status="succeeded", **fields) -> wire.Run:
        viewer = viewer or rules.ada
        run = rules.runs.register(viewer, create(lab, **fields))
        logged = [metric({"val_accuracy": accuracy, "loss": 1}, 1)] if accuracy is not None else []
        rules.runs.append(viewer, run.id, [])
        if viewer is rules.ada:
            append(rules, run, execute(), *logged, end(status))
        else:
            from service.run_bench import told

            rules.runs.append(viewer, run.id, told(execute(), *logged, end(status)))
        return run

    return make


def ids(board: wire.Board) -> list[str]:
    return [row.run.id for row in board.items]


def test_the_order_of_a_metric(rules, boards, made):
    low, high, nothing, middle = made(0.1), made(0.9), made(), made(0.5)
    odd = made("NaN")
    newest = boards.board(rules.nobody, "ada", "x")
    assert set(ids(newest)) == {low.id, high.id, nothing.id, middle.id, odd.id}
    down = boards.board(rules.nobody, "ada", "x", Wanted("val_accuracy"))
    assert ids(down) == [high.id, middle.id, low.id]
    up = boards.board(rules.nobody, "ada", "x", Wanted("val_accuracy", "min"))
    assert ids(up) == [low.id, middle.id, high.id]
    [first, *_] = down.items
    assert first.metrics["val_accuracy"] == wire.MetricSummary(0.9, 1, 0.9, 1, 0.9, 1, 1, [0.9])
    columns = {column.name: column for column in down.columns}
    assert (columns["val_accuracy"].runs, columns["val_accuracy"].best) == (4, high.id)
    assert (columns["val_accuracy"].mode, columns["loss"].mode) == ("max", "min")


@pytest.mark.parametrize("wanted", [Wanted("val_accuracy"), Wanted("val_accuracy", "min"), Wanted()], ids=str)
def test_pages(rules, boards, made, wanted):
    for n in range(7):
        made(n // 2 / 10)
    whole = ids(boards.board(rules.nobody, "ada", "x", wanted, limit=100))
    cursor, found = None, []
    while True:
        page = boards.board(rules.nobody, "ada", "x", wanted, limit=2, cursor=cursor)
        found += ids(page)
        if (cursor := page.next) is None:
            break
    assert found == whole
    assert len(set(found)) == 7


def test_cursors_of_other_lists(rules, boards, made):
    for n in range(3):
        made(n / 10)
    cursor = boards.board(rules.nobody, "ada", "x", Wanted("val_accuracy"), limit=1).next
    for wanted in (Wanted("loss"), Wanted("val_accuracy", "min"), Wanted()):
        with pytest.raises(BadInput):
            boards.board(rules.nobody, "ada", "x", wanted, limit=1, cursor=cursor)
    with pytest.raises(BadInput):
        boards.board(rules.nobody, "ada", "x", Wanted("loss"), cursor="%%%")


def test_filters(rules, boards, made):
    failed, jax = made(0.1, status="failed"), made(0.2, environment="jax")

    def found(**fields):
        return ids(boards.board(rules.nobody, "ada", "x", Wanted(**fields)))

    assert found(status="failed") == [failed.id]
    assert found(environment="jax") == [jax.id]
    assert found(words=jax.id[-6:].lower()) == [jax.id]
    assert len(found(words="ADA")) == 2
    assert found(words="%") == []
    assert found(metric="nothing\0") == []


def test_the_tree_as_far_as_one_may_see(rules, boards, made):
    ours = made(0.5)
    rules.labs.fork(rules.bob, "ada", "x", wire.ForkCreate(name="y"))
    rules.labs.fork(rules.bob, "bob", "y", wire.ForkCreate(name="hidden"))
    theirs = made(0.7, "bob/y", rules.bob)
    rules.labs.change(rules.bob, "bob", "hidden", wire.LabChange(visibility="private"))
    hidden = made(0.9, "bob/hidden", rules.bob)

    def found(viewer, owner="ada", name="x"):
        return ids(boards.board(viewer, owner, name, Wanted("val_accuracy", tree=True)))

    assert found(rules.nobody) == [theirs.id, ours.id]
    assert found(rules.bob) == [hidden.id, theirs.id, ours.id]
    assert found(rules.nobody, "bob", "y") == [theirs.id, ours.id]
    rules.labs.change(rules.bob, "bob", "y", wire.LabChange(visibility="unlisted"))
    assert found(rules.nobody) == [ours.id]
    # Who has its address sees its runs there.
    assert found(rules.nobody, "bob", "y") == [theirs.id, ours.id]
    assert found(rules.bob) == [hidden.id, theirs.id, ours.id]
    rules.labs.change(rules.bob, "bob", "y", wire.LabChange(visibility="public"))
    assert ids(boards.board(rules.nobody, "bob", "y", Wanted("val_accuracy"))) == [theirs.id]


def test_drafts_are_their_owners(rules, boards, made):
    lab = rules.labs.create(rules.ada, wire.LabCreate(name="draft"), None)
    made(0.5, f"ada/{lab.name}")
    assert len(boards.board(rules.ada, "ada", "draft").items) == 1
    with pytest.raises(NotFound):
        boards.board(rules.bob, "ada", "draft")


@pytest.mark.parametrize("mode", ["max", "min"])
def test_of_equal_runs_the_newest_comes_first(rules, boards, made, mode):
    older, newer = made(0.5), made(0.5)
    assert ids(boards.board(rules.nobody, "ada", "x", Wanted("val_accuracy", mode))) == [newer.id, older.id]


def test_the_best_run(rules, boards, made):
    made(0.1)
    high = made(0.9)
    newest = made(0.9)
    made()
    assert high.id != newest.id
    best = {column.name: column.best for column in boards.board(rules.nobody, "ada", "x").columns}
    assert best["val_accuracy"] == newest.id


@pytest.mark.parametrize(
    ("name", "mode"),
    [("loss", "min"), ("train/loss", "min"), ("val_loss", "min"), ("RMSE", "min"), ("accuracy", "max"),
     ("glossary", "max"), ("f1", "max")],
)  # fmt: skip
def test_which_way_is_better(name, mode):
    assert better(name) == mode
