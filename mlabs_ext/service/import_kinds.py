"""Which kinds of files can be imported, told by the ends of their names."""

from __future__ import annotations

from pathlib import PurePosixPath

NOTEBOOK = ".ipynb"
ARCHIVE = ".zip"
# The ends of names as Jupytext writes them, by what they are in lower case.
SCRIPTS = {
    ".py": ".py",
    ".r": ".R",
    ".jl": ".jl",
    ".md": ".md",
    ".markdown": ".md",
    ".rmd": ".Rmd",
}
# With members, and without.
ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def suffix_of(name: str) -> str:
    """The end of a file's name, in lower case, with its dot."""
    return PurePosixPath(name).suffix.lower()


def kind_of(name: str, data: bytes) -> str:
    """What a file is: ARCHIVE, NOTEBOOK, or an end of a script's name; its content counts before its name."""
    if data.startswith(ZIP):
        return ARCHIVE
    suffix = suffix_of(name)
    # What is served as `…/raw` or `…?id=3` has no name to go by.
    return suffix if suffix in SCRIPTS and not data.lstrip().startswith(b"{") else NOTEBOOK
