"""What the pages of a browser show, for whoever reads that a test failed."""

from __future__ import annotations

from playwright.sync_api import Browser, Error, Page

# Characters of a page that are read, and milliseconds that it has for an answer.
MOST = 2_500
PATIENCE = 3_000
FOCUS = "() => document.activeElement?.outerHTML.slice(0, 200)"


def shown(browser: Browser) -> str:
    """Each open page: its address, where its focus is, and what a screen reader would say of it."""
    return "\n\n".join(told(page) for context in browser.contexts for page in context.pages)


def told(page: Page) -> str:
    """One page, in words; one that does not answer says so."""
    try:
        # Those on top come last in a page, and matter most.
        said = page.locator("body").aria_snapshot(timeout=PATIENCE)[-MOST:]
        return f"{page.url}\nfocus: {page.evaluate(FOCUS)}\n{said}"
    except Error as error:
        return f"{page.url}\n{error}"
