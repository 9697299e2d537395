"""What every handler shares: limits, bodies, answers, errors and paging; who asks is `identity.py`'s."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import msgspec
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream
from tornado.log import app_log
from tornado.web import HTTPError, RequestHandler

from mlabs_ext import request_ids
from mlabs_ext.errors import BadInput, Forbidden, MLabsError, Unusable
from mlabs_ext.service import askers, logs
from mlabs_ext.service.askers import Asker
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.failures import Failure, failure_of
from mlabs_ext.service.web.headers import DATA_CSP
from mlabs_ext.service.web.identity import Identified
from mlabs_ext.service.web.requested import id_of

if TYPE_CHECKING:
    from mlabs_ext.service.app import MLabsService

P = ParamSpec("P")
T = TypeVar("T")
YEAR = 31_536_000


class BaseHandler(Identified):
    """A handler's verbs parse, `await self.run(rule, …)`, and answer; all else is here.

    `max_body` in bytes narrows the service's `max_body_size` for one handler. `counts` is false for what
    costs nothing, and `reports` is true for what servers of labs say by themselves: neither is limited, see
    `Traffic`.
    """

    counts = True
    reports = False
    max_body: int | None = None
    viewer = Viewer.anonymous()
    etag: str | None = None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.app.begin()

    def set_default_headers(self) -> None:
        """Headers of every response, also of errors."""
        self.clear_header("Server")
        self.set_header(request_ids.HEADER, id_of(self.request))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "strict-origin-when-cross-origin")
        self.set_header("Content-Security-Policy", DATA_CSP)
        self.set_header("Vary", "Cookie, Authorization")
        self.set_header("Cache-Control", "private, no-store" if self.current_user else "no-cache")
        if self.request.protocol == "https":
            self.set_header("Strict-Transport-Security", f"max-age={YEAR}")

    def set_cookie(self, *args: Any, **kwargs: Any) -> None:
        """Set a cookie that other sites' requests do not carry, nor plain HTTP where this is not."""
        kwargs.setdefault("samesite", "Lax")
        if self.request.protocol == "https":
            kwargs["secure"] = True
        super().set_cookie(*args, **kwargs)

    async def prepare(self) -> None:
        """Find out who asks, before any verb runs."""
        request_ids.current.set(id_of(self.request))
        try:
            model = await self.identify()
        except Forbidden:
            self.count()
            raise
        if model:
            self.current_user = model
        self.viewer = self.viewer_of(model)
        askers.current.set(self.asker())
        self.count()
        if model or self.viewer.links:
            self.set_header("Cache-Control", "private, no-store")

    def count(self, costly: bool = False) -> None:
        """Count this request; TooMany where it is one too many of this person's, or of this address'."""
        by_server = self.reports and "Authorization" in self.request.headers
        if self.counts and not by_server and not self.viewer.hub:
            self.app.traffic.take(client_of(self.app, self.request), self.viewer.name, costly)

    def costs(self) -> None:
        """Count it among the costly ones as well; to be called before the work."""
        self.count(costly=True)

    def asker(self) -> Asker:
        """Who asks, for the record."""
        keeps = self.app.audits.keep_addresses
        return Asker(self.viewer.name, client_of(self.app, self.request) if keeps else None)

    def on_finish(self) -> None:
        """Let a stop of the service know that this request is done."""
        self.app.end()

    async def run(self, rule: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a rule in a thread, so that no request waits for another one's disk."""
        call = partial(copy_context().run, rule, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.app.pool, call)

    def require_user(self) -> str:
        """Go on only with a person behind the request: their name."""
        if self.viewer.name is None:
            raise Forbidden("Sign in, or send a token, to do this.", "credentials_required")
        return self.viewer.name

    def body(self, shape: type[T]) -> T:
        """The JSON body in the given shape."""
        try:
            return msgspec.json.decode(self.request.body, type=shape)
        except msgspec.ValidationError as error:
            raise Unusable(f"The fields do not fit: {error}.", "fields_invalid") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadInput(f"The body is not JSON: {error}.", "json_invalid") from error

    def optional_body(self, shape: type[T]) -> T:
        """The same where a body may be left out: then what the shape is by default."""
        return self.body(shape) if self.request.body else shape()

    def answer(
        self, value: Any, status: int = 200, etag: str | None = None, location: str | None = None
    ) -> None:
        """Finish with `value` as JSON; an ETag makes later requests for the same a 304."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        if location:
            self.set_header("Location", location)
        self.etag = etag
        self.finish(msgspec.json.encode(value))

    def answer_list(self, items: list[Any], following: str | None) -> None:
        """Finish with one page of a list."""
        self.answer({"items": items, "next": following})

    def paging(self) -> dict[str, Any]:
        """`limit` and `cursor` of a list, as rules take them."""
        return {"limit": self.number("limit", 30, 1, 100), "cursor": self.get_query_argument("cursor", None)}

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number from the query, within its bounds; BadInput `<name>_invalid`."""
        text = self.get_query_argument(name, str(default))
        short = text.isascii() and text.isdigit() and len(text) <= len(str(high))
        if not (short and low <= int(text) <= high):
            raise BadInput(f"`{name}` is a number from {low} to {high}.", f"{name}_invalid")
        return int(text)

    def take_stream(self) -> IOStream | None:
        """The connection, which Tornado then has nothing to do with; None where it is gone."""
        stream = self.detach()
        self.app.log_request(self)
        self.on_finish()
        return stream

    @property
    def if_match(self) -> str | None:
        """The ETag that the asker wants to change, None for whatever there is."""
        given = self.request.headers.get("If-Match")
        return None if given == "*" else given

    def idempotency_key(self) -> Key | None:
        """The request's Idempotency-Key, tied to what the request says."""
        given = self.request.headers.get("Idempotency-Key")
        if given is None:
            return None
        said = hashlib.sha256(f"{self.request.method} {self.request.uri}\n".encode() + self.request.body)
        return Key.checked(given, said.hexdigest())

    def compute_etag(self) -> str | None:
        """The ETag that `answer` was given; bodies are not hashed."""
        return self.etag

    async def head(self, *args: Any, **kwargs: Any) -> None:
        """Answer HEAD wherever GET is answered; Tornado leaves the body out."""
        if (answering := self.get(*args, **kwargs)) is not None:
            await answering

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Log our faults without the query, which may let somebody in; the access log has the rest."""
        if isinstance(value, HTTPError):
            super().log_exception(typ, value, tb)
        elif not (isinstance(value, MLabsError) and value.status < 500):
            fields = {"request": id_of(self.request)}
            app_log.error("%s failed", self._request_summary(), extra={"fields": fields}, exc_info=value)

    def _request_summary(self) -> str:
        return f"{self.request.method} {logs.shown(self.request.path, self.app.base_url)}"

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer any error in the one shape."""
        failure = failure_of(kwargs.get("exc_info", (None, None))[1], status_code)
        if failure.status >= 500:
            # What is our fault is found in the logs by this.
            detail = {**(failure.detail or {}), "request": id_of(self.request)}
            failure = failure._replace(detail=detail)
        self.set_status(failure.status)
        if failure.status == 405:
            self.set_header("Allow", ", ".join(self._verbs()))
        if failure.status in (429, 503):
            self.set_header("Retry-After", str((failure.detail or {}).get("retry_after", 5)))
        self.write_failure(failure)

    def write_failure(self, failure: Failure) -> None:
        """Write an error's body; pages override this."""
        self.answer(failure.body(), failure.status)

    def _verbs(self) -> list[str]:
        base = RequestHandler
        verbs = [
            v
            for v in self.SUPPORTED_METHODS
            if getattr(type(self), v.lower()) is not getattr(base, v.lower())
        ]
        return [v for v in verbs if v != "HEAD" or "GET" in verbs]


def client_of(app: MLabsService, request: HTTPServerRequest) -> str | None:
    """The address that asks, see `Traffic`. Tornado's `remote_ip` believes what clients say of themselves."""
    # An export's requests come by no connection of the network's.
    context = getattr(request.connection, "context", None)
    peer = getattr(context, "address", None) or ("",)
    return app.traffic.client(peer[0], request.headers.get("X-Forwarded-For", ""))
