"""A minimal Tornado server of events, as one would write it in an hour: the peer of the live streams.

`python sse_peer.py PORT`: whoever GETs /events is sent what is POSTed to it.
"""

from __future__ import annotations

import asyncio
import sys

from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler

watchers: set[RequestHandler] = set()


class Events(RequestHandler):
    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        watchers.add(self)
        await self.flush()
        await asyncio.Event().wait()

    def post(self) -> None:
        text = b"event: step\ndata: %s\n\n" % self.request.body
        for watcher in list(watchers):
            watcher.write(text)
            watcher.flush().add_done_callback(self.flushed)

    @staticmethod
    def flushed(sent: asyncio.Future) -> None:
        if not isinstance(sent.exception(), StreamClosedError | None):
            sent.result()

    def on_connection_close(self) -> None:
        watchers.discard(self)


async def main(port: int) -> None:
    Application([("/events", Events)], log_function=lambda handler: None).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
