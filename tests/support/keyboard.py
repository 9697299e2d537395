"""A person who has a keyboard and nothing else: where its focus is, and whether they can see that."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.sync_api import Frame, Page

from support.waiting import NotInTime, until

# What has the focus in a document, and which part of it is within the document's window.
FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const label = element.labels && element.labels[0] && element.labels[0].textContent;
  const said = element.getAttribute("aria-label") || label || element.textContent || element.title;
  const before = window.focusedBefore;
  window.focusedBefore = element;
  const moved = before && before.isConnected && before !== element;
  const follows = !moved || Boolean(before.compareDocumentPosition(element) & 4);
  return {name: (said || "").trim().replace(/\\s+/g, " "), tag: element.localName, id: element.id, follows};
}"""
# Whether some of it is there to be seen: a point of it within the window with nothing else above it.
SEEN = """() => {
  const element = document.activeElement;
  const shows = (x, y) => {
    const hit = document.elementFromPoint(x, y);
    return hit && (element.contains(hit) || [...(element.labels || [])].some(each => each.contains(hit)));
  };
  return [...element.getClientRects()].some(({left, top, width, height}) =>
    [0.1, 0.5, 0.9].some(across => {
      const from = Math.max(top, 0), to = Math.min(top + height, innerHeight);
      return [0.1, 0.5, 0.9].some(down => shows(left + width * across, from + (to - from) * down));
    }));
}"""
# The same of an element in the frame that has the focus: the frame is as high as its document.
WITHIN = """({left, top, width, height}) => {
  const frame = document.activeElement, around = frame.getBoundingClientRect();
  return [0.1, 0.5, 0.9].some(part => {
    const x = Math.min(Math.max(around.left + left + width * part, 0), innerWidth - 1);
    const from = Math.max(around.top + top, 0), to = Math.min(around.top + top + height, innerHeight);
    return from <= to && [0.1, 0.5, 0.9].some(down =>
      document.elementFromPoint(x, Math.min(from + (to - from) * down, innerHeight - 1)) === frame);
  });
}"""
RECT = "() => { const r = document.activeElement.getBoundingClientRect();" + (
    " return {left: r.left, top: r.top, width: r.width, height: r.height}; }"
)


def press_until(page: Page, key: str, happened: Callable[[], object]) -> None:
    """Press a key until what it is for has happened.

    JupyterLab passes one by that comes while it saves for another, and a busy one before it takes the focus.
    """
    for patience in (5, 15, 60):
        page.keyboard.press(key)
        with suppress(NotInTime):
            until(happened, patience)
            return
    raise NotInTime(f"nothing came of {key}: {happened}")


class Keyboard:
    """Tab, Enter and arrows on a page. Each stop of the Tab key must be seen, and follow the one before."""

    def __init__(self, page: Page):
        self.page = page
        self.trail: list[str] = []

    def press(self, key: str) -> None:
        """Press a key, whatever comes of it."""
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self.page.keyboard.type(text)

    def focus(self) -> tuple[Frame, dict[str, Any]] | None:
        """The frame that has the focus, and what of it; None where it is at the page's beginning or end."""
        frame = self.page.main_frame
        found = frame.evaluate(FOCUS)
        while found and found["tag"] == "iframe":
            handle = frame.evaluate_handle("() => document.activeElement").as_element()
            inner = handle and handle.content_frame()
            within = inner and inner.evaluate(FOCUS)
            if not within:
                break
            frame, found = inner, within
        return (frame, found) if found else None

    def tab(self, key: str = "Tab") -> tuple[Frame, dict[str, Any]] | None:
        """Go to the next stop, which is seen."""
        self.press(key)
        at = self.focus()
        if at is None:
            self.page.evaluate("() => { window.focusedBefore = null; }")
        else:
            frame, found = at
            self.trail.append(f"{found['tag']} {found['name'][:40]}")
            # The first stop comes after the last.
            again = key != "Tab" or found["name"].startswith("Skip to")
            assert found["follows"] or again, f"out of order: {self.trail[-9:]}"
            # What scrolls there may take its time.
            until(lambda: self.sees(frame), 5, lambda: f"seen at {self.page.url}: {self.trail[-9:]}")
        return at

    def sees(self, frame: Frame) -> bool:
        """Whether some of what has the focus is seen."""
        if frame == self.page.main_frame:
            return frame.evaluate(SEEN)
        return self.page.evaluate(WITHIN, frame.evaluate(RECT))

    def to(self, name: str, tag: str = "", most: int = 150) -> dict[str, Any]:
        """Press Tab until what has this in its name has the focus."""
        for _ in range(most):
            at = self.tab()
            if at and name in at[1]["name"] and tag in ("", at[1]["tag"]):
                return at[1]
        raise AssertionError(f"{name!r} is not reached by Tab: {self.trail[-most:]}")

    def follow(self, name: str, address: str) -> None:
        """Go to a link or button of that name and press Enter, which leads on to an address."""
        self.to(name)
        self.press("Enter")
        self.page.wait_for_url(address)
