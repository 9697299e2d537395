"""Two people in front of JupyterLab and MLabs' pages: one with a mouse, one with nothing but a keyboard."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Protocol

from playwright.sync_api import Locator, Page, TimeoutError, expect

from support.keyboard import Keyboard, press_until
from support.waiting import until

# The furthest that anybody should have to go by Tab.
FAR = 40
FOCUSED = "element => element === document.activeElement"
WITHIN = "element => element.contains(document.activeElement)"
BEFORE = "element => Boolean(document.activeElement.compareDocumentPosition(element) & 2)"
# What shows where the focus is: a ring, of the element or of the label around it.
RING = """() => {
  const rings = element => {
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element);
    return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  };
  const focused = document.activeElement;
  return [focused, ...(focused.labels || [])].some(rings);
}"""
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook"
CELL = f"{NOTEBOOK} .jp-Cell"
ACTIVE = f"{NOTEBOOK} .jp-Cell.jp-mod-active"


class Hand(Protocol):
    """What a person does, by whichever means."""

    page: Page

    def activate(self, what: Locator) -> None:
        """Press a button, or follow a link."""

    def write(self, field: Locator, text: str) -> None:
        """Put a text into a field, in place of what is there."""

    def check(self, radio: Locator) -> None:
        """Choose one of several."""

    def choose(self, select: Locator, index: int) -> None:
        """Choose an entry of a list."""

    def command(self, menu: str, entry: str) -> None:
        """Choose an entry of a menu, or a command of the palette."""

    def edit(self, line: str) -> None:
        """Put the cursor at the end of the first line of the notebook that has this text."""

    def panel(self, tab: str, command: str) -> None:
        """Show a panel of the right sidebar."""


class Mouse:
    """Clicks, and types where that led."""

    def __init__(self, page: Page):
        self.page = page

    def activate(self, what: Locator) -> None:
        what.click()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def check(self, radio: Locator) -> None:
        radio.check()

    def choose(self, select: Locator, index: int) -> None:
        select.select_option(index=index)

    def command(self, menu: str, entry: str) -> None:
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{menu}$")).click()
        self.page.locator(".lm-Menu-item", has_text=re.compile(f"^{re.escape(entry)}")).first.click()

    def edit(self, line: str) -> None:
        self.page.locator(f"{CELL} .cm-line", has_text=line).first.click()
        self.page.keyboard.press("End")

    def panel(self, tab: str, command: str) -> None:
        tab_of = self.page.get_by_role("tab", name=tab)
        if tab_of.get_attribute("aria-selected") != "true":
            tab_of.click()


class Keys:
    """Tab, arrows, Enter, and the command palette; sees where the focus is at each stop."""

    def __init__(self, page: Page):
        self.page = page
        self.keyboard = Keyboard(page)

    def reach(self, what: Locator, most: int = FAR) -> None:
        """Press Tab, or Shift+Tab where it is further up, until it has the focus."""
        what.wait_for()
        if self.page.locator(".cm-content:focus").count():
            # An editor takes Tab for itself.
            self.page.keyboard.press("Escape")
        key = "Shift+Tab" if what.evaluate(BEFORE) else "Tab"
        trail = []
        while not what.evaluate(FOCUSED):
            assert len(trail) < most, f"{what} is not reached by {key}: {trail}"
            self.page.keyboard.press(key)
            trail.append(self.stop())

    def stop(self) -> str:
        """Where the focus is, which has to be seen."""
        at = self.keyboard.focus()
        if at is None:
            return "the page"
        said = f"{at[1]['tag']} {at[1]['name'][:40]}"
        until(lambda: self.keyboard.sees(at[0]), 5, lambda: f"seen: {said}")
        return said

    def activate(self, what: Locator) -> None:
        self.reach(what)
        assert self.page.evaluate(RING), f"nothing shows that {what} has the focus"
        self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def check(self, radio: Locator) -> None:
        """By the arrows, from the one of the group that is chosen."""
        name = radio.get_attribute("name")
        group = self.page.locator(f"input[type=radio][name='{name}']")
        self.reach(group.and_(self.page.locator(":checked")))
        for _ in range(group.count()):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        expect(radio).to_be_checked()

    def choose(self, select: Locator, index: int) -> None:
        self.reach(select)
        self.page.keyboard.press("Home")
        for _ in range(index):
            self.page.keyboard.press("ArrowDown")

    def command(self, menu: str, entry: str) -> None:
        """Ask the palette, again where a page that has just opened took the focus to its notebook."""
        palette = self.page.locator("#command-palette")
        chosen = palette.locator(".lm-CommandPalette-item.lm-mod-active")
        field = palette.locator("input")

        def found() -> bool:
            if not field.is_visible():
                self.page.keyboard.press("Control+Shift+c")
                with suppress(TimeoutError):
                    field.wait_for(timeout=5_000)
            elif field.input_value() != entry:
                # Not letter by letter: each would be a command where the focus is gone.
                self.page.keyboard.press("Control+a")
                self.page.keyboard.insert_text(entry)
            return chosen.count() == 1 and entry in chosen.inner_text()

        until(found)
        self.page.keyboard.press("Enter")

    def edit(self, line: str) -> None:
        """From the notebook or a panel beside it: to the cell by the arrows, and in it to the line."""
        keys = self.page.keyboard
        keys.press("Escape")
        active = self.page.locator(ACTIVE)
        expect(active).to_be_focused()
        # Of cells that are out of sight, there is no text that shows.
        sources = self.page.locator(CELL).all_text_contents()
        at = next(number for number, source in enumerate(sources) if line in source)
        now = int(active.get_attribute("data-windowed-list-index") or 0)
        for _ in range(abs(at - now)):
            keys.press("ArrowDown" if at > now else "ArrowUp")
        expect(active).to_contain_text(line)
        # Until the editor has the focus, keys are the notebook's.
        editor = active.locator(".cm-content")
        press_until(self.page, "Enter", lambda: editor.evaluate(FOCUSED))
        keys.press("Control+Home")
        lines = active.locator(".cm-line").all_inner_texts()
        for _ in range(next(number for number, each in enumerate(lines) if line in each)):
            keys.press("ArrowDown")
        keys.press("End")

    def panel(self, tab: str, command: str) -> None:
        self.command("View", command)
