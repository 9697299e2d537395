"""Servers start a few at a time, in order, and nobody is forgotten."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from mlabs_spawner.turns import Turns


class Start:
    """A start that ends when it is told to."""

    def __init__(self, turns: Turns):
        self.said: list[str] = []
        self.begun, self.end = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(self._run(turns))

    async def _run(self, turns: Turns) -> None:
        async with turns.taken(lambda message, percent: self.said.append(message)):
            self.begun.set()
            await self.end.wait()
            if self.said == ["fail"]:
                raise RuntimeError("it did not start")


async def let_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def begun(starts: list[Start]) -> list[bool]:
    return [start.begun.is_set() for start in starts]


async def test_they_start_in_order_and_each_is_told_its_place():
    turns = Turns(at_once=2)
    starts = [Start(turns) for _ in range(5)]
    await let_run()
    assert begun(starts) == [True, True, False, False, False]
    assert starts[4].said[-1] == "Many servers start now: 2 are before yours"
    starts[1].end.set()
    await let_run()
    assert begun(starts) == [True, True, True, False, False]
    assert [start.said[-1:] for start in starts[3:]] == [
        ["Many servers start now: yours is next"],
        ["Many servers start now: 1 is before yours"],
    ]
    assert starts[0].said == [] == starts[1].said
    for start in starts:
        start.end.set()
    await asyncio.gather(*(start.task for start in starts))
    assert (turns.starting, len(turns.line)) == (0, 0)


@pytest.mark.parametrize("which", [0, 1, 2], ids=["who starts", "who is next", "who is last"])
async def test_who_gives_up_holds_nobody_up(which):
    turns = Turns(at_once=1)
    starts = [Start(turns) for _ in range(3)]
    await let_run()
    starts[which].task.cancel()
    for start in starts:
        start.end.set()
    ended = await asyncio.gather(*(start.task for start in starts), return_exceptions=True)
    assert [isinstance(one, asyncio.CancelledError) for one in ended] == [n == which for n in range(3)]
    assert (turns.starting, len(turns.line)) == (0, 0)


async def test_a_start_that_fails_gives_its_turn_back():
    turns = Turns(at_once=1)
    first, second = Start(turns), Start(turns)
    first.said.append("fail")
    first.end.set()
    with pytest.raises(RuntimeError):
        await first.task
    await asyncio.wait_for(second.begun.wait(), 30)
    second.end.set()
    await second.task


async def test_no_limit_lets_all_start():
    turns = Turns(at_once=0)
    async with AsyncExitStack() as stack:
        for _ in range(50):
            await asyncio.wait_for(stack.enter_async_context(turns.taken(print)), 30)
        assert turns.starting == 50
    assert turns.starting == 0


def test_a_process_has_one_line():
    assert Turns().at_once >= 2
    assert Turns.shared() is Turns.shared()
