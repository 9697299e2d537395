"""Somebody in front of a real hub's JupyterLab, and another one, whose lab they fork."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from support.hands import Hand, Keys, Mouse
from support.person import Person
from support.screenshots import keep
from support.up import Up

# Milliseconds: a start installs the environment where no test did before; a run starts a server of its own.
START, RUN, SOON = 300_000, 120_000, 60_000


@dataclass
class Story:
    """Somebody who tells it, and another one, whose lab they fork."""

    up: Up
    browser: Browser
    kind: type[Mouse] | type[Keys]
    me: str
    other: str

    def begin(self) -> None:
        self.step = 0
        self.theirs = Person(self.up.url, self.other, self.up.password)
        self.hand = self.signed_in(self.me)
        self.page = self.hand.page

    def signed_in(self, name: str) -> Hand:
        context = self.browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.set_default_timeout(SOON)
        hand = self.kind(page)
        page.goto(f"{self.up.url}/hub/login?next=/services/mlabs/me")
        hand.write(page.get_by_label(re.compile("user ?name", re.I)), name)
        hand.write(page.get_by_label(re.compile("password", re.I)).first, self.up.password)
        hand.activate(page.get_by_role("button", name=re.compile("sign in", re.I)))
        page.get_by_role("heading", name=name).wait_for()
        return hand

    def end(self) -> None:
        self.theirs.close()
        for context in self.browser.contexts:
            context.close()

    def keep(self, name: str, page: Page | None = None) -> None:
        self.step += 1
        keep(page or self.page, f"story-{self.kind.__name__.lower()}-{self.step:02}-{name}")

    # what is there

    def dialog(self, name: str) -> Locator:
        return self.page.get_by_role("dialog", name=re.compile(f"^{name}"))

    @property
    def bar(self) -> Locator:
        return self.page.get_by_role("region", name="This lab")

    @property
    def runs(self) -> Locator:
        return self.page.get_by_role("region", name="History").get_by_role("listitem")

    def opened(self, heading: str) -> None:
        """Wait for JupyterLab, its notebook and its kernel: a cell that is run before that does nothing."""
        self.page.locator(".jp-Notebook").get_by_role("heading", name=heading).wait_for(timeout=START)
        status = self.page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle$")).first
        status.wait_for(timeout=START)


def notebook(text: str, *code: str) -> dict[str, Any]:
    """A notebook of a text cell and code cells."""
    first = {"cell_type": "markdown", "id": "text", "metadata": {}, "source": text}
    more = [
        {"cell_type": "code", "id": f"code-{number}", "metadata": {}, "source": source, "outputs": [],
         "execution_count": None}
        for number, source in enumerate(code)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [first, *more]
    }  # fmt: skip


def sources(content: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in content["cells"]]
