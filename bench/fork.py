"""The fork of a lab of 100 MB beside that of a lab of 10 kB, in turns, until the answer is there.

The weight is a notebook's outputs, as an author publishes them. Each fork is a new lab of another person, who
knows neither of the two; blobs are shared, so that only rows are written.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from _rows import Effort, Goal, Row
from support.service_process import ServiceProcess
from support.waiting import free_port

SMALL, LINE = 10_000, "epoch 17/100  loss 0.2131  accuracy 0.9312\n"


def notebook(size: int) -> dict:
    """A notebook of so many bytes, nearly all of them outputs; a cell's share is a megabyte at most."""
    cells, left = [], size
    while left > 0:
        share = min(left, 1_000_000)
        shown = {"output_type": "stream", "name": "stdout", "text": LINE * (share // len(LINE))}
        cell = {"id": f"c{left}", "cell_type": "code", "metadata": {}, "source": "fit()"}
        cells.append(cell | {"outputs": [shown], "execution_count": 1})
        left -= share
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


@contextmanager
def labs(sizes: dict[str, int]) -> Iterator[httpx.Client]:
    """Grace, who may fork these labs of Ada's."""
    most = f"--MLabsService.max_body_size={4 * max(sizes.values())}"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        service = ServiceProcess(Path(folder, "data"), free_port(), most).start()
        try:
            with service.client("ada") as ada:
                ada.timeout = 300
                for name, size in sizes.items():
                    made = ada.post("api/v1/labs", json={"name": name, "notebook": notebook(size)})
                    made.raise_for_status()
            with service.client("grace") as grace:
                yield grace
        finally:
            service.stop()


def forked(grace: httpx.Client, name: str, number: int) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    answer = grace.post(f"api/v1/labs/ada/{name}/fork", json={"name": f"{name}-{number}"})
    took = 1e3 * (time.perf_counter() - begun)
    assert answer.status_code == 201, answer.text
    return took


def rows(effort: Effort) -> Iterator[Row]:
    """One row."""
    size = effort.either(100, 10) * 1_000_000
    times: dict[str, list[float]] = {"large": [], "small": []}
    with labs({"large": size, "small": SMALL}) as grace:
        for number in range(effort.rounds(60, 20)):
            for name in sorted(times, reverse=bool(number % 2)):
                times[name].append(forked(grace, name, number))
    yield Row(
        work=f"fork of a lab of {size / 1e6:.0f} MB",
        ours=times["large"][1:],
        peer=times["small"][1:],
        unit="ms",
        peer_is="the fork of a lab of 10 kB",
        goal=Goal(1.2),
    )
