"""Has models converted in the background, and makes versions of what runs have written."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.convert import Converter
from mlabs_ext.service.model_files import laid_out
from mlabs_ext.service.model_outputs import ModelOutputs
from mlabs_ext.service.model_queue import Job, ModelQueue
from mlabs_ext.service.rounds import Rounds

# Seconds between two signs of life, far fewer than `SILENT` of the queue.
SIGN = 5.0


class ModelLoop(Rounds):
    """Rounds of looking; one task for each model that is converted just now."""

    log = logging.getLogger("mlabs.models")
    what = "The queue of models"
    interval = 0.5

    def __init__(self, queue: ModelQueue, outputs: ModelOutputs, converter: Converter, pool: Executor):
        super().__init__(queue.store, pool)
        self.queue, self.outputs, self.converter = queue, outputs, converter
        self.jobs: dict[str, Job] = {}
        self.said = 0.0

    async def round(self) -> None:
        """Take what runs have written, and begin what waits."""
        await self._run(self.outputs.settle)
        await self._say()
        for job in await self._run(self.queue.claim, self.queue.at_once - len(self.under_way)):
            self.jobs[job.key] = job
            self.begin(job.key, self._until_done, job)

    async def _say(self) -> None:
        now = asyncio.get_running_loop().time()
        if self.jobs and now - self.said > SIGN:
            self.said = now
            await self._run(self.queue.going_on, list(self.jobs.values()))

    async def _until_done(self, job: Job) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="mlabs-model-") as folder:
                await self._convert(job, Path(folder))
        except MLabsError as error:
            await self._failed(job, error)
        except self.passing:
            self.log.exception("Model %s could not be converted now", job.key)
            await self._run(self.queue.again, job)
        finally:
            self.jobs.pop(job.key, None)

    async def _convert(self, job: Job, folder: Path) -> None:
        files, target = await self._run(laid_out, self.queue.blobs, job.files, folder)
        made = await self.converter.convert(files, target)
        files = {path: target / path for path in made.files}
        variants = {}
        for variant in await self._run(self.queue.variants, job):
            place = folder / variant
            place.mkdir()
            variants[variant] = await self.converter.variant(files, place, variant), place
        await self._run(self.queue.done, job, made, target, variants)

    async def _failed(self, job: Job, error: MLabsError) -> None:
        """What is wrong with the model stays so; what is wrong here passes."""
        if error.status < 500:
            await self._run(self.queue.refused, job, error)
            return
        self.log.warning("Model %s could not be converted now: %s", job.key, error)
        with suppress(*self.passing):
            await self._run(self.queue.again, job)
