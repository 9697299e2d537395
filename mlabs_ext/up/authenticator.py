"""Sign-in with any user name and one password: what fits one person, or people who trust each other."""

from __future__ import annotations

from collections.abc import Collection
from hmac import compare_digest
from typing import Any

from jupyterhub.auth import Authenticator
from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError
from traitlets import Bool, Float, Integer, Unicode

from mlabs_ext.up.guesses import Guesses


class TooManyGuesses(HTTPError):
    """Too many wrong passwords came from there; `headers` are those of the answer."""

    def __init__(self, wait: int):
        super().__init__(429, f"Too many wrong passwords came from your address. Try again in {wait} s.")
        self.headers = {"Retry-After": str(wait)}


class OnePassword(Authenticator):
    """Everybody knows the one password; who signs in with a name of `admin_users` administers.

    JupyterHub's own shared-password authenticator wants a second, longer password for administrators, and
    `mlabs up` prints one.
    """

    allow_all = Bool(
        True,
        config=True,
        help="""Whether any user name is welcome. Default: True. With False, names come from
        `Authenticator.allowed_users`: `c.OnePassword.allow_all = False`.""",
    )
    password = Unicode(
        "",
        config=True,
        help="""The password. Default: empty, which lets nobody in. Example:
        `c.OnePassword.password = "correct horse battery staple"`.""",
    )
    guesses = Integer(
        20,
        min=1,
        config=True,
        help="""How many wrong passwords one address may send at once; afterwards it waits, with the right one
        too. Name a proxy of another machine's in `c.JupyterHub.trusted_downstream_ips`, else all who come
        through it are one address. Default: 20. Example: `c.OnePassword.guesses = 5`.""",
    )
    guess_seconds = Float(
        30.0,
        min=0,
        config=True,
        help="""Seconds after which one wrong password is forgotten. Default: 30. Example:
        `c.OnePassword.guess_seconds = 120`.""",
    )

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._guesses = Guesses(self.guesses, self.guess_seconds)

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """The user name, or None where the password is wrong; TooManyGuesses where it is not looked at."""
        address = asker(handler.request, getattr(self.parent, "trusted_downstream_ips", ()))
        if wait := self._guesses.wait(address):
            raise TooManyGuesses(wait)
        given, wanted = data["password"].encode(), self.password.encode()
        if wanted and compare_digest(given, wanted):
            return data["username"]
        self._guesses.wrong(address)
        self.log.warning("A wrong password for %r came from %s", data["username"][:100], address)
        return None


def asker(request: HTTPServerRequest, trusted: Collection[str]) -> str:
    """The address that asks: the last that none of the `trusted` proxies has added.

    Tornado's `remote_ip` believes what clients say of themselves in X-Real-IP.
    """
    said = [one.strip() for one in ",".join(request.headers.get_list("X-Forwarded-For")).split(",")]
    outside = [one for one in said if one and one not in trusted]
    context = getattr(request.connection, "context", None)
    peer = getattr(context, "address", None) or ("",)
    return outside[-1] if outside else str(peer[0])
