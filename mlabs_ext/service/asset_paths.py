"""What an asset may be called, and which media type its name stands for."""

from __future__ import annotations

import mimetypes
import re
from urllib.parse import unquote

from mlabs_ext.errors import BadInput

MAX_PATH = 500
MAX_PART = 200
CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
# A table of our own: the machine's would make one address another type on another machine.
KNOWN = mimetypes.MimeTypes(filenames=())
MORE = {
    ".bin": "application/octet-stream",
    ".csv": "text/csv",
    ".h5": "application/x-hdf5",
    ".ipynb": "application/x-ipynb+json",
    ".js": "text/javascript",
    ".jsonl": "application/x-ndjson",
    ".keras": "application/zip",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".npy": "application/octet-stream",
    ".parquet": "application/vnd.apache.parquet",
    ".webp": "image/webp",
    ".yaml": "text/plain",
    ".yml": "text/plain",
}
for ending, media in MORE.items():
    KNOWN.add_type(media, ending)
SHOWN = ("image/", "text/plain", "text/csv", "text/markdown", "application/json")


def check_path(path: str) -> str:
    """Return the path if an asset may have it: relative, with `/` between parts; BadInput otherwise."""
    parts = path.split("/")
    wrong = len(path) > MAX_PATH or CONTROL.search(path) or not path.isprintable()
    if wrong or any(part in ("", ".", "..") or len(part) > MAX_PART for part in parts):
        raise BadInput(
            f"{path!r:.100} cannot be the path of a file: write it as model/weights.bin, "
            "without '..', a leading '/' or control characters.",
            "path_invalid",
        )
    return path


def check_sent_path(path: str) -> str:
    """The same of a path that somebody sent: what is written as an address is not to become a path by being
    read as one, however often.
    """
    read = check_path(path)
    while (plain := unquote(read)) != read:
        read = check_path(plain)
    return path


def media_type(path: str) -> str:
    """The media type that a file of this name is served as."""
    media, packed = KNOWN.guess_type(path, strict=True)
    return "application/octet-stream" if packed or media is None else media


def is_shown(media: str) -> bool:
    """Whether a browser may show it, sandboxed; everything else is a download."""
    return media.startswith(SHOWN)
