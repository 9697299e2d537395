"""Takes a multipart form apart while it comes: fields stay in memory, files go to a folder at once."""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from mlabs_ext.errors import BadInput, TooLarge, Unusable
from mlabs_ext.service.asset_paths import check_path
from mlabs_ext.service.blobs_writer import space_needed
from mlabs_ext.service.sizes import spoken
from mlabs_ext.service.staging import Folder, Staged

MULTIPART = b"multipart/form-data"
FIELDS_MAX = 1024 * 1024
HEAD_MAX = 16 * 1024


class Form:
    """A form on its way in; `feed` is called with each piece of it, by one thread at a time.

    `fields` are its fields, each with all of its values; `files` those of its files that are here.
    """

    def __init__(self, media: str, folder: Folder, room: int, max_files: int):
        kind, options = parse_options_header(media)
        if kind != MULTIPART or not options.get(b"boundary"):
            raise BadInput("The body is no form: send multipart/form-data, or JSON.", "form_invalid")
        self.fields: dict[str, list[str]] = {}
        self.files: list[Staged] = []
        self._folder, self._room, self._max_files = folder, room, max_files
        self._kept = self._written = 0
        self._file: BinaryIO | None = None
        self._ended = False
        names = ("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end")
        calls = {f"on_{name}": getattr(self, f"_{name}") for name in (*names, "headers_finished", "end")}
        try:
            self._parser = MultipartParser(options[b"boundary"], calls)  # type: ignore[arg-type]
        except FormParserError as error:
            raise _invalid(error) from error

    def feed(self, chunk: bytes) -> None:
        """Take the next piece."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _invalid(error) from error

    def finish(self) -> None:
        """Be sure that it came to its end."""
        self.close()
        if not self._ended:
            raise BadInput("The form ends in the middle: send it once more.", "form_invalid")

    def close(self) -> None:
        """Leave the file that is written to, if there is one."""
        if self._file is not None:
            # What was not written is not wanted any more, on a full disk either.
            with suppress(OSError):
                self._file.close()
            self._file = None

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
        check_path(path)
        # What is written as an address is not to become a path by being read as one.
        check_path(unquote(path))
        if len(self.files) >= self._max_files:
            raise TooLarge(f"At most {self._max_files} files are taken at once.", "too_many_files")
        file = self._folder.new()
        with space_needed():
            self._file = file.open("xb")
        self.files.append(Staged(path, file))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            self._count(end - start)
            self._value += data[start:end]
            return
        self._written += end - start
        if self._written > self._room:
            raise TooLarge(f"There is room for {spoken(self._room)} here.", "upload_too_large")
        with space_needed():
            self._file.write(memoryview(data)[start:end])

    def _part_end(self) -> None:
        if self._file is not None:
            with space_needed():
                self._file.close()
            self._file = None
        elif self._name:
            self.fields.setdefault(self._name, []).append(_text(bytes(self._value)))

    def _end(self) -> None:
        self._ended = True

    def _count(self, more: int) -> None:
        """Fields and heads of parts stay in memory: there is an end to them."""
        self._kept += more
        if self._kept > FIELDS_MAX + HEAD_MAX * (len(self.files) + 1):
            raise TooLarge("The fields of this form are too long.", "fields_too_large")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Unusable("The form is not in UTF-8.", "fields_invalid") from error


def _invalid(error: Exception) -> BadInput:
    return BadInput(f"The form cannot be read: {error}.", "form_invalid")
