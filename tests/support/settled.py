"""When a page and its frames have come to rest, so that what they had to say has been said."""

from __future__ import annotations

import time

from playwright.sync_api import Error, Page

# Nothing new for so many seconds is rest; a page has so many to get there.
REST = 0.5
PATIENCE = 120.0
STATE = "() => [document.readyState, performance.getEntriesByType('resource').length]"


def settle(page: Page, patience: float = PATIENCE) -> None:
    """Wait until all frames are loaded and have asked for nothing more for REST; names those that do not end.

    The browser's own "networkidle" never comes where the end of one request of a frame is lost.
    """
    end = time.monotonic() + patience
    before, since = state(page), time.monotonic()
    while time.monotonic() < since + REST or not all(one[0] == "complete" for one in before.values()):
        assert time.monotonic() < end, before
        page.wait_for_timeout(50)
        now = state(page)
        if now != before:
            before, since = now, time.monotonic()


def state(page: Page) -> dict[str, tuple[str, int]]:
    """How far each frame is by its address, and how much it has asked for."""
    found = {}
    for number, frame in enumerate(page.frames):
        try:
            ready, asked = frame.evaluate(STATE)
        except Error as error:
            ready, asked = f"{error}"[:80], 0
        found[f"{number} {frame.url[:200]}"] = (ready, asked)
    return found
