"""Turns what a person pastes into the address that a notebook is fetched from; asks nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit, urlunsplit

from mlabs_ext.errors import BadInput

MAX_LENGTH = 2000
# One page of a viewer's may hold another's.
WRAPPERS = 4
LINK = re.compile(r"\]\(\s*<?(https?://[^\s)>]+)|<a\b[^>]*\bhref=[\"'](https?://[^\"']+)", re.IGNORECASE)
BARE = re.compile(r"[\w.-]+\.[a-z]{2,}(:\d+)?/\S*", re.IGNORECASE)
GITHUB_FILE = re.compile(r"/([^/]+)/([^/]+)/(?:blob|raw|blame|edit)/(.+)")
GIST = re.compile(r"/(?:[^/]+/)?([0-9a-f]{5,40})(?:/([0-9a-f]{40}))?/?")
VIEWED_GIST = re.compile(r"/gist/((?:[^/]+/)?[0-9a-f]{5,40})(?:/([0-9a-f]{40}))?(?:/([^/]+))?/?")
LAB = re.compile(
    r"(?P<base>(?:/.*)?/services/mlabs/)(?:embed/)?@(?P<owner>[^/]+)/(?P<lab>[a-z0-9-]+)"
    r"(?:/v/(?P<version>\d{1,9})|/runs/(?P<run>[0-9A-Za-z]{26}))?/?"
)
# What lets somebody in is nothing to remember, nor to show.
SECRET = re.compile(r"(?:token|key|secret|sig|signature|password|auth|credential)=", re.IGNORECASE)
NBVIEWER = ("nbviewer.org", "nbviewer.jupyter.org", "nbviewer.ipython.org")
# Badges of these lead to a page that is told in its query where the notebook is.
LAUNCHERS = {"kaggle.com": "src", "deepnote.com": "url"}
# What these show needs an account of theirs.
CLOSED = {
    "drive.google.com": "Google Drive",
    "colab.research.google.com": "Colab",
    "kaggle.com": "Kaggle",
    "deepnote.com": "Deepnote",
}


class Source(NamedTuple):
    """Where a notebook is: `url` is what to fetch, `shown` what people know it by, without any secret.

    With `gist`, `url` answers with a list of the files of a gist; `file` is the one that is meant, if any is.
    """

    url: str
    shown: str
    gist: bool = False
    file: str = ""


def source_of(text: str) -> Source:
    """Where the notebook is that a pasted text names; BadInput `import_address` where that is not clear."""
    url = _link(text.strip())
    for _ in range(WRAPPERS):
        inner = _unwrapped(urlsplit(url))
        if inner is None:
            break
        url = _link(inner)
    parts = urlsplit(url)
    host = _host(parts)
    if host == "gist.github.com" and (found := GIST.fullmatch(parts.path)):
        return _gist(found[1], found[2], url, parts.fragment)
    page = urlunsplit(parts._replace(fragment=""))
    if host in CLOSED:
        raise _refused(
            f"What {CLOSED[host]} shows there can be fetched by nobody else. "
            "Download the notebook there as .ipynb, then upload the file here."
        )
    shown = urlunsplit(parts._replace(fragment="", query="")) if SECRET.search(parts.query) else page
    return Source(_raw(host, parts) or page, shown)


def lab_of(url: str, base: str) -> tuple[str, str] | None:
    """Owner and name of the lab whose page below `base` an address is; None for other addresses."""
    found = LAB.fullmatch(urlsplit(url).path) if url.startswith(base) else None
    return (unquote(found["owner"]), found["lab"]) if found else None


def file_name(url: str) -> str:
    """The name of the file that an address ends in; empty where it ends in a folder."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def fragment_of(name: str) -> str:
    """How the address of a gist's page names a file: `my Notebook.ipynb` is `file-my-notebook-ipynb`."""
    return f"file-{re.sub(r'[^a-z0-9_]+', '-', name.lower()).strip('-')}"


