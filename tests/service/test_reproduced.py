"""Whether a version gave its result once more: which runs say so, and which say nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import UNSET
from service.schedule_bench import world as world

from mlabs_ext import wire


class TestReproduced:
    def last(self, world, lab="mnist"):
        return world.rules.labs.get(world.rules.nobody, "ada", lab).reproduced or None

    def scheduled(self, world, status="succeeded", image="image-7"):
        (run,) = world.pass_by(hours=1)
        world.finish(run, status, image)
        return run

    @pytest.fixture
    def ran(self, world):
        world.finish(world.ask().id, image="image-7")
        world.clock += timedelta(minutes=1)
        world.put()
        return world

    def test_a_first_run_reproduces_nothing(self, ran):
        assert self.last(ran) is None
        assert ran.rules.labs.find(ran.rules.nobody)[0][0].reproduced is UNSET

    def test_the_last_one_counts(self, ran):
        run = self.scheduled(ran)
        found = self.last(ran)
        assert (found.passed, found.version, found.image, found.run) == (True, 1, "image-7", run)
        assert found.ended == ran.get(run).ended
        assert found.url.endswith(f"/@ada/mnist/runs/{run}")
        failed = self.scheduled(ran, "failed")
        assert (self.last(ran).passed, self.last(ran).run) == (False, failed)

    def test_by_hand_too(self, ran, rules):
        (first,), _ = rules.runs.list_of_lab(rules.ada, "ada", "mnist")
        again = ran.ask(rerun_of=first.id)
        ran.finish(again.id, image="image-7")
        assert self.last(ran).run == again.id

    @pytest.mark.parametrize("status", ["stopped", "lost"])
    def test_one_that_was_cut_off_says_nothing(self, ran, status):
        first = self.scheduled(ran)
        self.scheduled(ran, status)
        assert self.last(ran).run == first

    def test_neither_does_one_in_another_image(self, ran):
        self.scheduled(ran, image="image-8")
        assert self.last(ran) is None

    def test_nor_one_with_other_parameters(self, ran, rules):
        (first,), _ = rules.runs.list_of_lab(rules.ada, "ada", "mnist")
        ran.finish(ran.ask(rerun_of=first.id, parameters={"rate": 9}).id, "failed", "image-7")
        assert self.last(ran) is None

    def test_a_new_version_begins_anew(self, ran, rules):
        self.scheduled(ran)
        notebook = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
        rules.versions.add(rules.ada, "ada", "mnist", wire.VersionCreate(), notebook)
        assert self.last(ran) is None
