"""What a notebook is to MLabs: the one place that reads, cleans, writes and digests them, in every room."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
from nbformat import NotebookNode
from nbformat.v4.nbjson import writes

from mlabs_ext.errors import BadInput
from mlabs_ext.notebook_changes import note
from mlabs_ext.notebook_headings import headings, words
from mlabs_ext.notebook_json import load
from mlabs_ext.notebook_repair import upgraded

TITLE_MAX = 200
# Who ran a cell, in which account, from which private file: nothing of this is the reader's business.
PRIVATE_CELL = ("executionInfo", "outputId", "user", "user_tz")
PRIVATE_COLAB = ("authorship_tag", "provenance", "mount_file_id", "last_runtime", "base_uri", "resources")
PRIVATE_NOTEBOOK = ("interpreter", "vscode", "signature", "azdata")
PRIVATE_PAPERMILL = ("environment_variables", "input_path", "output_path")


class Runtime(msgspec.Struct, frozen=True):
    """What a notebook asks for; None where it does not say.

    `data` holds references to datasets here (`ada/penguins@2`); `sources` those of another site
    (`kaggle:dataset/1234`), which need an import. `trainer` is whether it holds a project of the trainer.
    `upstream` is the lab that it is of a fork of, and the version of that which it has taken in.
    """

    environment: str | None = None
    accelerator: str | None = None
    lab: str | None = None
    data: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    trainer: bool = False
    upstream: tuple[str, int] | None = None


def parse(data: bytes) -> NotebookNode:
    """Read a notebook of format 2, 3 or 4 as a valid nbformat 4.5 with unique cell ids.

    Harmless deviations of other tools are repaired. BadInput `notebook_invalid`, with the reason and the
    place, for the rest.
    """
    try:
        return upgraded(load(data))
    except RecursionError as error:
        raise BadInput("This notebook nests too deeply to be read.", "notebook_invalid") from error


def clean(nb: NotebookNode) -> NotebookNode:
    """Take private metadata off, in place: accounts, file ids, paths and variables of where it was run."""
    metadata = nb.metadata
    _drop(metadata, PRIVATE_NOTEBOOK)
    _drop(metadata.get("colab"), PRIVATE_COLAB)
    _drop(metadata.get("papermill"), PRIVATE_PAPERMILL)
    for cell in nb.cells:
        _drop(cell.metadata, PRIVATE_CELL)
        _drop(cell.metadata.get("colab"), PRIVATE_COLAB)
        for output in cell.get("outputs", ()):
            _drop(output.get("metadata"), PRIVATE_CELL)
    return nb


def dumps(nb: NotebookNode) -> bytes:
    """The canonical bytes, as Jupyter itself writes them to disk; these are hashed and stored."""
    return f"{writes(nb)}\n".encode()


def sha256(data: bytes) -> str:
    """The digest that names `data`: `"sha256:<hex>"`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def code_sha256(nb: NotebookNode) -> str:
    """The digest of what would be executed: the sources of the code cells, less empty ones."""
    sources = [cell.source.rstrip() for cell in nb.cells if cell.cell_type == "code" and cell.source.strip()]
    return sha256(json.dumps(sources, ensure_ascii=False).encode())


def title_of(nb: NotebookNode) -> str | None:
    """The first top-level heading as plain text, else the first of any level; at most 200 characters."""
    first = None
    for cell in nb.cells:
        for level, heading in headings(cell.source) if cell.cell_type == "markdown" else ():
            # To read the words takes longest: nobody asks for those of all others.
            if (level == 1 or first is None) and (title := words(heading)[:TITLE_MAX].strip()):
                if level == 1:
                    return title
                first = title
    return first


def runtime_of(nb: NotebookNode) -> Runtime:
    """What the notebook asks for, in MLabs' own words or else Kaggle's or Colab's."""
    own = _object(nb.metadata.get("mlabs"))
    kaggle = _object(nb.metadata.get("kaggle"))
    data = own.get("data")
    accelerator = (
        _text(own.get("accelerator")) or _kaggle_accelerator(kaggle) or _colab_accelerator(nb.metadata)
    )
    return Runtime(
        environment=_text(own.get("environment")),
        accelerator=accelerator,
        lab=_text(own.get("lab")),
        data=tuple(ref for ref in data if _text(ref)) if isinstance(data, list) else (),
        sources=_kaggle_sources(kaggle),
        trainer=isinstance(own.get("trainer"), dict),
        upstream=_upstream(_object(own.get("upstream"))),
    )


def set_runtime(
    nb: NotebookNode,
    *,
    environment: str | None = None,
    accelerator: str | None = None,
    lab: str | None = None,
    data: list[str] | None = None,
) -> NotebookNode:
    """Write the `mlabs` metadata in place; what is None stays as it is."""
    given = {"environment": environment, "accelerator": accelerator, "lab": lab, "data": data}
    own = _object(nb.metadata.get("mlabs")) | {
        key: value for key, value in given.items() if value is not None
    }
    nb.metadata["mlabs"] = own
    return nb


def set_upstream(nb: dict[str, Any], lab: str, version: int) -> None:
    """Note in place which version of its original a fork's notebook has taken in."""
    nb["metadata"]["mlabs"] = _object(nb["metadata"].get("mlabs")) | {
        "upstream": {"lab": lab, "version": version}
    }


def set_source(nb: NotebookNode, url: str) -> NotebookNode:
    """Note in place where a notebook was imported from; it is no lab of anybody's elsewhere any more."""
    forget_lab(nb)
    if url:
        nb.metadata["mlabs"] = _object(nb.metadata.get("mlabs")) | {"source": url}
    return nb


def forget_lab(nb: NotebookNode) -> NotebookNode:
    """Take off in place which lab the notebook belongs to."""
    own = {key: value for key, value in _object(nb.metadata.get("mlabs")).items() if key != "lab"}
    nb.metadata.pop("mlabs", None)
    if own:
        nb.metadata["mlabs"] = own
    return nb


def _drop(metadata: Any, keys: tuple[str, ...]) -> None:
    if isinstance(metadata, dict):
        for key in keys:
            if key in metadata:
                note("private", key)
                del metadata[key]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _upstream(said: dict[str, Any]) -> tuple[str, int] | None:
    lab, version = _text(said.get("lab")), said.get("version")
    if not lab or not isinstance(version, int) or isinstance(version, bool):
        return None
    return (lab, version) if 0 < version < 2**31 else None


def _kaggle_accelerator(kaggle: dict[str, Any]) -> str | None:
    """Its field `accelerator` is the newer one; a TPU is nothing that MLabs has."""
    named = _text(kaggle.get("accelerator")) or ""
    if named.lower().startswith(("gpu", "nvidia")):
        return "gpu"
    if named.lower() == "none":
        return "none"
    enabled = kaggle.get("isGpuEnabled")
    if not isinstance(enabled, bool):
        return None
    return "gpu" if enabled else "none"


def _colab_accelerator(metadata: dict[str, Any]) -> str | None:
    named = metadata.get("accelerator")
    return {"gpu": "gpu", "none": "none"}.get(named.lower()) if isinstance(named, str) else None


def _kaggle_sources(kaggle: dict[str, Any]) -> tuple[str, ...]:
    sources = kaggle.get("dataSources")
    if not isinstance(sources, list):
        return ()
    pairs = ((source.get("sourceType"), source.get("sourceId")) for source in map(_object, sources))
    return tuple(f"kaggle:{kind}/{number}" for kind, number in pairs if kind and number)
