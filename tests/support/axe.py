"""What axe-core finds in a part of a page that keeps people out."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# WCAG 2.2 AA.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page, part: str) -> list[str]:
    """What matters of it, in words, inside the element that a selector finds."""
    assert page.locator(part).count() == 1, part
    found = Axe().run(page, context={"include": [[part]]}, options={"runOnly": RULES})
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
        for each in found.response["violations"]
        for node in each["nodes"][:3]
    ]
