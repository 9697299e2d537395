"""What takes files with a form: they go to disk while they come, and are gone if the rest does not."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any, TypeVar

import msgspec

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Forbidden, TooLarge, Unusable
from mlabs_ext.service.staging import Folder
from mlabs_ext.service.web.form_handler import FormHandler
from mlabs_ext.service.web.multipart import Form
from mlabs_ext.service.web.requested import announced

T = TypeVar("T", bound=wire.DataSources)
JSON_MAX = 4 * 1024 * 1024
LISTS = ("tags", "uploads", "paths", "remove")
# Of these, one field may have several: no part of them holds a comma or a space.
WORDS = ("tags", "uploads")
WHICH = "Say which files: send them in fields named `file`, or give `uploads`, `run` or `url`."


class BringingHandler(FormHandler):
    """A handler whose POST may bring files: as a form, or as JSON that names where they are."""

    folder: Folder

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._stack = ExitStack()
        self._json = bytearray()

    async def begin(self) -> None:
        """Make a folder for what comes, where there is room for it."""
        self.require_user()
        size = announced(self.request.headers)
        room = await self.run(self.app.datasets.room, self.viewer, size)
        self.folder = await self.run(self._stack.enter_context, self.app.staging.folder())
        media = self.request.headers.get("Content-Type", "")
        if not media.startswith("application/json"):
            self.form = Form(media, self.folder.opened, room, self.app.datasets.max_files)

    async def take(self, chunk: bytes) -> None:
        """Take a piece of the form, or of the JSON."""
        if self.form is not None:
            await super().take(chunk)
            return
        self._json += chunk
        if len(self._json) > JSON_MAX:
            raise TooLarge(f"The body is over {JSON_MAX} bytes, which is the limit here.")

    async def received(self, shape: type[T]) -> T:
        """Everything is here: the fields in their shape."""
        self.silence.ends()
        if self.failure is not None or self.form is not None:
            return shape_of((await self.whole_form()).fields, shape)
        if self.awaited_xsrf:
            raise Forbidden("This page has expired: reload it and try again.", "xsrf_invalid")
        # The only way to hand it to what reads JSON.
        self.request.body = bytes(self._json)
        return self.body(shape)

    @property
    def came(self) -> list[Any]:
        """The files that the form brought."""
        return self.form.files if self.form else []

    def leave(self) -> None:
        """Let go of the folder as well."""
        super().leave()
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


def is_given(handler: BringingHandler, sources: wire.DataSources, say: str = WHICH) -> None:
    """Raise BadInput, which says so, where nothing says which files are meant."""
    if not (handler.came or sources.uploads or sources.run or sources.url):
        raise BadInput(say, "files_missing")
