"""A web site of another origin that embeds labs and loads models, as a blog does."""

from __future__ import annotations

import http.server
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

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


def pasted(page: Page, inputs: Any) -> str:
    """A page with the very code that a model's page has to paste; its title is what `latest` predicts."""
    code = page.get_by_label("In a web page", exact=True).input_value()
    code, times = re.subn(r"/\d+/model.json", "/latest/model.json", code)
    assert times == 1, code
    code = re.sub(r"tf\.zeros\(.*\)\);", lambda _: f"tf.tensor({json.dumps(inputs)}));", code)
    code = code.replace("output.print()", "document.title = JSON.stringify(output.arraySync())")
    return f"<!doctype html><title>Elsewhere</title>{code}"
