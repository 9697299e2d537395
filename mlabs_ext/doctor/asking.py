"""How the doctor asks an address: with patience for a busy machine, and without any person's credentials."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import urlencode

PATIENCE = 10
MOST = 64 * 1024


@dataclass
class Reply:
    """What came back; status 0 where nothing did, and then `words` say why."""

    status: int = 0
    body: bytes = b""
    words: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def get(url: str) -> Reply:
    """Ask for a page. Redirects are followed; certificates are checked."""
    return asked(url, None, {})


def post(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
    """Send a form."""
    return asked(url, urlencode(form).encode(), headers)


def asked(url: str, data: bytes | None, headers: Mapping[str, str]) -> Reply:
    """What comes back; certificates are checked."""
    # The address is one of the administrator's own settings.
    request = urllib.request.Request(url, data, dict(headers))  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return reply(answer.status, answer.read(MOST), answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return reply(error.code, error.read(MOST), error.headers)
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            return Reply(words=f"its certificate is refused: {reason.verify_message}")
        return Reply(words=str(reason) or type(reason).__name__)


def reply(status: int, body: bytes, headers: Message) -> Reply:
    """An answer."""
    named = {name.lower(): value for name, value in headers.items()}
    return Reply(status, body, f"status {status}", named)
