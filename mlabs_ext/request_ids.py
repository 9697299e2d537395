"""One id for one request, from the browser to the kernel's server, the service and the hub.

An administrator who is told it finds the whole story in the logs. It comes in the header `X-Request-ID`,
and is made where none comes or it could not be written down safely.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from secrets import token_hex

HEADER = "X-Request-ID"
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

# Of the request that is being answered; empty in what nobody asked for.
current: ContextVar[str] = ContextVar("mlabs_request_id", default="")


def taken(given: str | None) -> str:
    """The id that came, if it is 8 to 64 safe characters; else a new one."""
    return given if given and SAFE.fullmatch(given) else new()


def new() -> str:
    """An id that nobody else has."""
    return token_hex(16)


def headers() -> dict[str, str]:
    """What a request to the next one carries."""
    id = current.get()
    return {HEADER: id} if id else {}
