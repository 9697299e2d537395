"""Talking to the service: what is repeated, and how errors arrive."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
import pytest_asyncio
from support.waiting import eventually
from tornado.web import Application, RequestHandler

from mlabs_ext.errors import Conflict, Forbidden, MLabsError, NotFound, TooMany, Unavailable
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.wire import Lab


class Answers(RequestHandler):
    def prepare(self) -> None:
        asked = self.application.settings["asked"]
        asked.append((self.request.method, self.request.uri, dict(self.request.headers)))
        status, body = self.application.settings["answers"][
            min(len(asked), len(self.application.settings["answers"])) - 1
        ]
        self.set_status(status)
        self.finish(body)


class Waits(RequestHandler):
    async def get(self) -> None:
        self.application.settings["asked"].append(self.request.uri)
        await self.application.settings["opened"].wait()
        self.finish("{}")


@pytest_asyncio.fixture
async def serve():
    servers, clients, opened = [], [], asyncio.Event()

    def serve(*answers: tuple[int, str], **config) -> tuple[Client, list]:
        asked: list = []
        routes = [("/.*/waits", Waits), (".*", Answers)]
        server = Application(routes, answers=answers, asked=asked, opened=opened).listen(0, "127.0.0.1")
        port = next(iter(server._sockets.values())).getsockname()[1]
        client = Client(url=f"http://127.0.0.1:{port}/services/mlabs/", token="secret", **config)
        servers.append(server)
        clients.append(client)
        return client, asked

    serve.opened = opened
    yield serve
    for client in clients:
        client.close()
    for server in servers:
        server.stop()
        await server.close_all_connections()


def shaped(status: int, code: str = "some_code") -> tuple[int, str]:
    detail = {"retry_after": 1}
    return status, json.dumps(
        {"error": {"status": status, "code": code, "message": "Why.", "detail": detail}}
    )


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (shaped(404), NotFound, "some_code"),
        (shaped(403), Forbidden, "some_code"),
        (shaped(409), Conflict, "some_code"),
        (shaped(429), TooMany, "some_code"),
        (shaped(500), MLabsError, "some_code"),
        ((404, "<html>404 : Not Found</html>"), Unavailable, "service_unavailable"),
        ((403, "<html>"), Unavailable, "service_unavailable"),
        ((302, ""), Unavailable, "service_unavailable"),
        ((500, "<html>"), MLabsError, "service_unavailable"),
        ((200, "<html>"), Unavailable, "service_unavailable"),
        ((200, '{"id": 1}'), Unavailable, "service_unavailable"),
    ],
    ids=["404", "403", "409", "429", "500", "hub's 404", "hub's 403", "login", "bug", "page", "wrong shape"],
)
async def test_errors(serve, answer, kind, code):
    client, _ = serve(answer, attempts=1)
    with pytest.raises(MLabsError) as raised:
        await client.get("labs/ada/mnist", Lab)
    assert type(raised.value) is kind
    assert raised.value.code == code
    if code == "some_code":
        assert (raised.value.message, raised.value.detail) == ("Why.", {"retry_after": 1})


@pytest.mark.parametrize(
    ("method", "key", "tries"),
    [("GET", None, 3), ("POST", "key", 3), ("POST", None, 1), ("PATCH", None, 1)],
)
async def test_only_what_may_be_repeated_is(serve, method, key, tries):
    client, asked = serve((503, ""), (503, ""), (200, "[]"))
    try:
        await client.send(method, "labs", {}, list, key)
    except Unavailable:
        assert tries == 1
    assert len(asked) == tries
    assert {headers.get("Idempotency-Key") for _, _, headers in asked} == {key}


async def test_what_is_sent(serve):
    client, asked = serve((200, "[]"))
    await client.get(lab_path("a/b c", "mnist", "runs"), list, limit=3, cursor=None)
    [(method, uri, headers)] = asked
    assert (method, uri) == ("GET", "/services/mlabs/api/v1/labs/a%2Fb%20c/mnist/runs?limit=3")
    assert headers["Authorization"] == "token secret"


async def test_nobody_there_is_told_soon():
    client = Client(url="http://127.0.0.1:9/services/mlabs/", token="")
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="safe"):
        await client.get("labs", list)
    assert time.monotonic() - begun < 4
    client.close()


async def test_many_that_last_keep_nobody_waiting(serve):
    client, asked = serve((200, "{}"))
    lasting = [asyncio.create_task(client.request("GET", "waits")) for _ in range(20)]
    assert await eventually(lambda: len(asked) == 20)
    assert (await client.request("GET", "quick")).code == 200
    serve.opened.set()
    assert {answer.code for answer in await asyncio.gather(*lasting)} == {200}