def _link(text: str) -> str:
    """The address in a text: itself, or where a link in Markdown or HTML leads."""
    if len(text) > MAX_LENGTH:
        raise _refused(f"It is longer than {MAX_LENGTH} characters.")
    # A badge is an image in a link: the link comes last in Markdown.
    links = [markdown or html for markdown, html in LINK.findall(text)]
    found = links[-1].replace("&amp;", "&") if links else text.strip("<> \t\r\n")
    if BARE.fullmatch(found):
        found = f"https://{found}"
    try:
        parts = urlsplit(found)
    except ValueError as error:
        raise _refused("It is not a complete address.") from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _refused("Write it as https://example.org/notebook.ipynb, or paste the link of a badge.")
    return found


def _unwrapped(parts: SplitResult) -> str | None:
    """The address of what a viewer or launcher shows; None for what is no such page."""
    host, path = _host(parts), parts.path
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if host in ("colab.research.google.com", *NBVIEWER):
        return _viewed(parts, host in NBVIEWER)
    if host in LAUNCHERS:
        return query.get(LAUNCHERS[host])
    if path.endswith("/services/mlabs/import"):
        return query.get("url")
    if host == "mybinder.org" and (found := re.fullmatch(r"/v2/gh/([^/]+)/([^/]+)/([^/]+)/?", path)):
        file = query.get("labpath") or query.get("filepath") or query.get("urlpath", "").partition("tree/")[2]
        return f"https://github.com/{found[1]}/{found[2]}/blob/{found[3]}/{quote(file)}" if file else None
    return None


def _viewed(parts: SplitResult, nbviewer: bool) -> str | None:
    if parts.path.startswith("/github/"):
        return f"https://github.com{parts.path.removeprefix('/github')}"
    if found := VIEWED_GIST.fullmatch(parts.path):
        revision = f"/{found[2]}" if found[2] else ""
        return f"https://gist.github.com/{found[1]}{revision}" + (
            f"#{fragment_of(unquote(found[3]))}" if found[3] else ""
        )
    if nbviewer and (found := re.fullmatch(r"/url(s?)/(.+)", parts.path)):
        query = f"?{parts.query}" if parts.query else ""
        return f"http{found[1]}://{found[2]}{query}"
    return None


def _raw(host: str, parts: SplitResult) -> str | None:
    """Where the file itself is that a page shows; None for what is no such page."""
    if host == "github.com":
        found = GITHUB_FILE.fullmatch(parts.path)
        if not found:
            raise _refused("That is not a file on GitHub. Open the notebook there, and copy its address.")
        return f"https://raw.githubusercontent.com/{found[1]}/{found[2]}/{found[3]}"
    if found := LAB.fullmatch(parts.path):
        return _of_lab(parts, found)
    rules: list[tuple[bool, Callable[[str], str]]] = [
        ("/-/blob/" in parts.path, lambda path: path.replace("/-/blob/", "/-/raw/", 1)),
        (host == "huggingface.co", lambda path: path.replace("/blob/", "/resolve/", 1)),
    ]
    for applies, change in rules:
        if applies:
            return urlunsplit(parts._replace(path=change(parts.path), query="", fragment=""))
    return None


def _of_lab(parts: SplitResult, lab: re.Match[str]) -> str:
    """The notebook of a lab of an MLabs: its latest version, another one, or what a run executed."""
    asked = parse_qs(parts.query)
    version = lab["version"] or asked.get("v", ["latest"])[0]
    run = lab["run"] or asked.get("run", [""])[0]
    place = f"labs/{lab['owner']}/{lab['lab']}/versions/{quote(version, safe='')}"
    path = f"runs/{quote(run, safe='')}" if run else place
    return urlunsplit((parts.scheme, parts.netloc, f"{lab['base']}api/v1/{path}/notebook", "", ""))


def _gist(number: str, revision: str | None, url: str, fragment: str) -> Source:
    api = f"https://api.github.com/gists/{number}" + (f"/{revision}" if revision else "")
    return Source(api, url, gist=True, file=fragment)


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").removeprefix("www.")


def _refused(reason: str) -> BadInput:
    return BadInput(f"No notebook can be fetched from this address. {reason}", "import_address")
