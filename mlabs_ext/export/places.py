"""Where an address lies in a folder of plain files, by names that every system and file server takes."""

from __future__ import annotations

import hashlib
import posixpath
import re
from urllib.parse import quote, unquote

LAB = r"@[^/]+/[a-z0-9-]{1,60}"
RUN = r"[0-9A-Za-z]{1,40}"
PARTS = rf"v/[1-9]\d{{0,8}}|versions|runs|runs/{RUN}|forks|board|comments|comments/{RUN}"
COLLECTION = r"@[^/]+/collections/[a-z0-9-]{1,60}"
PAGE = re.compile(rf"|@[^/]+|{COLLECTION}|{LAB}(/({PARTS}))?|embed/{LAB}")
DOCUMENT = re.compile(rf"render/{LAB}/(v/[1-9]\d{{0,8}}|runs/{RUN})")
NOTEBOOK = re.compile(rf"api/v1/(labs/[^/]+/[a-z0-9-]{{1,60}}/versions/[1-9]\d{{0,8}}|runs/{RUN})/notebook")
METRICS = re.compile(rf"api/v1/runs/{RUN}/metrics")
ASSET = re.compile(rf"assets/[^/]+/[a-z0-9-]{{1,60}}/{RUN}/.+")
FEED = re.compile(rf"(@[^/]+/)?feed\.atom|{LAB}/(versions|runs)\.atom")
# Files that the service shows by themselves, and that others may know by their addresses.
KNOWN = re.compile(rf"badge\.svg|embed\.js|{LAB}/reproduced\.svg|static/.+")

UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|%~#]|^\.|[. ]$')
LONGEST = 180
# What a browser that comes upon such a file does not run, whatever the file server calls it.
INERT = {
    "7z", "arrow", "avif", "bin", "bmp", "bz2", "cfg", "ckpt", "csv", "feather", "flac", "gif", "gz", "h5",
    "hdf5", "ico", "ini", "ipynb", "jl", "joblib", "jpeg", "jpg", "json", "jsonl", "keras", "log", "md",
    "mp3", "mp4", "msgpack", "npy", "npz", "ogg", "onnx", "parquet", "pb", "pdf", "pickle", "pkl", "png",
    "pt", "pth", "py", "r", "safetensors", "sql", "tar", "tex", "tflite", "tgz", "tif", "tiff", "toml",
    "tsv", "txt", "wav", "webm", "webp", "weights", "xz", "yaml", "yml", "zip", "zst",
}  # fmt: skip
PICTURES = frozenset(("avif", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp"))
# What some file servers run wherever it stands in a name.
RUN_BY_SERVERS = re.compile(
    r"\.(?=(?:php\d?|phtml|phar|cgi|fcgi|pl|py|rb|asp|aspx|jsp|shtml)\.)", re.IGNORECASE
)


def file_of(address: str) -> str | None:
    """The file of an address below BASE, without its query; None for what is no part of any export."""
    if PAGE.fullmatch(address):
        return posixpath.join(*map(_segment, address.split("/")), "index.html")
    if DOCUMENT.fullmatch(address):
        return f"{safe_path(address)}.html"
    if NOTEBOOK.fullmatch(address):
        return f"{safe_path(address)}.ipynb"
    if METRICS.fullmatch(address):
        return f"{safe_path(address)}.json"
    if ASSET.fullmatch(address):
        return asset_file(*map(unquote, address.split("/", 4)[1:]))
    return safe_path(address) if KNOWN.fullmatch(address) or FEED.fullmatch(address) else None


def picture_of(address: str) -> str | None:
    """The file of a picture that a page shows; None where its name does not say what kind it is."""
    return safe_path(address) if _ending(address) in PICTURES else None


def asset_file(owner: str, lab: str, which: str, path: str) -> str:
    """The file of an asset. What a browser could run gets another ending: no header keeps it from that."""
    *folders, name = path.split("/")
    # No folder is called like a file, so that none is in another's place.
    parts = [f"{safe(part)}~" if _ending(part) in INERT else safe(part) for part in folders]
    return "/".join(["assets", safe(owner), lab, which, *parts, inert(name)])


def inert(name: str) -> str:
    """The name of a file that no browser runs, and no common file server either."""
    made = safe(name) if _ending(name) in INERT else f"{safe(name)}.bin"
    return RUN_BY_SERVERS.sub("~2E", made)


def safe(name: str) -> str:
    """`name` as one that every file system takes; another name never becomes the same."""
    made = UNSAFE.sub(lambda found: f"~{ord(found[0]):02X}", name)
    if len(made.encode()) <= LONGEST:
        return made
    digest, ending = hashlib.sha256(made.encode()).hexdigest()[:20], _ending(made)
    start = made.encode()[: LONGEST - 60].decode(errors="ignore")
    return f"{start}~{digest}" + (f".{ending}" if 0 < len(ending) <= 12 else "")


def safe_path(address: str) -> str:
    """An address below BASE as a path of files."""
    return "/".join(map(_segment, address.split("/")))


def page_file(file: str, number: int) -> str:
    """The file of a list's further page; no lab and no run can be called so."""
    return file if number == 1 else posixpath.join(posixpath.dirname(file), f"page.{number}", "index.html")


def link(source: str, target: str) -> str:
    """The address of one file as another one writes it, which holds below any path of any server."""
    path = posixpath.relpath(target, posixpath.dirname(source) or ".")
    if posixpath.basename(path) == "index.html":
        path = f"{posixpath.dirname(path) or '.'}/"
    return quote(path, safe="/@~+=,")


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name.lstrip(".") else ""


def _segment(segment: str) -> str:
    return safe(unquote(segment))
