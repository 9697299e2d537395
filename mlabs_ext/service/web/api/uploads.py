"""Uploads in pieces over REST, by the tus protocol 1.0: creation, termination and expiration."""

from __future__ import annotations

import base64
import binascii
from contextlib import ExitStack
from email.utils import format_datetime
from typing import Any

from tornado.web import stream_request_body

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Conflict, MLabsError, Stale, TooLarge
from mlabs_ext.service.staging import Piece
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.failures import Failure
from mlabs_ext.service.web.files import DAY
from mlabs_ext.service.web.operations import Parameter, Route, operation
from mlabs_ext.service.web.requested import network_of
from mlabs_ext.service.web.silence import Silence

TUS = "1.0.0"
EXTENSIONS = "creation,expiration,termination"
PIECE_TYPE = "application/offset+octet-stream"


NUMBER = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
SPEAKS = {"Tus-Resumable": Parameter("The version of the protocol.", {"type": "string", "const": TUS}, True)}
BEGINS = {
    **SPEAKS,
    "Upload-Length": Parameter("The file's size in bytes.", NUMBER, True),
    "Upload-Metadata": Parameter("`filename` and the file's path in base64.", required=True),
}
GOES_ON = {
    **SPEAKS,
    "Upload-Offset": Parameter("Where the bytes go: behind those that are here.", NUMBER, True),
}


class WrongType(MLabsError):
    """A body of another type than the protocol has."""

    status, code = 415, "media_type_unsupported"


class TusHandler(BaseHandler):
    """What all calls of the protocol share: its version, both ways."""

    def set_default_headers(self) -> None:
        """Say which version this is, with errors too."""
        super().set_default_headers()
        self.set_header("Tus-Resumable", TUS)

    async def prepare(self) -> None:
        """Refuse other versions before anything is done."""
        await super().prepare()
        self.set_header("Cache-Control", "no-store")
        if self.request.method in self._verbs() and self.request.method not in ("OPTIONS", "GET"):
            self.check_version()

    def check_version(self) -> None:
        """Raise Stale, which answers 412, for what speaks another version."""
        if self.request.headers.get("Tus-Resumable") != TUS:
            raise Stale(f"Uploads speak tus {TUS}: send the header Tus-Resumable: {TUS}.", "tus_version")

    def write_failure(self, failure: Failure) -> None:
        """Say which version would do, where it was that."""
        if failure.status == Stale.status:
            self.set_header("Tus-Version", TUS)
        super().write_failure(failure)

    async def options(self, *path: str) -> None:
        """Say what is understood."""
        self.set_header("Tus-Version", TUS)
        self.set_header("Tus-Extension", EXTENSIONS)
        self.set_header("Tus-Max-Size", str(self.app.uploads.max_size))
        self.set_status(204)

    def tell(self, upload: wire.Upload) -> None:
        """How far it is, in the protocol's headers."""
        self.set_header("Upload-Offset", str(upload.offset))
        if upload.offset < upload.size:
            self.set_header("Upload-Expires", format_datetime(upload.expires, usegmt=True))

    def whole(self, header: str) -> int:
        """A header's number; BadInput where it has none."""
        text = self.request.headers.get(header, "")
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadInput(f"The header {header} needs a whole number.", "header_invalid")
        return int(text)


class UploadsHandler(TusHandler):
    """All uploads."""

    @operation(
        "Begin an upload in pieces, by the tus protocol 1.0; `filename` of Upload-Metadata is its path",
        headers=BEGINS,
        answer=wire.Upload,
        status=201,
        access="write",
    )
    async def post(self) -> None:
        """Begin."""
        self.require_user()
        size, path = self.whole("Upload-Length"), filename(self.request.headers.get("Upload-Metadata", ""))
        made = await self.run(self.app.uploads.begin, self.viewer, path, size)
        self.tell(made)
        self.answer(made, 201, location=made.url)


