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
    found = ran(bench, 45, 48, known=0.9)
    assert found.statuses == {"succeeded": 48}
    assert not found.passed
    assert found.cost <= 0.15
    assert found.lied.keys() == CAUGHT.keys()
    assert found.away["honest"] == 0


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_no_lie_of_200_in_1000_workers_stays(bench):
    found = ran(bench, 1000, 1600, known=0.75)
    assert found.statuses == {"succeeded": 1600}
    assert not found.passed
    assert found.cost <= 0.15
    assert found.away["honest"] == 0


def test_who_is_lazy_or_a_little_off_is_found_by_checks_and_not_always(bench):
    """That is said in the guide: no number of these is promised."""
    found = ran(bench, 15, 16, ways=SOMETIMES, known=0.75)
    assert found.statuses == {"succeeded": 16}
    assert found.away["honest"] == 0
    assert found.lied.keys() == SOMETIMES.keys()
