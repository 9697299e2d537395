"""Checks of the way that people take: the public address, and what proxies in front make of requests."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketError, websocket_connect

from mlabs_ext import websockets
from mlabs_ext.doctor import asking
from mlabs_ext.doctor.found import Found, NotHere, fault, warning
from mlabs_ext.doctor.here import Here

SKEW = 60
DAYS = 21
DAY = 86_400


def reachable(here: Here) -> Iterator[Found]:
    """Hub and service answer at the public address."""
    here.need_running()
    for path, what in (("/hub/health", "The hub"), ("/services/mlabs/healthz", "The service")):
        url = f"{here.public_url}{path}"
        reply = asking.get(url)
        if reply.status != 200:
            yield fault(f"{what} does not answer at {url}: {reply.words}.{wrong_base(here, path)}")


def wrong_base(here: Here, path: str) -> str:
    """What to think of where it answers without the hub's path."""
    split = urlsplit(here.public_url)
    if here.base != "/" and asking.get(f"{split.scheme}://{split.netloc}{path}").status == 200:
        return f" It does without {here.base}: what stands in front and c.JupyterHub.base_url differ."
    return ""


def forwarded(here: Here) -> Iterator[Found]:
    """A websocket comes through, with the host's name and the scheme that people use."""
    need_answer(here)
    said = asyncio.run(arrival(here.public_url))
    if isinstance(said, str):
        yield fault(f"A websocket does not come through at {here.public_url}: {said}.")
        return
    wanted = urlsplit(here.public_url)
    if said["host"] != wanted.netloc:
        yield fault(f"Requests to {wanted.netloc} arrive as ones to {said['host']}.")
    if said["scheme"] != wanted.scheme:
        yield fault(f"Requests by {wanted.scheme} arrive as ones by {said['scheme']}.")


async def arrival(url: str) -> dict[str, str] | str:
    """What the service says of a websocket to it, else why there is none."""
    address = f"ws{url.removeprefix('http')}/services/mlabs/healthz/socket"
    request = HTTPRequest(
        address,
        connect_timeout=asking.PATIENCE,
        request_timeout=asking.PATIENCE,
        # Tornado's own context trusts what this machine trusted when Tornado was loaded.
        ssl_options=ssl.create_default_context(),
    )
    try:
        connection = await websocket_connect(request)
        try:
            async with asyncio.timeout(asking.PATIENCE):
                said = await connection.read_message()
        finally:
            await websockets.close(connection)
    except (HTTPClientError, WebSocketError, OSError, TimeoutError) as error:
        return str(error) or type(error).__name__
    return json.loads(said) if said else "it was closed at once"


def certificate(here: Here) -> Iterator[Found]:
    """The certificate is valid, and stays so for some weeks."""
    split = urlsplit(here.public_url)
    if split.scheme != "https":
        raise NotHere("the public address is not https")
    address = split.hostname or "", split.port or 443
    try:
        with (
            socket.create_connection(address, asking.PATIENCE) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=address[0]) as secure,
        ):
            ends = ssl.cert_time_to_seconds(str((secure.getpeercert() or {})["notAfter"]))
    except ssl.SSLCertVerificationError as error:
        yield fault(f"The certificate of {split.netloc} is refused: {error.verify_message}.")
    except OSError as error:
        yield fault(f"{split.netloc} takes no encrypted connection: {error}.")
    else:
        left = (ends - time.time()) / DAY
        if left < DAYS:
            yield warning(f"The certificate of {split.netloc} ends in {left:.0f} days.")


def clock(here: Here) -> Iterator[Found]:
    """The clocks of this machine and of what stands in front agree."""
    said = need_answer(here).headers.get("date")
    if said is None:
        raise NotHere("the public address does not tell the time")
    away = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    if abs(away) > SKEW:
        yield fault(f"The clock at {here.public_url} is {apart(away)} this machine's.")


def apart(seconds: float) -> str:
    """How far one clock is from another, in words."""
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'}"


def need_answer(here: Here) -> asking.Reply:
    """The answer at the public address; NotHere without one, which a check of its own says."""
    here.need_running()
    reply = asking.get(f"{here.public_url}/services/mlabs/healthz")
    if reply.status != 200:
        raise NotHere("the public address does not answer")
    return reply
