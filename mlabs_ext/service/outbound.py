"""Sends requests to addresses that people wrote, to the very machine that was checked and to no other.

The name of a host is looked up once for a request, and what is checked is what is connected to. So an answer
that changes in between leads nowhere. What is posted follows no redirect; what is fetched follows a few, and
each is checked like the first address.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urljoin

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.netutil import Resolver
from tornado.simple_httpclient import HTTPTimeoutError, SimpleAsyncHTTPClient
from traitlets import Float, Instance, Integer
from traitlets.config import LoggingConfigurable

import mlabs_ext
from mlabs_ext.errors import BadInput, Unavailable
from mlabs_ext.service.destinations import Destinations
from mlabs_ext.service.incoming import Fetched, Taken, media_of

AT_ONCE = 20
MAX_HEAD = 16 * 1024
# For bodies that are counted as they come.
UNBOUNDED = 1 << 62
REDIRECTS = (301, 302, 303, 307, 308)


class Checked(Resolver):
    """Looks a host up, and gives only what requests may reach."""

    def initialize(self, destinations: Destinations) -> None:
        """Know the rules."""
        self.destinations = destinations

    async def resolve(self, host: str, port: int, family: Any = 0) -> list[tuple[int, Any]]:
        """Look up in a thread: a name's own server may take its time."""
        return await asyncio.to_thread(self.destinations.resolve, host, port)


class Outbound(LoggingConfigurable):
    """Requests to addresses that people wrote."""

    destinations = Instance(Destinations, help="Where requests may go.")

    timeout = Float(
        10.0,
        help="""Seconds for a whole request to an address that somebody wrote, its answer included.

        Default: 10. Example:

            c.Outbound.timeout = 20
        """,
    ).tag(config=True)

    max_answer = Integer(
        64 * 1024,
        help="""The largest answer in bytes that is taken from there.

        Default: 64 KiB. Example:

            c.Outbound.max_answer = 256 * 1024
        """,
    ).tag(config=True)

    fetch_timeout = Float(
        30.0,
        help="""Seconds for fetching a file, such as a notebook to import, all redirects included.

        Default: 30. Example:

            c.Outbound.fetch_timeout = 120
        """,
    ).tag(config=True)

    max_redirects = Integer(
        5,
        help="""How many redirects are followed where a file is fetched; each is checked like an address.

        Default: 5. Example:

            c.Outbound.max_redirects = 2
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._clients: dict[int, SimpleAsyncHTTPClient] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send `body`, and give the status of the answer.

        Raises BadInput (`address_refused`) where no request may go, and Unavailable where no answer comes.
        """
        # Before any thread looks anything up: not every address has a host to look up.
        self.destinations.parse(url)
        request = HTTPRequest(url, method="POST", body=body, headers=dict(headers), **_bounds(self.timeout))
        with _told(self.timeout, self.max_answer):
            async with asyncio.timeout(self.timeout):
                return (await self._client(self.max_answer).fetch(request, raise_error=False)).code

    async def get(
        self,
        url: str,
        limit: int,
        headers: Mapping[str, str],
        wanted: Callable[[str], None],
        keep: Callable[[bytes], Awaitable[None]] | None = None,
        timeout: float | None = None,
    ) -> Fetched:
        """Fetch at most `limit` bytes; what is behind redirects where there are any.

        `wanted` raises where it does not want what has a media type; nothing of that is read then. `keep`
        takes the body piece by piece, which has then none in the answer; `timeout` is `fetch_timeout`'s own
        for what is large. Raises BadInput (`address_refused`) where no request may go, TooLarge, and
        Unavailable where no answer comes.
        """
        taken, patience = partial(Taken, limit, wanted, keep), timeout or self.fetch_timeout
        deadline = asyncio.get_running_loop().time() + patience
        with _told(patience, limit):
            for _ in range(self.max_redirects + 1):
                found = await self._get(url, headers, taken(), deadline)
                if isinstance(found, Fetched):
                    return found
                url = _followed(url, found)
        raise BadInput(
            f"This address cannot be used. It leads on more than {self.max_redirects} times.",
            "address_refused",
        )

    async def _get(
        self, url: str, headers: Mapping[str, str], taken: Taken, deadline: float
    ) -> Fetched | str:
        """What is there, or where it leads on."""
        self.destinations.parse(url, fetching=True)
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise TimeoutError
        request = HTTPRequest(
            url,
            headers={"User-Agent": f"MLabs/{mlabs_ext.__version__}", **headers},
            header_callback=taken.head,
            streaming_callback=taken.piece,
            # The client's own limit closes the connection, which a cancelled wait would leave open.
            **_bounds(left),
        )
        try:
            answer = await self._client(UNBOUNDED).fetch(request, raise_error=False)
        except HTTPClientError as error:
            raise taken.refusal or error from error
        location = answer.headers.get("Location")
        if answer.code in REDIRECTS and location:
            return location
        return Fetched(url, answer.code, media_of(answer.headers), bytes(taken.body))

    def _client(self, limit: int) -> SimpleAsyncHTTPClient:
        """One for all requests whose answers have this limit, made in the loop that they run in."""
        if limit not in self._clients:
            self._clients[limit] = SimpleAsyncHTTPClient(
                force_instance=True,
                max_clients=AT_ONCE,
                resolver=Checked(self.destinations),
                max_header_size=MAX_HEAD,
                max_body_size=limit,
            )
        return self._clients[limit]

    def close(self) -> None:
        """Drop the connections."""
        for client in self._clients.values():
            client.close()


def _bounds(timeout: float) -> dict[str, Any]:
    return {
        "connect_timeout": timeout,
        "request_timeout": timeout,
        "follow_redirects": False,
        "decompress_response": False,
    }


def _followed(url: str, location: str) -> str:
    """Where a redirect leads, which must not be less safe than the way to it."""
    target = urljoin(url, location)
    if url.lower().startswith("https:") and not target.lower().startswith("https:"):
        raise BadInput("This address cannot be used. It leads on to one without https.", "address_refused")
    return target


@contextmanager
def _told(timeout: float, limit: int) -> Iterator[None]:
    """Say in words why no answer came."""
    try:
        yield
    except (TimeoutError, HTTPTimeoutError) as error:
        raise _silent(f"It did not answer within {timeout:g} seconds.") from error
    except ssl.SSLError as error:
        raise _silent(f"Its certificate was not accepted: {error.reason or error}.") from error
    except (OSError, HTTPClientError, ValueError) as error:
        raise _silent(_words(error, limit)) from error


def _silent(reason: str) -> Unavailable:
    return Unavailable(reason, "no_answer")


def _words(error: Exception, limit: int) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"It could not be reached: {error.strerror}."
    return f"It closed the connection without an answer, or answered with more than {limit} bytes."
