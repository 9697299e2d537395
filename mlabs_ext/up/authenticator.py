"""Sign-in with any user name and one password: what fits one person, or people who trust each other."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from jupyterhub.auth import Authenticator
from traitlets import Bool, Unicode


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

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """The user name, or None where the password is wrong."""
        given, wanted = data["password"].encode(), self.password.encode()
        return data["username"] if wanted and compare_digest(given, wanted) else None
