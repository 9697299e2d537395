"""What axe-core finds in a part of a page that keeps people out."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

# WCAG 2.2 AA.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The same, and what helps beyond it.
ALL = [*RULES, "best-practice"]
THEMES = ("JupyterLab Dark", "JupyterLab Light")
# Needs `--LabApp.expose_app_in_browser`: the menus are out of reach while a dialog is open.
CHANGE = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"


def violations(page: Page, part: str, rules: list[str] = RULES) -> list[str]:
    """What matters of it, in words, inside the element that a selector finds."""
    assert page.locator(part).count() == 1, part
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, context={"include": [[part]]}, options=options)
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
        for each in found.response["violations"]
        for node in each["nodes"][:3]
    ]


def use_theme(page: Page, theme: str) -> None:
    """Have JupyterLab or Notebook 7 look so, whatever is open in it."""
    page.evaluate(CHANGE, theme)
    light = str(theme == "JupyterLab Light").lower()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)
    # It lies over all that is looked at.
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)


def in_both_themes(page: Page, part: str, rules: list[str] = RULES) -> list[str]:
    """The same as `violations`, in the dark and then in the light."""
    found = []
    for theme in THEMES:
        use_theme(page, theme)
        found += [f"{theme}: {each}" for each in violations(page, part, rules)]
    return found
