"""Compares notebooks in a process of their own, so that no notebook can hold up the service."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from traitlets import Float, Integer
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import TooLarge, Unusable
from mlabs_ext.notebook import sha256
from mlabs_ext.notebook_differ import MAX_SIZE, TIMEOUT, compared
from mlabs_ext.wire.comparisons import Difference

KEPT = 32
AT_ONCE = 2


class Differ(LoggingConfigurable):
    """Answers with the difference of two notebooks, and remembers the last few."""

    timeout = Float(
        TIMEOUT,
        help="""Seconds that the comparison of two notebooks may take.

        Default: 10. Example:

            c.Differ.timeout = 30
        """,
    ).tag(config=True)
    max_size = Integer(
        MAX_SIZE,
        help="""Bytes of two notebooks together above which they are not compared.

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
        if len(a) + len(b) > self.max_size:
            raise TooLarge("These notebooks are too large to be compared here: download both and use nbdime.")
        key = await asyncio.to_thread(lambda: (sha256(a), sha256(b), code_only))
        if key not in self._known:
            async with self._free:
                self._known[key] = await self._made(a, b, code_only)
        self._known.move_to_end(key)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return self._known[key]

    async def _made(self, a: bytes, b: bytes, code_only: bool) -> Difference:
        found, status = await compared(a, b, code_only, self.timeout)
        if found is None:
            self.log.warning("Two notebooks could not be compared: status %s", status)
            reason = "These notebooks are too complex to be compared here: download both and use nbdime."
            raise Unusable(reason, "comparison_failed")
        return found
