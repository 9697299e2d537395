"""Hands files that come in pieces from a browser on to the service, which keeps how far each of them is."""

from __future__ import annotations

import base64

from tornado.httpclient import HTTPResponse

from mlabs_ext.errors import BadInput, TooLarge
from mlabs_ext.lab.client import Client
from mlabs_ext.wire import Upload, UploadStart

# The largest piece: it is held in memory, as a whole, between the browser and the service.
PIECE_MAX = 16 << 20
TUS = {"Tus-Resumable": "1.0.0"}
TIMEOUT = 600.0


class Uploading:
    """Speaks tus 1.0 with the service; nothing of a file stays here."""

    def __init__(self, client: Client):
        self._client = client

    async def begin(self, start: UploadStart) -> Upload:
        """Announce a file. TooLarge or Full where there is no room for all of it."""
        name = base64.b64encode(start.path.encode("utf-8", "surrogatepass")).decode()
        said = {**TUS, "Upload-Length": str(start.size), "Upload-Metadata": f"filename {name}"}
        return self._client.decode(
            await self._client.request("POST", "uploads", b"", headers=said, attempts=1), Upload
        )

    async def look(self, upload: str) -> Upload:
        """How far it is. NotFound where it was given up."""
        return self._client.decode(
            await self._client.request("GET", f"uploads/{upload}", headers=TUS, attempts=1), Upload
        )

    async def send(self, upload: str, offset: str | None, piece: bytes) -> int:
        """Put a piece behind what is there; where the next one goes. Conflict where it goes elsewhere."""
        if offset is None or not offset.isdecimal():
            raise BadInput("The header Upload-Offset says where the piece goes.", "offset_missing")
        if len(piece) > PIECE_MAX:
            raise TooLarge(f"A piece has at most {PIECE_MAX} bytes: send smaller ones.", "piece_too_large")
        said = {**TUS, "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream"}
        answer: HTTPResponse = await self._client.request(
            "PATCH", f"uploads/{upload}", piece, headers=said, timeout=TIMEOUT
        )
        return int(answer.headers["Upload-Offset"])

    async def stop(self, upload: str) -> None:
        """Give it up."""
        await self._client.request("DELETE", f"uploads/{upload}", headers=TUS)
