"""Chromium, started for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from support import needs, steady_network

# For a container without a sandbox, and no calls home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A camera that shows a picture of its own; pages still have to be allowed to use it.
    "--use-fake-device-for-media-stream",
)


@contextmanager
def chromium(*flags: str, whole: bool = False) -> Iterator[Browser]:
    """A browser with more flags, one with cameras if `whole`; while it runs, no async test can."""
    needs.insist("browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needs.chromium(whole), args=[*FLAGS, *flags], env=steady_network.environ()
        )
        yield browser
        browser.close()
