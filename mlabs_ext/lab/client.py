"""Talks to the MLabs service as the person whose server this is."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPInputError
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError
from traitlets import Float, Integer, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext import errors, request_ids
from mlabs_ext.errors import MLabsError, Unavailable

T = TypeVar("T")
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
TRANSIENT = frozenset({502, 503, 504})
# Bytes of a file that are read at a time; a large one may take as long as it takes.
PIECE = 1024 * 1024
DAY = 86_400
MAX_FILE = 1024**4
# Ten files on their way would have all else wait for them.
AT_ONCE = 100
MAX_ANSWER = 512 * 1024 * 1024
KINDS = {
    kind.status: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, MLabsError)
}
DOWN = "The MLabs service does not answer now. Your work is safe on this server: try again in a minute."


class ErrorBody(msgspec.Struct):
    """The inside of the one error shape."""

    status: int
    code: str
    message: str
    detail: dict[str, Any] | None = None


class ErrorAnswer(msgspec.Struct):
    """The one error shape."""

    error: ErrorBody


class Client(LoggingConfigurable):
    """HTTP to `api/v1/` of the service; errors arrive as the MLabsErrors that they left as."""

    url = Unicode(
        help="""Address of the MLabs service, absolute and ending in a slash. Default: the environment
        variable MLABS_SERVICE_URL. Example: `c.Client.url = "http://127.0.0.1:8000/services/mlabs/"`."""
    ).tag(config=True)
    token = Unicode(
        help="JupyterHub API token that is sent along. Default: JUPYTERHUB_API_TOKEN; not configurable."
    )
    timeout = Float(
        30.0,
        help="""Seconds to wait for an answer. Default: 30. Example: `c.Client.timeout = 60` where publishing
        large notebooks over a slow line fails.""",
    ).tag(config=True)
    connect_timeout = Float(
        5.0,
        help="Seconds to wait for a connection. Default: 5. Example: `c.Client.connect_timeout = 10`.",
    ).tag(config=True)
    attempts = Integer(
        4,
        help="""How often a request that may be repeated is tried before the person is told that the service
        is down, with pauses of 0.2, 0.4, 0.8… seconds. Default: 4. Example: `c.Client.attempts = 6`.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._http = AsyncHTTPClient(
            force_instance=True,
            max_clients=AT_ONCE,
            max_body_size=MAX_FILE,
            max_buffer_size=MAX_ANSWER,
        )
        self._answered: list[Callable[[], None]] = []
        self._closed = False

    def on_answer(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever the service has answered: whoever waits for it may go on."""
        self._answered.append(callback)

    async def get(self, path: str, shape: type[T], **query: Any) -> T:
        """GET `api/v1/{path}`, decoded as `shape`; query values that are None are left out."""
        return self.decode(await self.request("GET", path, query=query), shape)

    async def send(
        self,
        method: str,
        path: str,
        body: Any,
        shape: type[T],
        key: str | None = None,
        attempts: int | None = None,
        timeout: float | None = None,
    ) -> T:
        """Send `body` as JSON (bytes go as they are) and decode the answer. With `key` it may be repeated.

        `timeout` is in seconds, for what takes longer than most.
        """
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        asked = await self.request(method, path, data, key=key, attempts=attempts, timeout=timeout)
        return self.decode(asked, shape)

    async def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        query: dict[str, Any] | None = None,
        key: str | None = None,
        attempts: int | None = None,
        timeout: float | None = None,
        headers: dict[str, str] | None = None,
    ) -> HTTPResponse:
        """The answer, if it is a good one; the error that it tells otherwise."""
        request = self._request(method, path, body, query or {}, key)
        request.headers.update(headers or {})
        request.request_timeout = timeout or self.timeout
        left = attempts or (self.attempts if key or method in IDEMPOTENT else 1)
        pause = 0.2
        while True:
            left -= 1
            try:
                return await self._once(request)
            except Unavailable as error:
                if left <= 0:
                    raise
                self.log.debug("%s %s: %s; again in %.1f s", method, path, error.detail, pause)
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311
            pause *= 2

    async def upload(self, path: str, read: Callable[[int], bytes], size: int, shape: type[T]) -> T:
        """PUT `size` bytes, which `read` gives in pieces, and decode the answer."""

        async def send(write: Callable[[bytes], Awaitable[None]]) -> None:
            while piece := await asyncio.to_thread(read, PIECE):
                await write(piece)

        request = self._request("PUT", path, None, {}, None)
        request.headers["Content-Type"] = "application/octet-stream"
        request.headers["Content-Length"] = str(size)
        # It may be a coroutine; what tornado keeps of it is typed after older ones.
        request.body_producer = send  # type: ignore[assignment]
        request.request_timeout = DAY
        return self.decode(await self._once(request), shape)

    async def download(self, path: str, write: Callable[[bytes], object], below: str = "api/v1/") -> None:
        """GET a file of any size and hand it to `write` in pieces; raw files are not `below` the API."""

        def take(piece: bytes) -> None:
            write(piece)

        request = self._request("GET", path, None, {}, None)
        request.url = f"{self.url}{below}{path}"
        request.streaming_callback = take
        request.request_timeout = DAY
        await self._once(request)

    def close(self) -> None:
        """Let go of connections; who asks after that, as the server stops, is told that nobody answers."""
        self._closed = True
        self._http.close()

    @staticmethod
    def decode(response: HTTPResponse, shape: type[T]) -> T:
        """The body as `shape`."""
        try:
            return msgspec.json.decode(response.body, type=shape)
        except ValueError as error:
            reason = {"reason": f"unexpected answer: {error}"}
            raise Unavailable(DOWN, "service_unavailable", reason) from error

    def _request(
        self, method: str, path: str, body: bytes | None, query: dict[str, Any], key: str | None
    ) -> HTTPRequest:
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        headers = {"Accept": "application/json", **request_ids.headers()}
        if self.token:
            headers["Authorization"] = f"token {self.token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        return HTTPRequest(
            f"{self.url}api/v1/{path}" + (f"?{asked}" if asked else ""),
            method,
            headers,
            body,
            connect_timeout=self.connect_timeout,
            request_timeout=self.timeout,
            follow_redirects=False,
            allow_nonstandard_methods=True,
        )

    async def _once(self, request: HTTPRequest) -> HTTPResponse:
        if self._closed:
            raise Unavailable(DOWN, "service_unavailable", {"reason": "this server stops"})
        try:
            response = await self._http.fetch(request, raise_error=False)
        except (OSError, HTTPTimeoutError, HTTPStreamClosedError, HTTPInputError) as error:
            raise Unavailable(DOWN, "service_unavailable", {"reason": str(error)}) from error
        if 200 <= response.code < 300:
            for callback in self._answered:
                callback()
            return response
        raise error_of(response)


def error_of(response: HTTPResponse) -> MLabsError:
    """The error that an answer tells. One that is not of our shape comes from a proxy or the hub: it says
    nothing about labs and runs, only that the service is not there.
    """
    if response.code == 599 or response.code in TRANSIENT:
        return Unavailable(DOWN, "service_unavailable", {"reason": f"HTTP {response.code}"})
    try:
        told = msgspec.json.decode(response.body or b"", type=ErrorAnswer).error
    except ValueError:
        reason = {"reason": f"HTTP {response.code} from another program"}
        return (MLabsError if response.code == 500 else Unavailable)(DOWN, "service_unavailable", reason)
    kind = KINDS.get(response.code, MLabsError)
    error = kind(told.message, told.code, told.detail)
    error.status = response.code
    return error


def lab_path(owner: str, name: str, *rest: str) -> str:
    """`labs/{owner}/{name}/…`, quoted."""
    return "/".join(["labs", *(quote(part, safe="") for part in (owner, name)), *rest])
