"""A websocket that the doctor has tried is closed when it has been."""

from __future__ import annotations

import psutil
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler

from mlabs_ext.doctor.front import arrival


class Slow(WebSocketHandler):
    """Says as what it was asked, and leaves it to who asked to end it."""

    def open(self, *args: str, **kwargs: str) -> None:
        self.write_message({"host": self.request.host, "scheme": self.request.protocol})


async def test_it_is_closed_on_both_sides() -> None:
    listening, port = bind_unused_port()
    server = HTTPServer(Application([("/services/mlabs/healthz/socket", Slow)]))
    server.add_sockets([listening])
    said = await arrival(f"http://127.0.0.1:{port}")
    assert said == {"host": f"127.0.0.1:{port}", "scheme": "http"}
    mine = [one for one in psutil.Process().net_connections("tcp4") if one.raddr and one.raddr.port == port]
    server.stop()
    await server.close_all_connections()
    assert mine == []
