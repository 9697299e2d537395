"""A rendered notebook as it is kept: the documents that cost nothing to send, and the parts of all others."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

from mlabs_ext.errors import Unavailable, Unusable
from mlabs_ext.service.rendering import document, model
from mlabs_ext.service.rendering.document import Choice
from mlabs_ext.service.rendering.model import About, Assets, Rendered
from mlabs_ext.service.rendering.standalone import standalone

TITLE = "Too complex to show"
MESSAGE = (
    "It takes too long, or too much memory, to show this notebook as a page. It is kept as it was published."
)
LIGHT = Choice(heavy="click")


class Document:
    """A rendered notebook. `page` is the default document, gzipped; it and its ETag cost nothing to send.

    Neither does `light`, the same with posters for heavy outputs, which is empty where none is heavy.
    """

    complete = True
    light = b""

    def __init__(self, name: str, page: bytes, parts: Path, assets: Assets, about: About, light: bytes = b""):
        self._name, self.page, self._parts, self._assets, self.about = name, page, parts, assets, about
        self.light = light
        self.etag = f'"{name}"'

    @property
    def whole(self) -> bool:
        """Whether all choices of it can be made: its parts are on disk, where they may be removed."""
        return self._parts.is_file()

    def ready(self, choice: Choice) -> bytes | None:
        """The gzipped document, where it need not be made."""
        if choice == LIGHT:
            return self.light or self.page
        return None if choice.tag else self.page

    def etag_of(self, choice: Choice) -> str:
        """The ETag of a choice, without making it."""
        if not choice.tag or (choice == LIGHT and not self.light):
            return self.etag
        return f'"{self._name}-{hashlib.sha256(choice.tag.encode()).hexdigest()[:12]}"'

    def html(self, cells: str | None = None, show: str = "all", theme: str = "auto") -> bytes:
        """The document: of all cells or some, all of them or only code or output; BadInput or Unusable."""
        return self.html_of(Choice(cells, show, theme))

    def html_of(self, choice: Choice, download: str | None = None) -> bytes:
        """As `html`; `download` is the notebook's address for those that cannot be shown."""
        if not choice.tag:
            return gzip.decompress(self.page)
        return document.assemble(self._rendered(), self._assets, choice)

    def alone(self, folder: Path) -> bytes:
        """The document as one file with all that it needs of `folder`."""
        return standalone(self._rendered(), folder)

    def _rendered(self) -> Rendered:
        try:
            parts = self._parts.read_bytes()
        except FileNotFoundError as error:
            raise Unavailable("This document is made anew just now: load the page again.") from error
        return model.decode_rendered(zlib.decompress(parts))


class Undrawable(Document):
    """What is shown in place of a notebook that could not be rendered."""

    complete = False
    whole = True

    def __init__(self, name: str, assets: Assets):
        self._name, self._assets, self.about = name, assets, About()
        self.etag = f'"{name}-undrawable"'
        self.page = gzip.compress(document.failure(TITLE, MESSAGE, assets), mtime=0)

    def alone(self, folder: Path) -> bytes:
        """Refused: Unusable."""
        raise Unusable(f"{TITLE}: {MESSAGE} Download it as .ipynb instead.", "too_complex")

    def html_of(self, choice: Choice, download: str | None = None) -> bytes:
        """The reason, and a link to the notebook."""
        return document.failure(TITLE, MESSAGE, self._assets, choice.theme, download)
