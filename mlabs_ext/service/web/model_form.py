"""Takes forms with files of any size: each file goes into a blob while it comes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from tornado.web import stream_request_body

from mlabs_ext.errors import BadInput, MLabsError, TooLarge, Unusable
from mlabs_ext.service.blobs_writer import Writer
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.model_upload import MAX_FILES, Stored
from mlabs_ext.service.sizes import spoken
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.files import DAY

MULTIPART = b"multipart/form-data"
# Bytes of all that is no file: fields, and the heads of parts.
MAX_KEPT = 256 * 1024


class Form:
    """A form on its way in; `feed` is called with each piece of it, by one thread at a time.

    `files` are stored when their part ends; no row names them yet.
    """

    def __init__(self, media: str, writer: Callable[[], Writer], limit: int):
        kind, options = parse_options_header(media)
        if kind != MULTIPART or not options.get(b"boundary"):
            raise Unusable("Send the files as multipart/form-data, in the field `file`.", "form_invalid")
        self.fields: dict[str, str] = {}
        self.files: list[Stored] = []
        self._new_writer, self._left, self._kept = writer, limit, 0
        self._writer: Writer | None = None
        self._ended = False
        names = ("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end")
        calls = {f"on_{name}": getattr(self, f"_{name}") for name in (*names, "headers_finished", "end")}
        with readable():
            self._parser = MultipartParser(options[b"boundary"], calls)  # type: ignore[arg-type]

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        with readable():
            self._parser.write(chunk)

    def finish(self) -> None:
        """Be sure that it came to its end."""
        if not self._ended:
            raise BadInput("The form ends in the middle: send it once more.", "form_invalid")

    def close(self) -> None:
        """Let go of a file that did not come to its end."""
        if self._writer is not None:
            self._writer.__exit__()
            self._writer = None

    def _part_begin(self) -> None:
        self._name, self._path, self._text = "", "", bytearray()
        self._head, self._value, self._said = b"", b"", b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._head += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._head.lower() == b"content-disposition":
            self._said = self._value
        self._head = self._value = b""

    def _headers_finished(self) -> None:
        _, said = parse_options_header(self._said)
        self._name = said.get(b"name", b"").decode("utf-8", "replace")
        # A browser sends a file without a name for a field that nothing was chosen for.
        self._path = said.get(b"filename", b"").decode("utf-8", "replace").replace("\\", "/")
        if self._path:
            if len(self.files) >= MAX_FILES:
                raise TooLarge(f"A model has {MAX_FILES} files at most.", "too_many_files")
            self._writer = self._new_writer().__enter__()

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._writer is None:
            self._count(end - start)
            self._text += data[start:end]
            return
        self._left -= end - start
        if self._left < 0:
            raise TooLarge("The files are larger together than what is taken here.", "upload_too_large")
        self._writer.write(data[start:end])

    def _part_end(self) -> None:
        if self._writer is not None:
            self.files.append(Stored(self._path, self._writer.commit(), self._writer.size))
            self.close()
        elif self._name:
            self.fields[self._name] = self._text.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True

    def _count(self, more: int) -> None:
        """Fields and heads of parts stay in memory: there is an end to them."""
        self._kept += more
        if self._kept > MAX_KEPT:
            raise TooLarge(f"The fields of a form have {spoken(MAX_KEPT)} at most.")


@contextmanager
def readable() -> Iterator[None]:
    """Say in our own words that a form is none."""
    try:
        yield
    except FormParserError as error:
        raise BadInput(f"The form cannot be read: {error}.", "form_invalid") from error


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
        media = self.request.headers.get("Content-Type", "")
        self.form = Form(media, self.app.blobs.writer, self.max_files_size)

    async def data_received(self, chunk: bytes) -> None:
        """Take a piece; the sender waits until it is written. What fails is told at the end."""
        if self.form is None or self.failure is not None:
            return
        try:
            await self.run(self.form.feed, chunk)
        except MLabsError as failure:
            self.failure = failure

    async def whole_form(self) -> Form:
        """The form, now that all of it is here."""
        if self.failure is not None or self.form is None:
            raise self.failure or BadInput("There is no form.", "form_invalid")
        self.form.finish()
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
