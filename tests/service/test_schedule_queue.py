"""What schedules begin: each time once, whoever looks and whatever was missed, and when they pause."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from service.batch_rules import PLANS
from service.schedule_bench import MONDAY, Scheduled
from service.schedule_bench import world as world
from sqlalchemy import delete, func, select

from mlabs_ext import wire
from mlabs_ext.service import orm
from mlabs_ext.service.orm_batch import Batch
from mlabs_ext.service.orm_schedule import Schedule
from mlabs_ext.service.store import Store


def runs(world):
    with world.due.store.read() as session:
        return session.scalar(select(func.count()).select_from(orm.Run))


def test_it_begins_when_it_is_due_and_says_so(world):
    schedule = world.put(parameters={"rate": 0.5}, timeout=60)
    assert schedule.next == MONDAY + timedelta(hours=1)
    assert world.pass_by(minutes=59, seconds=59) == []
    (run,) = world.pass_by(seconds=1)
    shown = world.get(run)
    assert (shown.status, shown.kind, shown.scheduled, shown.user) == ("queued", "batch", True, "ada")
    assert (shown.version, shown.parameters, shown.timeout) == (1, {"rate": 0.5}, 60)
    after = world.shown()
    assert after.last.id == run
    assert after.upcoming == [MONDAY + timedelta(hours=hours) for hours in (2, 3, 4)]
    assert world.pass_by(minutes=10) == []


def test_a_run_of_ones_own_is_not_scheduled(world):
    assert not world.get(world.ask()).scheduled


def test_it_runs_the_newest_version(world, rules):
    world.put()
    notebook = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
    rules.versions.add(rules.ada, "ada", "mnist", wire.VersionCreate(), notebook)
    (run,) = world.pass_by(hours=1)
    assert world.get(run).version == 2


def test_times_that_were_missed_are_one_run(world):
    world.put()
    assert len(world.pass_by(days=3, minutes=5)) == 1
    assert world.shown().next == MONDAY + timedelta(days=3, hours=1)
    assert runs(world) == 1


def test_several_processes_begin_it_once(world):
    """Each saw it due before any of them took it."""
    world.put()
    world.clock += timedelta(hours=1)
    ((lab, at),) = world.due.due()
    found, barrier = [], threading.Barrier(4)

    def begin(queue):
        barrier.wait(30)
        found.append(queue.begin(lab, at))

    url = world.due.store.engine.url.render_as_string(hide_password=False)
    stores = [Store(url=url, directory=world.due.store.directory) for _ in range(2)]
    queues = [world.due, world.due]
    for store in stores:
        other = Scheduled(world.rules)
        other.due.store = store
        other.clock = world.clock
        queues.append(other.due)
    threads = [threading.Thread(target=begin, args=[queue]) for queue in queues]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for store in stores:
        store.close()
    assert len(found) == 4
    assert len([run for run in found if run]) == 1
    assert runs(world) == 1
    assert world.shown().note is None, "one took a time that was taken, and skipped it"


def test_one_that_goes_on_has_the_next_time_skipped(world):
    world.put()
    (run,) = world.pass_by(hours=1)
    assert world.pass_by(hours=1) == []
    shown = world.shown()
    assert shown.noted == MONDAY + timedelta(hours=2)
    assert "still went on" in shown.note
    assert shown.failures == 0
    world.finish(run)
    (following,) = world.pass_by(hours=1)
    assert following != run
    assert world.shown().note is None


def test_failures_in_a_row_pause_it(world):
    world.due.max_failures = 2
    world.put()
    (first,) = world.pass_by(hours=1)
    world.finish(first, "failed")
    (second,) = world.pass_by(hours=1)
    assert world.shown().failures == 1
    world.finish(second, "lost")
    assert world.pass_by(minutes=1) == []
    shown = world.shown()
    assert (shown.failures, shown.next, shown.upcoming) == (2, None, [])
    assert shown.paused == world.clock
    assert shown.reason.startswith("It failed 2 times in a row. The last time: ")
    assert world.pass_by(days=2) == []
    again = world.schedules.pause(world.rules.ada, "ada", "mnist", paused=False)
    assert (again.paused, again.reason, again.failures) == (None, None, 0)
    assert len(world.pass_by(hours=1)) == 1


def test_a_success_in_between_begins_the_count_anew(world):
    world.due.max_failures = 2
    world.put()
    for status in ("failed", "succeeded", "failed", "stopped"):
        (run,) = world.pass_by(hours=1)
        world.finish(run, status)
    world.pass_by(minutes=1)
    assert (world.shown().failures, world.shown().paused) == (1, None)


def test_why_the_last_one_failed_is_said(world):
    world.due.max_failures = 1
    world.put()
    (run,) = world.pass_by(hours=1)
    world.queue.claim()
    world.queue.refused(run, "The image is not there.")
    world.pass_by(minutes=1)
    assert world.shown().reason == "It failed once. The last time: The image is not there."


def test_a_run_that_was_deleted_keeps_nothing_back(world, rules):
    world.put()
    (run,) = world.pass_by(hours=1)
    rules.runs.delete(rules.ada, run)
    assert len(world.pass_by(hours=1)) == 1


def test_a_plan_that_no_longer_allows_it_is_said_and_pauses_it(rules):
    rules.publish(name="mnist")
    world = Scheduled(rules, PLANS, max_failures=2)
    world.put()
    rules.people.plans = world.batches.plans
    world.batches.plans.give(rules.admin, "ada", "none")
    assert world.pass_by(hours=1) == []
    shown = world.shown()
    assert "has no batch runs" in shown.note
    assert (shown.failures, shown.paused) == (1, None)
    world.pass_by(hours=1)
    assert "has no batch runs" in world.shown().reason
    assert world.shown().next is None


def test_too_many_that_wait_are_no_failure(world):
    world.put()
    world.batches.max_queued = 1
    world.ask()
    assert world.pass_by(hours=1) == []
    assert "wait already" in world.shown().note
    assert world.shown().failures == 0


def test_a_lab_in_the_trash_does_not_run_and_says_so_when_it_is_back(world, rules):
    world.put()
    rules.labs.delete(rules.ada, "ada", "mnist")
    assert world.pass_by(hours=1) == []
    rules.labs.restore(rules.ada, "ada", "mnist")
    assert "in the trash" in world.shown().reason
    assert world.pass_by(hours=5) == []
    assert runs(world) == 0


def test_a_lab_that_was_back_in_time_runs(world, rules):
    world.put()
    rules.labs.delete(rules.ada, "ada", "mnist")
    rules.labs.restore(rules.ada, "ada", "mnist")
    assert len(world.pass_by(hours=1)) == 1


def test_a_lab_that_is_gone_takes_its_schedule_along(world, rules):
    world.put()
    world.clock += timedelta(hours=1)
    ((lab, at),) = world.due.due()
    with world.due.store.write() as session:
        session.execute(delete(orm.Lab))
    assert world.due.due() == []
    assert world.due.begin(lab, at) is None
    with world.due.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Schedule)) == 0


def test_a_day_of_the_zone_when_clocks_change(world):
    """From 28 March 2027 on, six o'clock in Berlin is an hour earlier."""
    world.clock = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    world.put(cron="0 6 * * *", timezone="Europe/Berlin")
    assert world.pass_by(hours=15, minutes=59) == []
    (run,) = world.pass_by(minutes=1)
    world.finish(run)
    assert world.shown().next == datetime(2027, 3, 29, 4, 0, tzinfo=UTC)


