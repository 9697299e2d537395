"""What every HTML page shares: templates with a nonce, the two policies, sign-in, and readable errors."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from tornado.web import Finish

from mlabs_ext.service.rendering.document import THEMES
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.failures import Failure
from mlabs_ext.service.web.headers import page_csp
from mlabs_ext.service.web.templates import templates


class PageHandler(BaseHandler):
    """A handler whose answers and errors are HTML. `unread` is how many notifications the header tells of."""

    unread = 0
    # Whether its scripts may start workers, which are files of our own.
    starts_workers = False

    async def prepare(self) -> None:
        """Find out who asks, and what they have not read yet; for the signed-out nothing is looked up."""
        await super().prepare()
        if self.viewer.name is not None and self.reads_cookies:
            self.unread = await self.run(self.app.telling.notifications.unread, self.viewer)

    def page(self, template: str, status: int = 200, **context: Any) -> None:
        """Finish with `templates/<template>`, under the policy of pages that nobody may frame."""
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self._finish_html(
            template, status, ("'none'",), self.xsrf_token if self.viewer.name else b"", context
        )

    def embed_page(self, template: str, status: int = 200, **context: Any) -> None:
        """Finish with a page that other sites may frame; it must belong to an `EmbedHandler`."""
        self.clear_header("Cross-Origin-Opener-Policy")
        # Where the administrator names the sites, our own page that builds embeds still shows them.
        sites = self.app.embed_ancestors
        ancestors = sites if {"*", "'self'"} & set(sites) else [*sites, "'self'"]
        self._finish_html(template, status, ancestors, b"", context)

    def _finish_html(
        self, template: str, status: int, ancestors: Sequence[str], xsrf: bytes, context: dict[str, Any]
    ) -> None:
        nonce = secrets.token_urlsafe(16)
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        policy = page_csp(nonce, self._render_origin(), ancestors, self.starts_workers)
        self.set_header("Content-Security-Policy", policy)
        self.finish(self.rendered(template, nonce, xsrf, context))

    def rendered(self, template: str, nonce: str, xsrf: bytes, context: dict[str, Any]) -> str:
        """A template with what all of them use."""
        shared = {
            "viewer": self.viewer,
            "unread": self.unread,
            "base_url": self.app.base_url,
            "hub_base": self.app.hub_base,
            "public_url": self.app.public_url
            or f"{self.request.protocol}://{self.request.host}{self.app.base_url}",
            "static_url": self.static_url,
            "nonce": nonce,
            "xsrf": xsrf.decode() if isinstance(xsrf, bytes) else xsrf,
            "request_uri": self.request.uri,
        }
        return templates().get_template(template).render(shared | context)

    def _render_origin(self) -> str:
        parts = urlsplit(self.app.render_url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    def static_url(self, path: str, include_host: bool | None = None, **kwargs: Any) -> str:
        """The address of a file below `static/`, with a hash so that it may be cached forever."""
        return self.app.static.url(path)

    def require_user(self) -> str:
        """Send whoever is not signed in to sign in, and back here."""
        if self.viewer.name is None:
            back = self.request.uri if self.request.method == "GET" else self.app.base_url
            self.redirect(f"{self.app.base_url}login?next={quote(back, safe='')}")
            raise Finish()
        return self.viewer.name

    def write_failure(self, failure: Failure) -> None:
        """Show the error page; JSON where the asker takes nothing else."""
        if "application/json" in self.request.headers.get("Accept", ""):
            return super().write_failure(failure)
        return self.page("error.html", failure.status, failure=failure)


class EmbedHandler(PageHandler):
    """A page inside other sites: the same for everybody, whoever is signed in."""

    reads_cookies = False

    def write_failure(self, failure: Failure) -> None:
        """Show the error inside the frame, in the theme that was asked for."""
        asked = parse_qs(self.request.query).get("theme", ["auto"])[-1]
        theme = asked if asked in THEMES else "auto"
        self.embed_page("embed_error.html", failure.status, failure=failure, theme=theme)
