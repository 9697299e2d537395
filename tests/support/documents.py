"""Renders notebooks and serves them at /0, /1, … as the service does, behind the same headers.

python documents.py DIRECTORY NOTEBOOK…        prints its address once all are rendered
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from mlabs_ext.notebook import sha256
from mlabs_ext.service.documents import Document
from mlabs_ext.service.render import STATIC, Renderer
from mlabs_ext.service.render_headers import headers
from mlabs_ext.service.web.rendered import RenderStatic


class Shown(RequestHandler):
    """One document."""

    def initialize(self, documents: list[Document]) -> None:
        """Take the documents."""
        self.documents = documents

    def get(self, number: str) -> None:
        """Show it."""
        for name, value in headers(f"http://{self.request.host}/").items():
            self.set_header(name, value)
        self.set_header("Content-Encoding", "gzip")
        self.finish(self.documents[int(number)].page)


async def main(directory: str, *notebooks: str) -> None:
    """Render, then serve until killed."""
    renderer = Renderer(directory=directory, workers=1, timeout=60, assets_url="/static/render/")
    data = [Path(path).read_bytes() for path in notebooks]
    documents = [await renderer.document(one, sha256(one)) for one in data]
    await renderer.close()
    assert all(document.complete for document in documents)
    routes = [
        (r"/(\d+)", Shown, {"documents": documents}),
        (r"/static/render/(.*)", RenderStatic, {"path": str(STATIC / "render")}),
    ]
    server = HTTPServer(Application(routes, log_function=lambda _: None))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}/", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
