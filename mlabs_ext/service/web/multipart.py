"""Takes forms with files of any size: each file goes into a blob while it comes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from tornado.web import stream_request_body

from mlabs_ext.errors import BadInput, MLabsError, TooLarge, Unusable
from mlabs_ext.service.blobs_writer import Writer
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.model_upload import Stored
from mlabs_ext.service.sizes import spoken
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.files import DAY

# Of what is no file, in bytes; and of parts altogether.
MAX_FIELD, MAX_PARTS = 64 * 1024, 1100


class Form:
    """What has come of a form. `files` are stored already; no row names them yet."""

    def __init__(self, writer: Callable[[], Writer], boundary: str, limit: int):
        self.fields: dict[str, str] = {}
        self.files: list[Stored] = []
        self._parser = PushMultipartParser(
            boundary, max_segment_count=MAX_PARTS, max_header_size=MAX_FIELD // 8, max_header_count=16
        )
        self._new_writer, self._left = writer, limit
        self._part: MultipartSegment | None = None
        self._text = bytearray()
        self._writer: Writer | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; none at the end."""
        try:
            for part in self._parser.parse(chunk):
                if isinstance(part, MultipartSegment):
                    self._begin(part)
                elif part:
                    self._data(part)
                else:
                    self._end()
        except MultipartError as error:
            raise BadInput(f"The form cannot be read: {error}.", "form_invalid") from error

    def close(self) -> None:
        """Let go of a file that did not come to its end."""
        if self._writer is not None:
            self._writer.__exit__()
            self._writer = None

    def _begin(self, part: MultipartSegment) -> None:
        self._part = part
        self._text = bytearray()
        if part.filename is not None:
            self._writer = self._new_writer().__enter__()

    def _data(self, data: bytes | bytearray) -> None:
        if self._writer is None:
            self._text += data
            if len(self._text) > MAX_FIELD:
                raise TooLarge(f"The field {self._name!r:.80} has more than {spoken(MAX_FIELD)}.")
            return
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge("The files are larger together than what is taken here.", "upload_too_large")
        self._writer.write(bytes(data))

    def _end(self) -> None:
        if self._writer is None:
            self.fields[self._name] = self._text.decode("utf-8", "replace")
            return
        # A browser sends an empty file for a field that nothing was chosen for.
        path = (self._part.filename or "").replace("\\", "/") if self._part else ""
        if path:
            self.files.append(Stored(path, self._writer.commit(), self._writer.size))
        self.close()

    @property
    def _name(self) -> str:
        return self._part.name if self._part else ""


@stream_request_body
class FormHandler(BaseHandler):
    """A handler whose POST is a form with files. `expect` raises what is in the way before they come."""

    takes_files = True
    form: Form | None = None
    failure: MLabsError | None = None
    done = False

    def expect(self, size: int) -> None:
        """Raise what keeps `size` bytes from being taken; runs in a thread."""
        raise NotImplementedError

    @property
    def max_files_size(self) -> int:
        """The bytes that all files together may have."""
        raise NotImplementedError

    async def prepare(self) -> None:
        """Refuse what can be refused now; a body that comes all the same is dropped, and then answered."""
        self.request.connection.set_body_timeout(DAY)
        try:
            await super().prepare()
            if self.request.method == "POST":
                await self._begin()
        except MLabsError as failure:
            headers = self.request.headers
            waits = "Expect" in headers and "X-Forwarded-For" not in headers
            if self.request.method != "POST" or waits:
                raise
            self.failure = failure

    async def _begin(self) -> None:
        self.require_user()
        self.costs()
        await self.run(self.expect, int(self.request.headers.get("Content-Length", "0")))
        media, options = parse_options_header(self.request.headers.get("Content-Type", ""))
        if media != "multipart/form-data" or not options.get("boundary"):
            raise Unusable("Send the files as multipart/form-data, in the field `file`.", "form_invalid")
        self.form = Form(self.app.blobs.writer, options["boundary"], self.max_files_size)

    async def data_received(self, chunk: bytes) -> None:
        """Take a piece; the sender waits until it is written. What fails is told at the end."""
        if self.form is not None and self.failure is None:
            await self._feed(self.form, chunk)

    async def _feed(self, form: Form, chunk: bytes) -> None:
        try:
            await self.run(form.feed, chunk)
        except MLabsError as failure:
            self.failure = failure

    async def whole_form(self) -> Form:
        """The form, now that all of it is here."""
        if self.form is not None and self.failure is None:
            await self._feed(self.form, b"")
        if self.failure is not None or self.form is None:
            raise self.failure or BadInput("There is no form.", "form_invalid")
        return self.form

    def given(self, *others: str) -> dict[str, str]:
        """The form's fields, and those of the query but for `others`."""
        query = {
            name: values[-1].decode("utf-8", "replace")
            for name, values in self.request.query_arguments.items()
            if name not in others
        }
        return query | (self.form.fields if self.form else {})

    def form_key(self) -> Key | None:
        """The Idempotency-Key, tied to the fields and to what is in the files."""
        given = self.request.headers.get("Idempotency-Key")
        if given is None or self.form is None:
            return None
        said: list[Any] = [self.request.uri, sorted(self.form.fields.items())]
        said += sorted((file.path, file.digest) for file in self.form.files)
        return Key.checked(given, hashlib.sha256(repr(said).encode()).hexdigest())

    def on_finish(self) -> None:
        """Be done, once; nothing stays of a file that was cut off."""
        if not self.done:
            self.done = True
            super().on_finish()
            if self.form is not None:
                self.app.pool.submit(self.form.close)

    def on_connection_close(self) -> None:
        """The sender has left: nothing of it counts."""
        super().on_connection_close()
        self.on_finish()
