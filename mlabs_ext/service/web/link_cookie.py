"""Which secret links a browser has opened: in a signed cookie, as a secret must not stay in addresses."""

from __future__ import annotations

from datetime import timedelta

from tornado.web import RequestHandler

COOKIE, PURPOSE = "mlabs-links", "opened links"
# A browser's newest; each request carries them.
MOST = 20
KEPT = timedelta(days=30)


def held(handler: RequestHandler) -> tuple[str, ...]:
    """The links that the browser has opened; whether they still stand is for the rules to say."""
    said = handler.get_cookie(COOKIE)
    return tuple(handler.settings["mlabs"].seals.open(PURPOSE, said) or ()) if said else ()


def hold(handler: RequestHandler, link: str) -> None:
    """Have the browser show from now on that it has opened a link: here, and to no script."""
    app = handler.settings["mlabs"]
    links = [*(known for known in held(handler) if known != link), link][-MOST:]
    handler.set_cookie(
        COOKIE,
        app.seals.seal(PURPOSE, *links, lasts=KEPT),
        path=app.base_url,
        httponly=True,
        max_age=int(KEPT.total_seconds()),
    )
