"""People in browsers of their own, who look at pages of a service without its hub."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page

from support.signed_in import sign_in

# Milliseconds for a training on a loaded machine.
LONG = 120_000


class Visitors:
    """All that their pages ask for is kept, and what went wrong in them."""

    def __init__(self, site: Any, browser: Browser):
        self.site, self.browser = site, browser
        self.contexts, self.problems, self.requests = [], [], []

    def page(self, name: str | None, path: str = "community", script: str = "") -> Page:
        context = self.browser.new_context(
            viewport={"width": 1280, "height": 900}, reduced_motion="reduce", service_workers="block"
        )
        self.contexts.append(context)
        if name:
            sign_in(context, self.site.session(name))
        page = context.new_page()
        page.set_default_timeout(LONG)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: said.type == "error" and self.problems.append(said.text))
        context.on("request", lambda request: self.requests.append((request.method, request.url)))
        page.add_init_script(script)
        page.goto(f"{self.site.url}{path}")
        return page

    def asked(self, path: str, method: str = "GET") -> int:
        return self.requests.count((method, f"{self.site.url}api/v1/{path}"))

    def leave(self) -> None:
        """Close all of it; nothing went wrong, and nobody else was asked for anything."""
        assert self.problems == []
        strange = [url for _, url in self.requests if not url.startswith((self.site.url, "data:", "blob:"))]
        assert strange == [], "nothing is asked of anybody else"
        for context in self.contexts:
            context.close()
