"""Which files of an archive come along with a notebook: those that lie where it lies, or below."""

from __future__ import annotations

from collections.abc import Mapping

from mlabs_ext.errors import BadInput
from mlabs_ext.service.asset_paths import check_path

MAX_FILES = 500
MAX_TOTAL = 200 << 20
# Beside a notebook these are what runs made.
OF_RUNS = ("outputs/", "checkpoint/")


def beside(notebook: str, files: Mapping[str, int]) -> dict[str, str]:
    """The files that come along: paths in the archive, by what they are below the notebook's folder.

    All of them or, where they are too many or too much, none: a notebook with half of its data misleads.
    """
    folder = notebook[: notebook.rfind("/") + 1]
    found = {path.removeprefix(folder): path for path in files if path.startswith(folder)}
    found = {name: path for name, path in found.items() if _fits(name)}
    total = sum(files[path] for path in found.values())
    return found if len(found) <= MAX_FILES and total <= MAX_TOTAL else {}


def _fits(name: str) -> bool:
    try:
        check_path(name)
    except BadInput:
        return False
    return not name.startswith(OF_RUNS)
