"""What takes files with a form: they go to disk while they come, and are gone if the rest does not."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any, TypeVar

import msgspec
from tornado.web import stream_request_body

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Forbidden, MLabsError, TooLarge, Unusable
from mlabs_ext.service.staging import Folder
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.multipart import Form
from mlabs_ext.service.web.silence import Silence

T = TypeVar("T", bound=wire.DataSources)
DAY = 86400
JSON_MAX = 4 * 1024 * 1024
LISTS = ("tags", "uploads", "paths", "remove")
# Of these, one field may have several: no part of them holds a comma or a space.
WORDS = ("tags", "uploads")


@stream_request_body
class BringingHandler(BaseHandler):
    """A handler whose POST may bring files: as a form, or as JSON that names where they are.

    A browser's form says in its first field that it is one of ours; no file is taken before that.
    """

    takes_files = True
    form: Form | None = None
    failure: MLabsError | None = None
    folder: Folder
    awaited_xsrf = False
    done = False

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._stack = ExitStack()
        self._json = bytearray()
        self.silence = Silence(self)

    async def prepare(self) -> None:
        """Refuse what can be refused now. Who sends at once gets the reason at the end of the body."""
        self.request.connection.set_body_timeout(DAY)
        try:
            await super().prepare()
            if self.request.method == "POST":
                await self.begin()
                self.silence.begins()
        except MLabsError as failure:
            headers = self.request.headers
            waits = "Expect" in headers and "X-Forwarded-For" not in headers
            if self.request.method != "POST" or waits:
                raise
            self.failure = failure

    async def begin(self) -> None:
        """Make a folder for what comes, where there is room for it."""
        self.require_user()
        size = int(self.request.headers.get("Content-Length", "0"))
        room = await self.run(self.app.datasets.room, self.viewer, size)
        self.folder = await self.run(self._stack.enter_context, self.app.staging.folder())
        media = self.request.headers.get("Content-Type", "")
        if not media.startswith("application/json"):
            self.form = Form(media, self.folder, room, self.app.datasets.max_files)

    def _check_xsrf(self) -> None:
        """A form without the header has a field for it, which comes with the body."""
        if "X-Xsrftoken" in self.request.headers or "_xsrf" in self.request.arguments:
            super()._check_xsrf()
        else:
            self.awaited_xsrf = True

    def check_xsrf_cookie(self) -> None:
        """JupyterHub asks for it as well, before it says whose session it is."""
        if not self.awaited_xsrf:
            super().check_xsrf_cookie()

    async def data_received(self, chunk: bytes) -> None:
        """Write a piece; the sender waits until it is written. What fails is told at the end."""
        self.silence.ends()
        if self.failure is None:
            await self.take(chunk)
        self.silence.begins()

    async def take(self, chunk: bytes) -> None:
        """Put a piece where it belongs."""
        try:
            if self.form is None:
                self._take_json(chunk)
            else:
                await self.run(self.form.feed, chunk)
                self._check_form()
        except MLabsError as failure:
            self.failure = failure

    def _take_json(self, chunk: bytes) -> None:
        self._json += chunk
        if len(self._json) > JSON_MAX:
            raise TooLarge(f"The body is over {JSON_MAX} bytes, which is the limit here.")

    def _check_form(self, ended: bool = False) -> None:
        """Go on only with a form of our own pages, where a browser's session sends it."""
        if not self.awaited_xsrf or self.form is None:
            return
        given = self.form.fields.get("_xsrf")
        if given:
            self.request.arguments["_xsrf"] = [given[0].encode()]
            self.awaited_xsrf = False
            super()._check_xsrf()
        elif ended or self.form.files:
            raise Forbidden("This page has expired: reload it and try again.", "xsrf_invalid")

    async def received(self, shape: type[T]) -> T:
        """Everything is here: the fields in their shape."""
        self.silence.ends()
        if self.failure is not None:
            raise self.failure
        if self.form is None:
            if self.awaited_xsrf:
                raise Forbidden("This page has expired: reload it and try again.", "xsrf_invalid")
            # The only way to hand it to what reads JSON.
            self.request.body = bytes(self._json)
            return self.body(shape)
        self._check_form(ended=True)
        await self.run(self.form.finish)
        return shape_of(self.form.fields, shape)

    @property
    def came(self) -> list:
        """The files that the form brought."""
        return self.form.files if self.form else []

    def on_finish(self) -> None:
        """Be done, once; what was not kept is gone."""
        if not self.done:
            self.done = True
            self.silence.ends()
            super().on_finish()
            self.app.pool.submit(self._leave)

    def on_connection_close(self) -> None:
        """The sender has left: nothing of it counts."""
        super().on_connection_close()
        self.on_finish()

    def _leave(self) -> None:
        if self.form is not None:
            self.form.close()
        self._stack.close()


def shape_of(fields: dict[str, list[str]], shape: type[T]) -> T:
    """A form's fields as a wire shape: empty ones are not given, lists are repeated."""
    known = {field.name for field in msgspec.structs.fields(shape)}
    given: dict[str, Any] = {}
    for name, values in fields.items():
        texts = [value for value in values if value.strip()]
        if name in WORDS:
            texts = [word for value in texts for word in re.split(r"[,\s]+", value) if word]
        if name in known and texts:
            given[name] = texts if name in LISTS else texts[-1]
    unknown = fields.keys() - known - {"_xsrf", "key", "next", "file"}
    if unknown:
        raise Unusable(f"There is no field {min(unknown)!r:.80}.", "fields_invalid")
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise Unusable(f"The fields do not fit: {error}.", "fields_invalid") from error


def is_given(handler: BringingHandler, sources: wire.DataSources) -> None:
    """Raise BadInput where nothing says which files are meant."""
    if not (handler.came or sources.uploads or sources.run or sources.url):
        raise BadInput(
            "Say which files: send them in fields named `file`, or give `uploads`, `run` or `url`.",
            "files_missing",
        )
