"""What a batch run may be asked for, by whom, and what its server is told."""

from __future__ import annotations

import json

import msgspec
import pytest
from service.batch_rules import PLANS, World, cells

from mlabs_ext import notebook as notebooks
from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, MLabsError, NotFound, TooMany, Unusable
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.viewers import Viewer


@pytest.fixture
def world(rules):
    rules.publish(name="mnist")
    return World(rules)


def snapshot(*sources, **metadata):
    return json.dumps(cells(*sources, **metadata)).encode()


def sources(order):
    return [cell.source for cell in notebooks.parse(order.notebook.encode()).cells]


def test_a_run_of_the_latest_version_waits(world, rules):
    run = world.ask(parameters={"rate": 0.5}, timeout=60)
    assert (run.status, run.kind, run.version, run.user) == ("queued", "batch", 1, "ada")
    assert (run.parameters, run.timeout, run.environment) == ({"rate": 0.5}, 60, "python")
    assert (run.ended, run.duration, run.cells, run.busy) == (None, None, 0, False)
    assert rules.labs.get(rules.ada, "ada", "mnist").runs == 1
    assert rules.labs.get(rules.ada, "ada", "mnist").live is False
    order = world.batches.order(rules.ada, run.id)
    assert (order.lab, order.status, order.parameters, order.timeout) == (
        "ada/mnist", "queued", {"rate": 0.5}, 60,
    )  # fmt: skip
    assert sources(order) == ["# Hello", "1 + 1"]
    assert rules.people.me(rules.ada).usage.running == 0


def test_a_run_of_an_older_version_runs_as_that_was_published(world, rules):
    text = json.dumps(cells("2 + 2")).encode()
    fields = wire.VersionCreate(msgspec.Raw(b"{}"), environment="pytorch")
    rules.versions.add(rules.ada, "ada", "mnist", fields, text)
    assert (world.ask().version, world.ask().environment) == (2, "pytorch")
    old = world.ask(version=1)
    assert (old.version, old.environment) == (1, "python")
    assert sources(world.batches.order(rules.ada, old.id)) == ["# Hello", "1 + 1"]


def test_a_notebook_that_is_not_published_is_its_owners_alone(world, rules):
    run = world.ask(notebook=snapshot("print('new')"))
    assert run.version is None
    with pytest.raises(NotFound):
        rules.runs.get(rules.bob, run.id)
    assert rules.runs.list_of_lab(rules.bob, "ada", "mnist")[0] == []
    assert [each.id for each in rules.runs.list_of_lab(rules.ada, "ada", "mnist")[0]] == [run.id]
    nb = notebooks.parse(world.batches.order(rules.ada, run.id).notebook.encode())
    assert [(cell.source, cell.outputs) for cell in nb.cells] == [("print('new')", [])]


def test_one_with_the_code_of_the_latest_version_counts_as_it(world):
    assert world.ask(notebook=snapshot("1 + 1")).version == 1


def test_where_it_asks_to_run(world):
    run = world.ask(notebook=snapshot("1", mlabs={"environment": "pytorch", "accelerator": "none"}))
    assert run.environment == "pytorch"
    assert world.ask(notebook=snapshot("1"), environment="jax").environment == "jax"


def test_a_draft_runs_only_what_is_sent_along(world, rules):
    rules.labs.create(rules.ada, wire.LabCreate(name="draft"), None)
    with pytest.raises(Unusable, match="Publish it first") as raised:
        world.ask("draft")
    assert raised.value.code == "lab_is_draft"
    assert world.ask("draft", notebook=snapshot("1")).version is None


@pytest.mark.parametrize("who", ["bob", "admin"])
def test_for_everybody_else_the_lab_is_not_there(world, rules, who):
    with pytest.raises(NotFound) as raised:
        world.batches.request(getattr(rules, who), "ada", "mnist", wire.BatchCreate())
    assert raised.value.code == "lab_not_found"


def test_who_may_not_write_may_not_run(world, rules):
    with pytest.raises(Forbidden):
        world.batches.request(Viewer("ada", can_read=True), "ada", "mnist", wire.BatchCreate())
    with pytest.raises(Forbidden):
        world.batches.request(rules.nobody, "ada", "mnist", wire.BatchCreate())


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        pytest.param({"environment": "cobol"}, 422, "environment_unknown", id="environment"),
        pytest.param({"accelerator": "tpu"}, 422, "accelerator_unknown", id="accelerator"),
        pytest.param({"parameters": {"a-b": 1}}, 422, "parameters_invalid", id="parameters"),
        pytest.param({"version": 7}, 404, "version_not_found", id="version"),
        pytest.param({"rerun_of": "01JCQ3W3T9V0Q8X5H7ZK2M0009"}, 404, "run_not_found", id="no such run"),
        pytest.param({"notebook": b"[]"}, 400, "notebook_invalid", id="notebook"),
    ],
)
def test_what_can_never_begin_is_not_queued(world, rules, fields, status, code):
    with pytest.raises(MLabsError) as raised:
        world.ask(**fields)
    assert (raised.value.status, raised.value.code) == (status, code)
    assert rules.runs.list_of_user(rules.ada)[0] == []


@pytest.mark.parametrize(
    ("groups", "fields", "kind", "code"),
    [
        pytest.param((), {"environment": "pytorch"}, Forbidden, "plan_forbids", id="environment"),
        pytest.param(("none",), {}, Forbidden, "plan_forbids", id="no runs at all"),
    ],
)
def test_what_the_plan_never_allows_is_not_queued(world, rules, groups, fields, kind, code):
    planned = World(rules, PLANS)
    ada = Viewer("ada", can_read=True, can_write=True, groups=groups)
    with pytest.raises(kind) as raised:
        planned.ask(viewer=ada, **fields)
    assert raised.value.code == code


