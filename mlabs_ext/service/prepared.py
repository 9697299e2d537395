"""A notebook on its way in: read, cleaned, measured, and safely on disk before any row names it."""

from __future__ import annotations

from dataclasses import dataclass

from mlabs_ext import notebook as notebooks
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.search_text import packed, pieces


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a version needs of a notebook; `size` in bytes, `text` is what is searched of it, if known."""

    digest: str
    code_sha256: str
    cells: int
    size: int
    title: str | None
    runtime: notebooks.Runtime
    text: bytes | None = None


def prepare(blobs: Blobs, notebook: bytes) -> Prepared:
    """Read and store a notebook; BadInput `notebook_invalid` if it is none."""
    node = notebooks.clean(notebooks.parse(notebook))
    data = notebooks.dumps(node)
    return Prepared(
        digest=blobs.put(data),
        code_sha256=notebooks.code_sha256(node),
        cells=len(node.cells),
        size=len(data),
        title=(notebooks.title_of(node) or "").replace("\0", "").strip() or None,
        runtime=notebooks.runtime_of(node),
        text=packed(pieces(node)),
    )
