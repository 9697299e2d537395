"""Many workers, a fifth of whom lie: nothing that the checks can catch stays, at a bearable cost."""

from __future__ import annotations

import time

import pytest
from service.pool_bench import bench as bench
from service.pool_simulation import CAUGHT, SOMETIMES, Simulation


def ran(bench, *size: int, **fields):
    simulation = Simulation(bench, *size, **fields)
    began = time.perf_counter()
    simulation.run()
    print(f"\n{size[0]} workers, {time.perf_counter() - began:.1f} s: {simulation.found()}")
    return simulation.found()


def test_no_lie_that_the_checks_can_catch_stays(bench):
    found = ran(bench, 50, 160)
    assert found.statuses == {"succeeded": 160}
    assert not found.passed
    assert found.cost <= 0.15
    assert sum(found.lied.values()) > 10
    assert found.away["honest"] == 0


@pytest.mark.slow
def test_no_lie_of_200_in_1000_workers_stays(bench):
    found = ran(bench, 1000, 3200)
    assert found.statuses == {"succeeded": 3200}
    assert not found.passed
    assert found.cost <= 0.15
    assert found.away["honest"] == 0


def test_who_is_lazy_or_a_little_off_is_found_by_checks_and_not_always(bench):
    """That is said in the guide: no number of these is promised."""
    found = ran(bench, 40, 80, ways=SOMETIMES)
    assert found.statuses == {"succeeded": 80}
    assert found.away["honest"] == 0
    assert set(SOMETIMES).isdisjoint(CAUGHT)