def test_what_the_plan_allows_later_waits(world, rules):
    planned = World(rules, PLANS)
    assert {planned.ask().status, planned.ask().status} == {"queued"}


def test_only_so_many_wait(world):
    world.batches.max_queued = 2
    world.ask()
    world.ask()
    with pytest.raises(TooMany) as raised:
        world.ask()
    assert raised.value.code == "too_many_queued"


def test_the_same_request_is_one_run(world, rules):
    def ask():
        return world.batches.request(rules.ada, "ada", "mnist", wire.BatchCreate(), key=Key("k", "same"))

    assert ask() == ask()
    assert len(rules.runs.list_of_user(rules.ada)[0]) == 1


def test_once_more(world, rules):
    """What it executed, with what, and on which image; less what is given."""
    first = world.ask(notebook=snapshot("print(a)"), parameters={"a": 1}, timeout=9)
    assert world.claim() == [first.id]
    world.begin(first)
    world.end(first, "succeeded")
    again = world.ask(rerun_of=first.id)
    assert (again.rerun_of, again.parameters, again.timeout, again.version) == (first.id, {"a": 1}, 9, None)
    assert sources(world.batches.order(rules.ada, again.id)) == ["print(a)"]
    assert world.claim() == [again.id]
    assert world.batches.runtime(rules.spawner, again.id).image == "image-1"
    other = world.ask(rerun_of=first.id, parameters={"a": 2}, environment="pytorch")
    assert other.parameters == {"a": 2}
    assert world.claim() == [other.id]
    assert world.batches.runtime(rules.spawner, other.id).image is None


def test_a_run_made_cell_by_cell_of_a_draft_cannot_be_repeated(world, rules):
    rules.labs.create(rules.ada, wire.LabCreate(name="draft"), None)
    run = "01JCQ3W3T9V0Q8X5H7ZK2M0001"
    rules.runs.register(rules.ada, wire.RunCreate(run, "ada/draft", world.now(), "python"))
    with pytest.raises(Unusable) as raised:
        world.ask("draft", rerun_of=run)
    assert raised.value.code == "run_not_repeatable"
    with pytest.raises(NotFound):
        world.ask("mnist", rerun_of=run)


def test_what_waits_is_stopped_at_once(world, rules):
    run = world.ask()
    stopped = world.batches.stop(rules.ada, run.id)
    assert (stopped.status, stopped.reason, stopped.ended is not None) == ("stopped", "stopped", True)
    assert stopped.duration == 0
    assert world.claim() == []
    assert world.batches.stop(rules.ada, run.id) == stopped


def test_what_runs_is_told_to_stop(world, rules):
    run = world.ask()
    world.claim()
    world.begin(run)
    assert world.batches.stop(rules.admin, run.id).stopping
    assert world.batches.order(rules.ada, run.id).stopping
    assert world.get(run).status == "running"
    world.end(run, "stopped", "stopped")
    assert (world.get(run).status, world.get(run).stopping) == ("stopped", False)


def test_who_may_stop_it(world, rules):
    run = world.ask()
    with pytest.raises(NotFound):
        world.batches.stop(rules.bob, run.id)
    with pytest.raises(Forbidden):
        world.batches.stop(rules.nobody, run.id)
    assert world.get(run).status == "queued"


def test_a_run_of_an_open_notebook_is_stopped_there(world, rules):
    run = "01JCQ3W3T9V0Q8X5H7ZK2M0001"
    rules.runs.register(rules.ada, wire.RunCreate(run, "ada/mnist", world.now(), "python"))
    with pytest.raises(Unusable) as raised:
        world.batches.stop(rules.ada, run)
    assert raised.value.code == "run_interactive"


def test_what_goes_on_is_not_deleted(world, rules):
    waiting, going = world.ask(), world.ask()
    world.queue.max_running = 1
    assert world.claim() == [waiting.id]
    with pytest.raises(MLabsError) as raised:
        rules.runs.delete(rules.ada, waiting.id)
    assert (raised.value.status, raised.value.code) == (409, "run_open")
    rules.runs.delete(rules.ada, going.id)
    with pytest.raises(NotFound):
        world.get(going)


def test_the_hub_is_told_only_what_waits_for_its_server(world, rules):
    run = world.ask()
    with pytest.raises(NotFound):
        world.batches.runtime(rules.spawner, run.id)
    world.claim()
    with pytest.raises(Forbidden):
        world.batches.runtime(rules.ada, run.id)
    told = world.batches.runtime(rules.spawner, run.id)
    assert told == wire.BatchRuntime("ada", "ada/mnist", "python", "none", None)
    world.begin(run)
    world.end(run, "succeeded")
    with pytest.raises(NotFound):
        world.batches.runtime(rules.spawner, run.id)


def test_an_order_is_its_owners(world, rules):
    run = world.ask()
    for viewer in (rules.bob, rules.admin, rules.spawner, rules.nobody):
        with pytest.raises(NotFound):
            world.batches.order(viewer, run.id)


def test_what_a_form_offers(world, rules):
    text = json.dumps(cells("rate = 0.1")).replace(
        '"metadata": {}, "source"', '"metadata": {"tags": ["parameters"]}, "source"'
    )
    rules.labs.create(rules.ada, wire.LabCreate(name="tagged"), text.encode())
    draft = world.batches.draft(rules.ada, "ada", "tagged")
    assert [(one.name, one.value) for one in draft.parameters] == [("rate", 0.1)]
    assert (draft.base.version, draft.base.environment) == (1, "python")
    with pytest.raises(NotFound):
        world.batches.draft(rules.bob, "ada", "tagged")
