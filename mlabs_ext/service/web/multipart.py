"""Takes a multipart form apart while it comes: fields stay in memory, files go where they belong at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from mlabs_ext.errors import BadInput, TooLarge, Unusable
from mlabs_ext.service.sizes import spoken

MULTIPART = b"multipart/form-data"
FIELDS_MAX = 1024 * 1024
HEAD_MAX = 16 * 1024

F = TypeVar("F")
F_co = TypeVar("F_co", covariant=True)


class Arriving(Protocol[F_co]):
    """A file on its way in."""

    def write(self, data: memoryview) -> object:
        """Take the next bytes."""

    def commit(self) -> F_co:
        """Keep what came, and say what it is now."""

    def abandon(self) -> None:
        """Let go of it: the rest does not come."""


class Form(Generic[F]):
    """A form on its way in; `feed` is called with each piece of it, by one thread at a time.

    `fields` are its fields, each with all of its values; `files` what `opened` made of those files that are
    here, and `begun` counts all that have begun. `opened` gets the path that the sender gives a file. All
    files together may have `room` bytes.
    """

    def __init__(self, media: str, opened: Callable[[str], Arriving[F]], room: int, max_files: int):
        kind, options = parse_options_header(media)
        if kind != MULTIPART or not options.get(b"boundary"):
            raise BadInput(
                "The body is no form: send multipart/form-data, with the files in the field `file`.",
                "form_invalid",
            )
        self.fields: dict[str, list[str]] = {}
        self.files: list[F] = []
        self.begun = 0
        self._opened, self._room, self._max_files = opened, room, max_files
        self._kept = self._written = 0
        self._file: Arriving[F] | None = None
        self._ended = False
        names = ("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end")
        calls = {f"on_{name}": getattr(self, f"_{name}") for name in (*names, "headers_finished", "end")}
        with _readable():
            # Its type wants these names written out.
            self._parser = MultipartParser(options[b"boundary"], calls)  # type: ignore[arg-type]

    def feed(self, chunk: bytes) -> None:
        """Take the next piece."""
        with _readable():
            self._parser.write(chunk)

    def finish(self) -> None:
        """Be sure that it came to its end."""
        self.close()
        if not self._ended:
            raise BadInput("The form ends in the middle: send it once more.", "form_invalid")

    def close(self) -> None:
        """Let go of the file that did not come to its end, if there is one."""
        file, self._file = self._file, None
        if file is not None:
            file.abandon()

    def _part_begin(self) -> None:
        self._name, self._value = "", bytearray()
        self._field, self._head, self._said = b"", b"", b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._head += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._field += data[start:end]

    def _header_end(self) -> None:
        if self._head.lower() == b"content-disposition":
            self._said = self._field
        self._head = self._field = b""

    def _headers_finished(self) -> None:
        _, said = parse_options_header(self._said)
        self._name = _text(said.get(b"name", b""))
        given = said.get(b"filename")
        # A form whose field for files was left empty sends one without a name.
        if given:
            self._begin(_text(given))

    def _begin(self, path: str) -> None:
        if self.begun >= self._max_files:
            raise TooLarge(f"At most {self._max_files} files are taken at once.", "too_many_files")
        self._file = self._opened(path)
        self.begun += 1

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            self._count(end - start)
            self._value += data[start:end]
            return
        self._written += end - start
        if self._written > self._room:
            raise TooLarge(f"There is room for {spoken(self._room)} here.", "upload_too_large")
        self._file.write(memoryview(data)[start:end])

    def _part_end(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            self.files.append(file.commit())
        elif self._name:
            self.fields.setdefault(self._name, []).append(_text(bytes(self._value)))

    def _end(self) -> None:
        self._ended = True

    def _count(self, more: int) -> None:
        """Fields and heads of parts stay in memory: there is an end to them."""
        self._kept += more
        if self._kept > FIELDS_MAX + HEAD_MAX * (self.begun + 1):
            raise TooLarge("The fields of this form are too long.", "fields_too_large")


@contextmanager
def _readable() -> Iterator[None]:
    """Say in our own words that a form is none."""
    try:
        yield
    except FormParserError as error:
        raise BadInput(f"The form cannot be read: {error}.", "form_invalid") from error


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Unusable("The form is not in UTF-8.", "fields_invalid") from error