@stream_request_body
class UploadHandler(TusHandler):
    """One upload."""

    takes_files = True
    piece: Piece | None = None
    failure: MLabsError | None = None
    size = 0
    done = False

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._stack = ExitStack()
        self.silence = Silence(self)

    async def prepare(self) -> None:
        """Refuse what can be refused now; who sends at once gets the reason at the end of the piece."""
        network_of(self.request).set_body_timeout(DAY)
        try:
            await super().prepare()
            if self.request.method == "PATCH":
                await self.begin(self.path_args[0])
                self.silence.begins()
        except MLabsError as failure:
            if self.request.method != "PATCH":
                raise
            self.failure = failure

    async def begin(self, upload: str) -> None:
        """Be at the place where the next bytes go."""
        self.require_user()
        if self.request.headers.get("Content-Type", "") != PIECE_TYPE:
            raise WrongType(f"A piece of a file is of the type {PIECE_TYPE}.")
        offset = self.whole("Upload-Offset")
        found = await self.run(self.app.uploads.came, self.viewer, upload)
        self.size = found.size
        self.piece = piece = await self.run(self._stack.enter_context, self.app.staging.appending(upload))
        if piece.offset != offset:
            raise Conflict(
                f"{piece.offset} bytes are here: go on from there.",
                "offset_mismatch",
                {"offset": piece.offset},
            )

    async def data_received(self, chunk: bytes) -> None:
        """Write a piece; the sender waits until it is written. What fails is told at the end."""
        self.silence.ends()
        if self.failure is None and self.piece is not None:
            await self.take(self.piece, chunk)
        self.silence.begins()

    async def take(self, piece: Piece, chunk: bytes) -> None:
        """Put a piece behind what is there."""
        try:
            if piece.offset + len(chunk) > self.size:
                raise TooLarge(f"The file was announced with {self.size} bytes.", "upload_too_long")
            await self.run(piece.write, chunk)
        except MLabsError as failure:
            self.failure = failure

    @operation("How far an upload is, as JSON", answer=wire.Upload, access="read")
    async def get(self, upload: str) -> None:
        """Read."""
        self.require_user()
        found = await self.run(self.app.uploads.get, self.viewer, upload)
        self.tell(found)
        self.answer(found)

    async def head(self, upload: str) -> None:
        """Read, as the protocol asks."""
        self.require_user()
        found = await self.run(self.app.uploads.get, self.viewer, upload)
        self.tell(found)
        self.set_header("Upload-Length", str(found.size))

    @operation(
        "Send more of a file, from Upload-Offset on",
        takes=PIECE_TYPE,
        headers=GOES_ON,
        status=204,
        access="write",
    )
    async def patch(self, upload: str) -> None:
        """Keep what came."""
        self.silence.ends()
        if self.failure is not None:
            raise self.failure
        # What did not fail has begun.
        assert self.piece is not None
        await self.run(self.piece.sync)
        self.tell(await self.run(self.app.uploads.came, self.viewer, upload))
        self.set_status(204)

    @operation("Give an upload up", headers=SPEAKS, status=204, access="write")
    async def delete(self, upload: str) -> None:
        """Stop."""
        self.require_user()
        await self.run(self.app.uploads.stop, self.viewer, upload)
        self.set_status(204)

    def on_finish(self) -> None:
        """Be done, once; what came stays for the next request."""
        if not self.done:
            self.done = True
            self.silence.close()
            super().on_finish()
            self.app.pool.submit(self._stack.close)

    def on_connection_close(self) -> None:
        """The sender has left: it goes on by another request."""
        super().on_connection_close()
        self.on_finish()


def filename(metadata: str) -> str:
    """The path that a file is to have, of the protocol's metadata: `filename` and its value in base64."""
    for pair in metadata.split(","):
        name, _, value = pair.strip().partition(" ")
        if name == "filename":
            try:
                return base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise BadInput(f"Upload-Metadata cannot be read: {error}.", "header_invalid") from error
    raise BadInput("Upload-Metadata needs a `filename`: the file's path, in base64.", "header_invalid")


CALLS = [
    Route("/uploads", UploadsHandler),
    Route("/uploads/{upload}", UploadHandler),
]
