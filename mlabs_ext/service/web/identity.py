"""Who asks: by token or cookie, as JupyterHub says, and whether another site may have had a browser ask."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth, HubOAuthenticated, UserNotAllowed
from tornado.web import HTTPError, RequestHandler

from mlabs_ext.errors import Forbidden, Full, MLabsError, Unavailable
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.link_cookie import held

if TYPE_CHECKING:
    from mlabs_ext.service.app import MLabsService

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Bytes that JupyterHub's database needs at least to write.
ROOM = 2**20
# Seconds after a full disk in which JupyterHub's answer may still be of that time.
MOMENT = 5.0


class Identified(HubOAuthenticated, RequestHandler):
    """A handler that knows who asks. `reads_cookies` is false for what must look the same to everybody."""

    reads_cookies = True

    @property
    def app(self) -> MLabsService:
        """The service, with its collaborators."""
        return self.settings["mlabs"]

    @property
    def hub_auth(self) -> HubOAuth:
        """JupyterHub's authentication, one for all handlers."""
        return self.settings["hub_auth"]

    def get_current_user(self) -> None:
        """Nobody until `prepare` has said who: the inherited way would block the loop."""

    def viewer_of(self, model: dict[str, Any] | None) -> Viewer:
        """Who asks, by JupyterHub's answer, and by the links that their browser has opened."""
        viewer = Viewer.from_model(model) if model else Viewer.anonymous()
        by_cookie = self.reads_cookies and "Authorization" not in self.request.headers
        links = held(self) if by_cookie else ()
        return replace(viewer, links=links) if links else viewer

    async def identify(self) -> dict[str, Any] | None:
        """JupyterHub's word on who asks, None for nobody; Forbidden or Unavailable without one."""
        try:
            return await self._model()
        except UserNotAllowed as error:
            raise Forbidden("This credential does not reach MLabs.", "access_denied") from error
        except HTTPError as error:
            if error.status_code < 500:
                raise
            raise Unavailable(
                "JupyterHub does not answer; try again in a moment.", "hub_unavailable"
            ) from error

    async def _model(self) -> dict[str, Any] | None:
        token = self.hub_auth.get_token(self, in_cookie=False)
        if token:
            model = await self.hub_auth.user_for_token(token, sync=False)
            if not model:
                raise self._unknown_token()
            return self.check_hub_user(model)
        if not (self.reads_cookies and self.get_secure_cookie(self.hub_auth.cookie_name)):
            return None
        if self.request.method not in SAFE:
            self._check_same_origin()
            self._check_xsrf()
        model = await self.hub_auth.get_user(self, sync=False)
        return self.check_hub_user(model) if model else None

    def _unknown_token(self) -> MLabsError:
        # JupyterHub notes the use of a token. On a disk that is full it cannot, and then knows none.
        if self._was_full():
            self._forget_unknown()
            return Full("There is no space left; until there is, nobody can say whose this token is.")
        return Forbidden("The token is unknown or has expired.", "token_invalid")

    def _was_full(self) -> bool:
        """Whether the disk is full, or was when JupyterHub may have been asked."""
        now = time.monotonic()
        if shutil.disk_usage(self.app.data_dir).free < ROOM:
            self.settings["full_at"] = now
        return now - self.settings.get("full_at", -MOMENT) < MOMENT

    def _forget_unknown(self) -> None:
        """Ask about those again that JupyterHub did not know, rather than believe it for a while."""
        cache = self.hub_auth.cache
        for key in [key for key, model in cache.values.items() if model is None]:
            cache.pop(key, None)

    def _check_same_origin(self) -> None:
        """Refuse a browser's write that another site may have caused; tokens are not subject to this."""
        headers = self.request.headers
        site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
        ours = {self.request.host, urlsplit(self.app.public_url).netloc}
        trusted = bool(site or origin)
        trusted &= site in (None, "same-origin") and headers.get("Sec-Fetch-Mode") != "no-cors"
        trusted &= origin is None or urlsplit(origin).netloc in ours - {""}
        if not trusted:
            raise Forbidden("The request comes from another site.", "cross_origin")

    def _check_xsrf(self) -> None:
        try:
            self.check_xsrf_cookie()
        except HTTPError as error:
            raise Forbidden("This page has expired: reload it and try again.", "xsrf_invalid") from error
