"""A browser as somebody who is signed in to the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx
    from playwright.sync_api import BrowserContext


def sign_in(context: BrowserContext, session: httpx.Client) -> None:
    """Give the browser the cookies of a person's session."""
    place = {"domain": session.base_url.host, "path": "/"}
    cookies = [{"name": one.name, "value": one.value.strip('"'), **place} for one in session.cookies.jar]
    context.add_cookies(cookies)
