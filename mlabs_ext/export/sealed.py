"""Walls a rendered notebook in as well as a file can: the response headers that did it are gone."""

from __future__ import annotations

import base64
import re

from mlabs_ext.export.page import policy, quoted
from mlabs_ext.export.places import link

FIRST = '<meta charset="utf-8">'
# A frame with `sandbox` has an origin of its own, "null". Anywhere else the author's scripts would have that
# of the site: they are all refused then, by a policy that no script can take back.
ALONE = (
    '<script>if(self.origin!=="null"){const m=document.createElement("meta");'
    'm.httpEquiv="Content-Security-Policy";m.content="script-src \'none\'";document.head.append(m)}</script>'
)
FONT = re.compile(r"url\([\"']?(?:\./)?([\w.-]+\.woff2)[\"']?\)")


STATIC = re.compile(r"https?://\S+/static/render/")
# Where a notebook cannot be shown; the page around it has a download that works.
DOWNLOAD = re.compile(
    r'(<main class="notebook failure">.*)<p><a href="[^"]*" download>[^<]*</a></p>', re.DOTALL
)


def sealed(document: str, header: str, file: str, script: str) -> bytes:
    """The document under the policy `header` that it came with; `script` is the file that heeds its query."""
    own = quoted(STATIC.sub("'self'", policy(header)))
    document = DOWNLOAD.sub(r"\1", document)
    head = f'{FIRST}\n<meta http-equiv="Content-Security-Policy" content="{own}">\n{ALONE}'
    if script:
        head += f'\n<script src="{link(file, script)}"></script>'
    before, found, after = document.partition(FIRST)
    if not found:
        raise ValueError(f"{file} has no {FIRST}")
    return f"{before}{head}{after}".encode()


def fonts(style: str) -> list[str]:
    """The fonts that a style sheet loads."""
    return FONT.findall(style)


def with_fonts(style: str, found: dict[str, bytes]) -> bytes:
    """A style sheet that holds its fonts: no plain file server gives them to a document without an origin."""

    def held(name: re.Match[str]) -> str:
        return f"url(data:font/woff2;base64,{base64.b64encode(found[name[1]]).decode()})"

    return FONT.sub(held, style).encode()
