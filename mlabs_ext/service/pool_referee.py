"""The referee: TensorFlow.js on Node.js in a process that lasts, which looks at one result after the other.

It is asked and answers by lines of JSON. It may read and write a folder of its own, and start nothing; one
that takes too long is ended, and the next question starts another.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from traitlets import Float, Integer
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import Unavailable, Unusable
from mlabs_ext.service import errand
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.model_check import NODE
from mlabs_ext.service.pool_verdicts import Judged, Question
from mlabs_ext.service.render_pool import environment

SCRIPT = Path(__file__).parent / "static" / "build" / "node" / "referee.mjs"
HEAP = 1 << 30
LINE = 1 << 20
# Blocks of rows that stay at hand.
KEPT = 8


class Referee(LoggingConfigurable):
    """Judges checkpoints, and does slices itself."""

    judge_seconds = Float(
        60.0,
        help="""Seconds that the referee may take to look at one result of the community pool.

        Default: 60. Example:

            c.Referee.judge_seconds = 20
        """,
    ).tag(config=True)
    slice_seconds = Float(
        600.0,
        help="""Seconds that the referee may take to do a slice itself, where two workers differ.

        Default: 600. Example:

            c.Referee.slice_seconds = 120
        """,
    ).tag(config=True)
    memory = Integer(
        4 << 30,
        help="""Bytes of memory that the referee may use.

        Default: 4 GiB. Example:

            c.Referee.memory = 2 * 1024**3
        """,
    ).tag(config=True)
    script = SCRIPT

    def __init__(self, blobs: Blobs, **kwargs: object):
        super().__init__(**kwargs)
        self.blobs = blobs
        self._process: Process | None = None
        self._folder: Path | None = None
        self._rows: OrderedDict[str, Path] = OrderedDict()
        self._asked = 0
        self._turn = asyncio.Lock()

    async def judge(self, asked: Question) -> Judged:
        """Score a checkpoint; Unusable `referee_failed` where that cannot be done."""
        async with self._turn:
            folder = self._ready()
            checkpoint = folder / "checkpoint"
            await asyncio.to_thread(self._copy, asked.blob, checkpoint)
            said = await self._answer(
                {
                    "ask": "judge",
                    "spec": msgspec.to_builtins(asked.spec),
                    "checkpoint": str(checkpoint),
                    "held_out": str(await self._block(asked.held_out)),
                    "train": str(await self._block(asked.train)),
                },
                self.judge_seconds,
            )
        try:
            return Judged(said["held_out"]["loss"], said["held_out"]["score"], said["claim"]["loss"])
        except (KeyError, TypeError) as error:
            raise _failed("its answer lacks what was asked for") from error

    async def slice(self, asked: Question, out: Path, backend: str = "", shaken: int = 0) -> None:
        """Do a slice, on this backend or on the fastest there is, and write the checkpoint to `out`; with
        `shaken` begin with weights that are changed by about what rounding is.
        """
        async with self._turn:
            folder = self._ready()
            start, made = folder / "start", folder / "made"
            if asked.start:
                await asyncio.to_thread(self._copy, asked.start, start)
            question = {"ask": "slice", "spec": msgspec.to_builtins(asked.spec), "out": str(made)}
            question |= {"start": str(start) if asked.start else None, "from": asked.before, "to": asked.to}
            question["train"] = str(await self._block(asked.train))
            if backend:
                question["backend"] = backend
            if shaken:
                question["shaken"] = shaken
            await self._answer(question, self.slice_seconds)
            if not made.is_file():
                raise _failed("it wrote nothing")
            await asyncio.to_thread(shutil.move, made, out)

    def _ready(self) -> Path:
        if not self.script.is_file():
            raise Unavailable(
                "This MLabs has no UI, and so no TensorFlow.js: run python ui/build.py.", "ui_absent"
            )
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="mlabs-referee-")).resolve()
        return self._folder

    def _copy(self, digest: str | None, target: Path) -> None:
        """Put a blob where the referee may read; it could not be kept from writing to the blob itself."""
        with self.blobs.open(digest or "") as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)

    async def _block(self, digest: str) -> Path:
        """The rows of this digest, where the referee may read them."""
        assert self._folder is not None
        if digest not in self._rows:
            path = self._folder / digest.removeprefix("sha256:")
            await asyncio.to_thread(self._copy, digest, path)
            self._rows[digest] = path
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)[1].unlink(missing_ok=True)
        self._rows.move_to_end(digest)
        return self._rows[digest]

    async def _answer(self, question: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to a question. A referee that is late, or ends, is replaced by the next question."""
        self._asked += 1
        try:
            async with asyncio.timeout(seconds):
                process = await self._running()
                assert process.stdin is not None and process.stdout is not None
                process.stdin.write(msgspec.json.encode({"id": self._asked, **question}) + b"\n")
                await process.stdin.drain()
                said = msgspec.json.decode(await process.stdout.readline(), type=dict[str, Any])
        except TimeoutError as error:
            await self._end()
            raise _failed(f"it took longer than {seconds:g} s") from error
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            await self._end()
            raise _failed("it ended, or said what cannot be read") from error
        except asyncio.CancelledError:
            await self._end()
            raise
        if said.get("id") != self._asked:
            await self._end()
            raise _failed("it answered something else")
        if "error" in said:
            raise _failed(str(said["error"])[:300])
        return said

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            allowed = [f"--allow-fs-read={self.script.parent}/*", f"--allow-fs-read={self._folder}/*"]
            allowed.append(f"--allow-fs-write={self._folder}/*")
            command = [str(NODE), "--permission", *allowed, f"--max-old-space-size={HEAP >> 20}"]
            self._process = await asyncio.create_subprocess_exec(
                *command,
                str(self.script),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                start_new_session=True,
                env=environment(),
                limit=LINE,
            )
            errand.limit(self._process, self.memory)
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await errand.end(process)

    async def close(self) -> None:
        """End the process, and leave nothing of its folder."""
        await self._end()
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, True)
            self._folder = None
            self._rows.clear()


def _failed(why: str) -> Unusable:
    return Unusable(f"The referee could not do it: {why}.", "referee_failed")
