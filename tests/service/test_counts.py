"""What is counted stays true when several change it in one moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from service.run_bench import create

from mlabs_ext import wire
from mlabs_ext.errors import Full, NotFound, TooMany
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.profiles import Profiles
from mlabs_ext.service.staging import Staging
from mlabs_ext.service.uploads import Uploads

MANY = 8


def at_once(call, many: int = MANY) -> list:
    """What the same call gives to many who make it at once, or the error that it raised."""

    def tried(number: int):
        try:
            return call(number)
        except (Full, NotFound, TooMany) as error:
            return error

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(tried, range(many)))


@pytest.fixture
def lab(rules):
    return rules.publish(name="x")


def test_runs_that_are_deleted_at_once_are_all_counted_off(rules, lab):
    runs = [rules.runs.register(rules.ada, create()).id for _ in range(MANY)]
    before = rules.labs.get(rules.ada, "ada", "x").runs
    assert before == MANY
    at_once(lambda number: rules.runs.delete(rules.ada, runs[number]))
    assert rules.labs.get(rules.ada, "ada", "x").runs == 0


def test_a_run_that_two_delete_is_counted_off_once(rules, lab):
    one, other = (rules.runs.register(rules.ada, create()).id for _ in range(2))
    found = at_once(lambda _: rules.runs.delete(rules.ada, one))
    assert sum(isinstance(each, NotFound) for each in found) == MANY - 1
    assert rules.labs.get(rules.ada, "ada", "x").runs == 1
    assert rules.runs.get(rules.ada, other)


def test_the_same_file_of_a_run_brought_at_once_is_one(rules, lab):
    run = rules.runs.register(rules.ada, create()).id
    blobs = [rules.blobs.put(b"x" * (1 + number % 2)) for number in range(MANY)]
    kept = at_once(
        lambda number: rules.assets.put_output(rules.ada, run, "a.bin", blobs[number], 1 + number % 2)
    )
    assert all(isinstance(one, wire.Asset) for one in kept), kept
    assert len(rules.assets.list_of_run(rules.ada, run)) == 1


def test_what_finds_room_once_is_taken_once(rules, tmp_path):
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses")}
    plans = Plans(plans={"small": {"storage": "1K"}}, **shared)
    uploads = Uploads(staging=Staging(directory=str(tmp_path / "uploads")), plans=plans, **shared)
    begun = at_once(lambda number: uploads.begin(rules.ada, f"{number}.bin", 700))
    assert sum(isinstance(one, wire.Upload) for one in begun) == 1, begun


def test_a_profile_and_a_plan_that_are_made_by_several_at_once(rules):
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    profiles = Profiles(**shared)
    made = at_once(lambda n: profiles.change(rules.ada, "ada", wire.ProfileChange(bio=f"{n}")))
    assert all(isinstance(one, wire.Profile) for one in made), made
    assert at_once(lambda _: rules.plans.give(rules.admin, "eve", None)) == [None] * MANY