def test_a_zone_that_is_given_up_pauses_it(world):
    world.put()
    with world.due.store.write() as session:
        session.get_one(Schedule, world.rules.labs.get(world.rules.ada, "ada", "mnist").id).timezone = "A/B"
    assert world.pass_by(hours=1) == []
    assert "no time zone 'A/B'" in world.shown().reason


class TestImage:
    def recorded(self, world, image="image-7", **fields):
        run = world.ask(**fields).id
        world.finish(run, image=image)
        return run

    def ordered(self, world, run):
        with world.due.store.read() as session:
            row = session.scalar(select(orm.Run).where(orm.Run.id == run))
            return session.get_one(Batch, row.key).pinned, row.rerun_of

    def test_it_is_the_one_of_the_last_run_of_the_version(self, world):
        self.recorded(world, "image-6")
        world.clock += timedelta(minutes=1)
        first = self.recorded(world)
        world.put()
        (run,) = world.pass_by(hours=1)
        assert self.ordered(world, run) == ("image-7", first)

    def test_where_none_ran_it_is_the_labs(self, world):
        world.put()
        (run,) = world.pass_by(hours=1)
        assert self.ordered(world, run) == (None, None)

    def test_a_version_that_never_ran_has_none(self, world, rules):
        self.recorded(world)
        notebook = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
        rules.versions.add(rules.ada, "ada", "mnist", wire.VersionCreate(), notebook)
        world.put()
        (run,) = world.pass_by(hours=1)
        assert self.ordered(world, run) == (None, None)

    def test_the_current_one_is_nobodys(self, world):
        self.recorded(world)
        world.put(image="current")
        (run,) = world.pass_by(hours=1)
        assert self.ordered(world, run) == (None, None)

    def test_other_parameters_repeat_nothing(self, world):
        self.recorded(world)
        world.put(parameters={"rate": 1})
        (run,) = world.pass_by(hours=1)
        assert self.ordered(world, run) == ("image-7", None)

    def test_another_environment_has_its_own(self, world):
        self.recorded(world)
        world.put(environment="pytorch")
        (run,) = world.pass_by(hours=1)
        assert self.ordered(world, run) == (None, None)
        assert world.get(run).environment == "pytorch"
