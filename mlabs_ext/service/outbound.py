"""Sends requests to addresses that people wrote, to the very machine that was checked and to no other.

The name of a host is looked up once for a request, and what is checked is what is connected to. So an answer
that changes in between leads nowhere, and neither does a redirect: none is followed.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.netutil import Resolver
from tornado.simple_httpclient import HTTPTimeoutError, SimpleAsyncHTTPClient
from traitlets import Float, Instance, Integer
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import Unavailable
from mlabs_ext.service.destinations import Destinations

AT_ONCE = 20
MAX_HEAD = 16 * 1024


class Checked(Resolver):
    """Looks a host up, and gives only what requests may reach."""

    def initialize(self, destinations: Destinations) -> None:  # type: ignore[override]
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

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._client: SimpleAsyncHTTPClient | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send `body`, and give the status of the answer.

        Raises BadInput (`address_refused`) where no request may go, and Unavailable where no answer comes.
        """
        # Before any thread looks anything up: not every address has a host to look up.
        self.destinations.parse(url)
        request = HTTPRequest(
            url,
            method="POST",
            body=body,
            headers=dict(headers),
            connect_timeout=self.timeout,
            request_timeout=self.timeout,
            follow_redirects=False,
            decompress_response=False,
        )
        try:
            async with asyncio.timeout(self.timeout):
                return (await self._opened().fetch(request, raise_error=False)).code
        except (TimeoutError, HTTPTimeoutError) as error:
            raise _silent(f"It did not answer within {self.timeout:g} seconds.") from error
        except ssl.SSLError as error:
            raise _silent(f"Its certificate was not accepted: {error.reason or error}.") from error
        except (OSError, HTTPClientError, ValueError) as error:
            raise _silent(_words(error, self.max_answer)) from error

    def _opened(self) -> SimpleAsyncHTTPClient:
        """One for all requests, made in the loop that they run in."""
        self._client = self._client or SimpleAsyncHTTPClient(
            force_instance=True,
            max_clients=AT_ONCE,
            resolver=Checked(self.destinations),
            max_header_size=MAX_HEAD,
            max_body_size=self.max_answer,
        )
        return self._client

    def close(self) -> None:
        """Drop the connections."""
        if self._client:
            self._client.close()


def _silent(reason: str) -> Unavailable:
    return Unavailable(reason, "no_answer")


def _words(error: Exception, limit: int) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"It could not be reached: {error.strerror}."
    return f"It closed the connection without an answer, or answered with more than {limit} bytes."
