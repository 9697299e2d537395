"""Whose turn it is: fair between people, and the longest wait first."""

from __future__ import annotations

import pytest
from service.pool_bench import bench as bench
from service.pool_bench import stored_bench as stored_bench
from support.pool import spec


def several(count: int):
    return [spec(seed=seed + 1) for seed in range(count)]


def of(bench, *leases) -> list[str]:
    """Whose slices they are."""
    return [bench.pool.searches.job(ADMIN, lease.job).search for lease in leases if lease]


class Admin:
    name, can_write, can_read, admin = "admin", True, True, True

    @staticmethod
    def acts_for(owner: str) -> bool:
        return True


ADMIN = Admin()


def turns(bench, asked, count: int, each) -> list[str]:
    """Who was served, in order; `each` takes a worker's lease."""
    owners = {search.id: search.owner for search in asked}
    served = []
    for number in range(count):
        worker = bench.worker(f"lender-{number}", trusted=True)
        lease = each(worker)
        bench.later(1)
        served.append(owners[of(bench, lease)[0]])
    return served


# Who asks for how many jobs, in this order, and who is served where nobody is done.
GOING = {
    "one alone": ({"ada": 3}, ["ada", "ada", "ada"]),
    "two, in turn": ({"ada": 4, "eve": 4}, ["ada", "eve", "ada", "eve"]),
    "who asks for much waits for who asks for little": (
        {"ada": 9, "eve": 1, "bob": 1},
        ["ada", "eve", "bob", "ada", "ada"],
    ),
    "the longest wait first": ({"eve": 1, "ada": 1, "bob": 1}, ["eve", "ada", "bob"]),
}


@pytest.mark.parametrize(("jobs", "served"), GOING.values(), ids=GOING)
def test_who_has_the_fewest_going_is_next(stored_bench, jobs, served):
    asked = []
    for name, count in jobs.items():
        asked.append(stored_bench.ask(name, *several(count)))
        stored_bench.later(1)
    assert turns(stored_bench, asked, len(served), stored_bench.claim) == served


def test_with_nothing_going_who_had_the_least_of_the_last_hour_is_next(bench):
    asked = [bench.ask("ada", *several(4))]
    lender = bench.worker("lender", trusted=True)
    for _ in range(3):
        lease = bench.claim(lender)
        bench.later(30)
        bench.bring(lender, lease, bench.train(lease))
    bench.judge()
    bench.later(60)
    asked.append(bench.ask("eve", *several(4)))
    owners = {search.id: search.owner for search in asked}

    def served() -> str:
        lease = bench.claim(lender)
        bench.later(10)
        bench.bring(lender, lease, bench.train(lease))
        bench.judge()
        return owners[of(bench, lease)[0]]

    # ada had 90 seconds: eve has as many before it is ada's turn.
    assert [served() for _ in range(9)] == ["eve"] * 9
    assert served() == "ada"
    # After an hour nobody knows of it any more; both had ten seconds more since.
    bench.later(4000)
    assert served() == "ada"


def test_of_ones_own_jobs_the_one_that_waits_longest_is_next(bench):
    asked = bench.ask("ada", *several(3), every=3)
    lender = bench.worker("lender", trusted=True)
    jobs = [job.id for job in asked.jobs]
    assert [bench.lend(lender).job for _ in range(6)] == jobs * 2


def test_a_stopped_job_is_nobodys_turn(bench):
    first, second = bench.ask("ada", spec()), bench.ask("eve", spec())
    bench.pool.searches.stop(ADMIN, first.id)
    lender = bench.worker("lender", trusted=True)
    assert bench.claim(lender).job == second.jobs[0].id


@pytest.mark.parametrize(("workers", "seconds"), [(1, 1), (120, 3), (600, 10)])
def test_the_more_lend_the_later_each_asks_again(bench, workers, seconds):
    for _ in range(workers):
        bench.worker()
    assert bench.pool.leases.again() == seconds
