"""Converts models for TensorFlow.js, each in a process, and has them run there before they are used."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from traitlets import Float, Integer
from traitlets.config import LoggingConfigurable

from mlabs_ext import errors
from mlabs_ext.errors import MLabsError, TooLarge, Unusable
from mlabs_ext.service.conversion.task import Answer, Converted, Failed, Task
from mlabs_ext.service.errand import answered
from mlabs_ext.service.model_check import Check, checked, compared
from mlabs_ext.service.render_pool import environment
from mlabs_ext.service.sizes import spoken

AT_ONCE = 2
KINDS = {kind.status: kind for kind in (errors.BadInput, errors.TooLarge, errors.Unusable)}
# HDF5 would load filters that it lacks from a folder, because a file asks for them.
NO_PLUGINS = {"HDF5_PLUGIN_PRELOAD": "::", "OPENBLAS_NUM_THREADS": "1"}


class Converter(LoggingConfigurable):
    """Makes `model.json` and shards of uploaded models, at most a few at a time."""

    timeout = Float(
        60.0,
        help="""Seconds that the conversion of a model may take.

        Default: 60. Example:

            c.Converter.timeout = 300
        """,
    ).tag(config=True)
    check_timeout = Float(
        120.0,
        help="""Seconds that a converted model may take to be loaded and run once in TensorFlow.js.

        A model that takes longer is refused: in a browser without a GPU it would take about as long.

        Default: 120. Example:

            c.Converter.check_timeout = 600
        """,
    ).tag(config=True)
    max_size = Integer(
        1 << 30,
        help="""Bytes that the files of a model, and its weights as 32-bit numbers, may have.

        Default: 1 GiB. Example:

            c.Converter.max_size = 200 * 1024**2
        """,
    ).tag(config=True)
    memory = Integer(
        4 << 30,
        help="""Bytes of memory that TensorFlow.js may use while a converted model is run once.

        Default: 4 GiB. Example:

            c.Converter.memory = 2 * 1024**3
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        self._free = asyncio.Semaphore(AT_ONCE)

    async def convert(
        self,
        files: Mapping[str, Path],
        target: Path,
        storage: str = "float32",
        recorded: Mapping[str, Any] | None = None,
    ) -> Converted:
        """Convert the files of one model, known by the names that they were uploaded by.

        `target` is an empty folder; it gets `model.json` and the shards, and is left empty where the model is
        refused. `storage` is how numbers are kept: "float32", or shorter and less exact "float16" or "uint8".
        `recorded` is `{"inputs": […], "outputs": […]}`, with one nested list for each input and output of the
        model: it has to predict the same. Raises Unusable (`model_refused`) or TooLarge.
        """
        try:
            if sum(path.stat().st_size for path in files.values()) > self.max_size:
                raise TooLarge(f"A model's files may have {spoken(self.max_size)} here.")
            async with self._free:
                found = await self._converted(files, target, storage)
                told = recorded if storage == "float32" else None
                return await checked(found, target, self._check, told)
        except BaseException:
            await asyncio.to_thread(emptied, target)
            raise

    async def variant(self, files: Mapping[str, Path], target: Path, storage: str) -> Converted:
        """The same of the files of a model that was converted, in less room, and how far it is from that."""
        made = await self.convert(files, target, storage)
        async with self._free:
            made.compared = await compared(files, target, self._check)
        return made

    @property
    def _check(self) -> Check:
        return Check(self.check_timeout, self.memory)

    async def _converted(self, files: Mapping[str, Path], target: Path, storage: str) -> Converted:
        task = Task({name: str(path) for name, path in files.items()}, str(target), self.max_size, storage)
        command = [sys.executable, "-m", "mlabs_ext.service.conversion"]
        question = msgspec.msgpack.encode(task)
        out = await answered(command, question, self.timeout, {**environment(), **NO_PLUGINS})
        if not out:
            self.log.warning(
                "A model %s to be converted", "took too long" if out is None else "broke what was"
            )
            raise Unusable(
                "This file takes too long, or too much memory, to be converted, or it is "
                "damaged. Save the model "
                "again with `model.save('model.keras')`, and upload that.",
                "model_refused",
            )
        answer = msgspec.msgpack.decode(out, type=Answer)
        if answer.made is None:
            raise told(answer.failed)
        return answer.made


def told(failed: Failed | None) -> MLabsError:
    """The error that the process found."""
    if failed is None:
        return Unusable("This model cannot be converted.", "model_refused")
    return KINDS.get(failed.status, Unusable)(failed.message, failed.code, failed.detail)


def emptied(folder: Path) -> None:
    """Leave nothing of what did not become a model."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
