"""How whoever has opened a websocket ends it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol


class Connection(Protocol):
    """One of Tornado's, as its client has it."""

    def close(self) -> None:
        """Say that this side ends."""

    def read_message(self) -> Awaitable[str | bytes | None]:
        """What comes next; None once it is closed."""


async def close(connection: Connection) -> None:
    """End it, and wait for the other side (Tornado does for 5 s): nothing is left to a loop that ends."""
    connection.close()
    while await connection.read_message() is not None:
        pass
