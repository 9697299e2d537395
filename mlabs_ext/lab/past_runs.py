"""What can be done with one run of a notebook: look at its curves, compare it, get it back, repeat it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from uuid import uuid4

import msgspec

from mlabs_ext import names, notebook, notebook_differ
from mlabs_ext.errors import NotFound, TooLarge, Unavailable, Unusable
from mlabs_ext.lab.background import without_outputs
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.wire import BatchCreate, MetricSeries, Run, RunMetrics
from mlabs_ext.wire.comparisons import Comparison
from mlabs_ext.wire.history import AgainRequest, CompareRequest, HistoryDifference

# Values of a small curve, and of how many ended runs the curves are remembered.
POINTS, REMEMBERED = 64, 500
TOO_LARGE = "These notebooks are too large to be compared here: download both and use nbdime."
TOO_COMPLEX = "These notebooks are too complex to be compared here: download both and use nbdime."


class PastRuns:
    """The rules about single runs; all that they know comes from the service."""

    def __init__(self, client: Client, notebooks: Notebooks):
        self._client = client
        self._notebooks = notebooks
        self._series: OrderedDict[str, list[MetricSeries]] = OrderedDict()

    async def series(self, runs: Iterable[str], ended: Iterable[str]) -> dict[str, list[MetricSeries]]:
        """The curves of runs; those that are among the `ended` are asked for once.

        Runs that the service does not know yet, or cannot tell of now, are left out.
        """
        final = set(ended)
        wanted = list(dict.fromkeys([*runs, *final]))
        found = await asyncio.gather(*(self._one(run, run in final) for run in wanted))
        return {run: series for run, series in zip(wanted, found, strict=True) if series}

    async def notebook(self, run: str) -> bytes:
        """What a run executed and showed, as a notebook in format 4.5."""
        return (await self._client.request("GET", f"runs/{run}/notebook")).body

    async def compare(self, asked: CompareRequest) -> HistoryDifference:
        """What a run and a notebook as it is now differ in; nothing of that is sent to the service."""
        now = await asyncio.to_thread(normal, bytes(asked.notebook))
        then = await self.notebook(asked.run)
        if len(then) + len(now) > notebook_differ.MAX_SIZE:
            raise TooLarge(TOO_LARGE, "comparison_too_large")
        # What was executed holds no text between its cells.
        found, _ = await notebook_differ.compared(then, now, code_only=True)
        if found is None:
            raise Unusable(TOO_COMPLEX, "comparison_failed")
        return HistoryDifference(found.cells)

    async def compare_runs(self, path: str, a: str, b: str) -> HistoryDifference:
        """What two runs of the notebook at `path` differ in."""
        lab = await self._lab(path)
        found = await self._client.get(f"{lab}/compare/{a}...{b}", Comparison)
        return HistoryDifference(found.cells, found.metrics, found.parameters, found.environment)

    async def again(self, asked: AgainRequest) -> Run:
        """Have a run repeated: its notebook, parameters and runtime.

        One that was made cell by cell and never published is repeated as what it executed, in that order.
        """
        path = f"{await self._lab(asked.path)}/runs"
        try:
            fields = BatchCreate(rerun_of=asked.run)
            return await self._client.send("POST", path, fields, Run, str(uuid4()))
        except Unusable as error:
            if error.code != "run_not_repeatable":
                raise
        run = await self._client.get(f"runs/{asked.run}", Run)
        executed = without_outputs(notebook.parse(await self.notebook(asked.run)))
        fields = BatchCreate(
            notebook=msgspec.Raw(notebook.dumps(executed)),
            parameters=run.parameters,
            environment=run.environment,
            accelerator=run.accelerator,
        )
        return await self._client.send("POST", path, fields, Run, str(uuid4()))

    async def _lab(self, path: str) -> str:
        lab = await self._notebooks.lab_of(path)
        if lab is None:
            raise NotFound(f"{path!r} belongs to no lab of yours: share it first.", "not_a_lab")
        return lab_path(*names.split_lab(lab))

    async def _one(self, run: str, ended: bool) -> list[MetricSeries]:
        if run in self._series:
            return self._series[run]
        try:
            found = await self._client.get(f"runs/{run}/metrics", RunMetrics, points=POINTS)
        except (NotFound, Unavailable):
            return []
        if ended:
            self._series[run] = found.series
            while len(self._series) > REMEMBERED:
                self._series.popitem(last=False)
        return found.series


def normal(data: bytes) -> bytes:
    """A notebook as runs are kept, without what differs by no one's doing; BadInput `notebook_invalid`."""
    return notebook.dumps(notebook.clean(notebook.parse(data)))
