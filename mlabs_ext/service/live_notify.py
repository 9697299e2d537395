"""Hears from PostgreSQL what any service on the same database has changed, and who watches there."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import make_url

from mlabs_ext.service.live_feed import WATCHING
from mlabs_ext.service.store import CHANGED, NOTICED

if TYPE_CHECKING:
    from psycopg import AsyncConnection

LONGEST_PAUSE = 5.0
# Seconds between two questions whether it still is one, and after which an answer no longer counts.
ASK, STALE = 1.0, 3.0
log = logging.getLogger("mlabs.live")


class Listener:
    """One connection that listens, made anew whenever it is lost.

    `changed` gets what was changed, or None after a time in which something may have been missed.
    """

    def __init__(self, url: str, changed: Callable[[set[str] | None], None], counted: Callable[[str], None]):
        self.address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self.changed = changed
        self.counted = counted
        self.connected = False
        self._answered = 0.0

    def hears(self) -> bool:
        """Whether the connection was one a moment ago."""
        return self.connected and time.monotonic() - self._answered < STALE

    async def run(self) -> None:
        """Listen until cancelled. Without a driver for it, `connected` stays false."""
        try:
            # Installed with PostgreSQL only.
            import psycopg
            from psycopg.conninfo import make_conninfo
        except ImportError:
            log.warning("Without the package psycopg, watchers of runs see what is new once a second.")
            return
        address, pause = make_conninfo(self.address, **NOTICED), 0.1
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(address, autocommit=True)
                async with connection:
                    pause = 0.1
                    await self._listen(connection)
            except (psycopg.Error, OSError) as error:
                log.warning("News from the database are interrupted: %s", error)
            finally:
                self.connected = False
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _listen(self, connection: AsyncConnection[Any]) -> None:
        for channel in (CHANGED, WATCHING):
            await connection.execute(f"LISTEN {channel}")
        self.changed(None)
        self._answered, self.connected = time.monotonic(), True
        while True:
            async for note in connection.notifies(timeout=ASK):
                if note.channel == WATCHING:
                    self.counted(note.payload)
                else:
                    self.changed({note.payload})
            asked = time.monotonic()
            async with asyncio.timeout(STALE):
                await connection.execute("SELECT 1")
            self._answered = asked
