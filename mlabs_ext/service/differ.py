"""Compares and merges notebooks in processes of their own, so that no notebook can hold up the service."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import OrderedDict
from typing import TypeVar

import msgspec
from traitlets import Float, Integer
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import TooLarge, Unusable
from mlabs_ext.notebook import sha256
from mlabs_ext.notebook_differ import MAX_SIZE, TIMEOUT, compared
from mlabs_ext.service.errand import answered
from mlabs_ext.wire.comparisons import Difference
from mlabs_ext.wire.merges import MergeChoice, Merged

T = TypeVar("T")
OTHERWISE = "download them and use nbdime."
KEPT = 32
AT_ONCE = 2


class Differ(LoggingConfigurable):
    """Answers with the difference of two notebooks, and remembers the last few; and with merges of three."""

    timeout = Float(
        TIMEOUT,
        help="""Seconds that the comparison or the merge of notebooks may take.

        Default: 10. Example:

            c.Differ.timeout = 30
        """,
    ).tag(config=True)
    max_size = Integer(
        MAX_SIZE,
        help="""Bytes of two notebooks together above which they are not compared; for the three of a merge it
        is half as much again.

        Default: 20 MiB. Example:

            c.Differ.max_size = 100 * 1024**2
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        self._known: OrderedDict[tuple[str, str, bool], Difference] = OrderedDict()
        self._free = asyncio.Semaphore(AT_ONCE)

    async def difference(self, a: bytes, b: bytes, code_only: bool) -> Difference:
        """What takes one notebook to the other; TooLarge or Unusable where that is too much work."""
        self._check(a, b, what="compared")
        key = await asyncio.to_thread(lambda: (sha256(a), sha256(b), code_only))
        if key not in self._known:
            async with self._free:
                found, _ = await compared(a, b, code_only, self.timeout)
            self._known[key] = self._made(found, "compared", "comparison_failed")
        self._known.move_to_end(key)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return self._known[key]

    async def merge(
        self, base: bytes, mine: bytes, theirs: bytes, choices: dict[str, MergeChoice] | None = None
    ) -> Merged:
        """Mine with what theirs changed since base; TooLarge or Unusable where that is too much work."""
        self._check(base, mine, theirs, what="merged")
        given = base, mine, theirs, msgspec.json.encode(choices or {})
        task = b'{"base":%b,"mine":%b,"theirs":%b,"choices":%b}' % given
        command = sys.executable, "-m", "mlabs_ext.service.merge_worker"
        async with self._free:
            out = await answered(command, task, self.timeout, os.environ, quiet=True)
        found = msgspec.json.decode(out, type=Merged) if out else None
        return self._made(found, "merged", "merge_failed")

    def _check(self, *notebooks: bytes, what: str) -> None:
        if sum(map(len, notebooks)) > self.max_size * len(notebooks) / 2:
            raise TooLarge(f"These notebooks are too large to be {what} here: {OTHERWISE}")

    def _made(self, found: T | None, what: str, code: str) -> T:
        if found is None:
            self.log.warning("Notebooks could not be %s", what)
            raise Unusable(f"These notebooks are too complex to be {what} here: {OTHERWISE}", code)
        return found
