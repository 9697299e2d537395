"""Whatever people ask for and give back, each has a turn, and no accelerator stays free."""

import asyncio
import random
from collections import Counter

import pytest
from support.fake_gpus import FakeGpus, Person

from mlabs_spawner.gpu_queue import PATIENCE


class World:
    """Requests and returns at random, by one seed; checks after each step that all is as it must be."""

    def __init__(self, seed, places, people, clock):
        self.random, self.clock = random.Random(seed), clock
        self.gpus = FakeGpus(places // 2, per_gpu=2)
        self.people = people
        self.asked = {}
        self.open, self.held, self.log = {}, {}, []

    def ask(self, name):
        key = f"{len(self.asked):04}"
        self.asked[key] = name
        self.open[key] = Person(self.gpus, name, key)

    def settle(self):
        for key in list(self.gpus.queue.holders):
            if key in self.open:
                self.held[key] = self.open.pop(key).task.result()
                self.log.append(key)
                # Of one person, first come, first served.
                mine = [other for other in self.open if self.asked[other] == self.asked[key]]
                assert all(other > key for other in mine)

    async def step(self):
        for _ in range(5):
            await asyncio.sleep(0)
        self.settle()
        self.check()
        self.clock.now += 1

    def check(self):
        used = Counter(self.held.values())
        assert sum(used.values()) <= self.gpus.places
        assert all(count <= self.gpus.per_gpu for count in used.values())
        assert set(self.gpus.queue.holders) == set(self.held)
        # Nothing stays free while somebody waits.
        assert not self.open or len(self.held) == self.gpus.places

    def give_back(self):
        key = self.random.choice(sorted(self.held))
        self.gpus.release(key)
        del self.held[key]

    async def run(self, requests):
        while len(self.asked) < requests or self.open or self.held:
            can_ask = len(self.asked) < requests
            if can_ask and (not self.held or self.random.random() < 0.6):
                self.ask(self.people(self.random, len(self.asked)))
            elif self.held:
                self.give_back()
            await self.step()
        return self.log


def one_hog(random, number):
    """Every second request is one person's; the others are many people's."""
    return "hog" if number % 2 else f"p{random.randrange(50)}"


def a_class(random, number):
    return f"p{random.randrange(40)}"


def all_new(random, number):
    """Everybody comes once, but for one who comes all the time."""
    return "hog" if number < 10 else f"p{number}"


@pytest.mark.parametrize("people", [one_hog, a_class, all_new])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_thousand_requests(people, seed, clock):
    world = World(seed, 8, people, clock)
    log = await world.run(1000)
    assert sorted(log) == sorted(world.asked)
    # Nobody starves: of each person the request that came first is overtaken a bounded number of times.
    turn = {key: position for position, key in enumerate(log)}
    for name in set(world.asked.values()):
        mine = [key for key in log if world.asked[key] == name]
        for before, key in zip([None, *mine], mine, strict=False):
            since = turn[before] if before else -1
            passed = [other for other in log[since + 1 : turn[key]] if other > key]
            assert len(passed) <= PATIENCE
    # The same again is the same again.
    if people is one_hog:
        again = World(seed, 8, people, clock)
        assert await again.run(1000) == log


async def test_waits_are_shared_fairly(clock):
    """While one person has hundreds of requests waiting, another's wait no longer than among themselves."""
    world = World(3, 8, a_class, clock)
    for _ in range(300):
        world.ask("hog")
    await world.step()
    waited = []
    for number in range(40):
        name = f"p{number}"
        world.ask(name)
        key, steps = max(world.asked), 0
        await world.step()
        while key in world.open:
            world.give_back()
            await world.step()
            steps += 1
        waited.append(steps)
    assert max(waited) <= 2
    assert any(world.asked[key] == "hog" for key in world.log[8:])
    for one in world.open.values():
        one.task.cancel()
    await asyncio.gather(*(one.task for one in world.open.values()), return_exceptions=True)
