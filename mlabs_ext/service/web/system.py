"""What is no noun: sign-in and sign-out, health, metrics, and addresses that do not exist."""

from __future__ import annotations

import re

from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

from mlabs_ext.errors import BadInput, Forbidden
from mlabs_ext.service.watching import NUMBERS
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.page_base import PageHandler

SAFE_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
UPWARD = re.compile(r"(^|/)(\.|%2e){1,2}(/|$)", re.IGNORECASE)


def safe_next(wanted: str, base_url: str) -> str:
    """Where to go after signing in: `wanted` if it is a page of this service, else its first page."""
    path = wanted.partition("?")[0].partition("#")[0]
    inside = SAFE_PATH.fullmatch(wanted) and path.startswith(base_url) and not UPWARD.search(path)
    return wanted if inside else base_url


class LoginHandler(PageHandler):
    """Signs in through JupyterHub, then goes on to `next`."""

    async def get(self) -> None:
        """Start the sign-in, or go on where it is done."""
        if self.viewer.name is None:
            self.redirect(self.get_login_url())
        else:
            self.redirect(safe_next(self.get_query_argument("next", ""), self.app.base_url))


class CallbackHandler(HubOAuthCallbackHandler, PageHandler):
    """Where JupyterHub sends people back to."""

    reads_cookies = False

    async def get(self) -> None:
        """Finish the sign-in; an expired or forged one gets an error page."""
        try:
            await HubOAuthCallbackHandler.get(self)
        except HTTPError as error:
            if error.status_code >= 500:
                raise
            raise Forbidden("The sign-in was not completed: try it again.", "sign_in_failed") from error


class LogoutHandler(PageHandler):
    """Signs out here and at JupyterHub."""

    async def post(self) -> None:
        """Forget the session, then let JupyterHub end it."""
        self.hub_auth.clear_cookie(self)
        self.redirect(f"{self.app.hub_base}hub/logout", status=303)


class HealthHandler(BaseHandler):
    """Says whether the service can do its work."""

    reads_cookies = False
    counts = False

    async def get(self) -> None:
        """Answer once the database has answered."""
        await self.run(self.app.store.check)
        self.answer({"status": "ok", "version": self.app.version})


class ReadyHandler(BaseHandler):
    """Says whether all is there that the service needs: to whom requests may be sent."""

    counts = False

    async def get(self) -> None:
        """Answer 200 or 503; what is wrong with a part is for administrators."""
        parts = await self.app.readiness.check()
        ready = not any(part.why for part in parts)
        tells = self.viewer.admin and self.viewer.can_read
        said = {part.name: (part.why if tells else "failed") if part.why else "ok" for part in parts}
        self.answer({"status": "ready" if ready else "not_ready", "checks": said}, 200 if ready else 503)


class ArrivalHandler(WebSocketHandler, BaseHandler):
    """Says as what a websocket arrives here, so that `mlabs doctor` sees what proxies make of it."""

    reads_cookies = False

    async def get(self, *args: str, **kwargs: str) -> None:
        """Take the websocket; what is none any more has lost its headers on the way."""
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            raise BadInput("A websocket is expected here.", "websocket_expected")
        await super().get(*args, **kwargs)

    def open(self, *args: str, **kwargs: str) -> None:
        """Say it, and be done."""
        self.write_message({"host": self.request.host, "scheme": self.request.protocol})
        self.close()

    def on_message(self, message: str | bytes) -> None:
        """Nothing is asked here."""


class MetricsHandler(BaseHandler):
    """The service's numbers, for Prometheus."""

    counts = False

    async def get(self) -> None:
        """Answer administrators, and tokens with JupyterHub's scope `read:metrics`."""
        if not self.viewer.metrics:
            raise Forbidden("Metrics need an administrator or a token with the scope read:metrics.")
        self.app.metrics.measured(*await self.run(self.app.servers.measure))
        self.app.metrics.numbers(await self.run(self.app.watching.measure), NUMBERS)
        self.app.metrics.pool(await self.run(self.app.community.numbers.measure))
        self.app.metrics.hub.take(await self.run(self.app.hub_status.newest))
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(self.app.metrics.text())


class AbsentPage(PageHandler):
    """Every other address."""

    async def prepare(self) -> None:
        """Say so, whatever the method."""
        await super().prepare()
        raise HTTPError(404)


class AbsentCall(BaseHandler):
    """Every other address of the API."""

    async def prepare(self) -> None:
        """Say so, whatever the method."""
        await super().prepare()
        raise HTTPError(404)


class SlashHandler(BaseHandler):
    """A page's address with a slash too many."""

    reads_cookies = False

    async def get(self) -> None:
        """Lead to the one without."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(self.request.path.rstrip("/") + query, permanent=True)


ROUTES = [
    (r"@[^/]+(?:/[^/]+)*/+", SlashHandler),
    (r"login", LoginHandler),
    (r"logout", LogoutHandler),
    (r"oauth_callback", CallbackHandler),
    (r"healthz", HealthHandler),
    (r"readyz", ReadyHandler),
    (r"healthz/socket", ArrivalHandler),
    (r"metrics", MetricsHandler),
    (r"api(?:/.*)?", AbsentCall),
]
