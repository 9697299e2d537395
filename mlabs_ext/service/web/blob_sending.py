"""Sends blobs of any size, as fast as they are taken."""

from __future__ import annotations

import asyncio

from tornado.iostream import StreamClosedError

from mlabs_ext.service.pieces import Pieces
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.requested import connection_of


class BlobHandler(BaseHandler):
    """Answers with a blob."""

    async def send_blob(self, digest: str) -> None:
        """Send all of it, for who may have it by its digest."""
        size = await self.run(self.app.blobs.size, digest)
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", "attachment")
        self.set_header("Content-Length", str(size))
        if self.request.method != "HEAD":
            with await self.run(self.app.blobs.pieces, digest, 0, size) as pieces:
                await self.send_blob_pieces(pieces)

    async def send_blob_pieces(self, pieces: Pieces) -> None:
        """Send a part of one. What fails at its first piece is still answered with an error."""
        try:
            piece = await self._next(pieces)
            await self.flush()
            connection = connection_of(self.request)
            while piece:
                # `self.write` would take copies only; the connection's stream takes more than its type says.
                await connection.write(piece)  # type: ignore[arg-type]
                # Who takes it as fast as it comes would let nobody else have a turn.
                await asyncio.sleep(0)
                piece = await self._next(pieces)
        except StreamClosedError:
            """Who has left needs no more of it."""

    async def _next(self, pieces: Pieces) -> memoryview | None:
        """A thread reads what would have to be waited for."""
        return (pieces.at_once() or await self.run(pieces.wait)) if pieces.left else None
