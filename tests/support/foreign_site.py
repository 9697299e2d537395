"""A web site of another origin that embeds labs, as a blog does."""

from __future__ import annotations

import http.server
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support.static_site import serving

# What the user guide tells blogs to do, and a record of it.
LISTENER = """<script>
  window.heights = [];
  addEventListener("message", event => {
    const frame = document.querySelector("iframe");
    if (event.source !== frame.contentWindow || event.data.context !== "iframe.resize") return;
    heights.push(event.data.height); frame.height = event.data.height;
  });
</script>"""


@contextmanager
def foreign_site() -> Iterator[Any]:
    """The site at `.url`, whose one page, `.page`, the test sets."""

    class Site(http.server.BaseHTTPRequestHandler):
        page = ""

        def do_GET(self) -> None:
            body = self.page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Stay quiet."""

    with serving(Site) as Site.url:
        yield Site
