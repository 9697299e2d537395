"""Hostile notebooks before a victim who is signed in: on the lab's page, in an embed, on their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page
from support.hostile import INERT, RUNNING, Evil, armed, merged
from support.signed_in import sign_in
from support.waiting import until

from mlabs_ext.service.render import STATIC

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "render").is_dir(), reason="the UI is not built: python ui/build.py web"
    ),
]
# In every frame, from its first moment on.
LISTEN = "window.told = []; addEventListener('message', e => told.push(e.data));"
BLOG = "<!doctype html><title>safe</title><p id=p>intact</p>"
HOSTS = ["one host", "two hosts"]
# How many frames there are around the notebook.
FRAMES = {"page": 1, "embed": 2, "direct": 0}


@dataclass
class Victim:
    """bob's browser, and what reached the service that only an attack would send."""

    site: Any
    evil: Evil
    context: BrowserContext
    leaks: list[str] = field(default_factory=list)

    def publish(self, book: dict[str, Any]) -> str:
        """The notebook as a new version of the lab; the address of its document."""
        ada, body = self.site.as_("ada"), {"notebook": armed(book, self.evil, self.site.url)}
        if ada.get("api/v1/labs/ada/hostile").is_error:
            self.site.publish("ada", name="hostile", title="Hostile")
        version = ada.post("api/v1/labs/ada/hostile/versions", json=body).json()["number"]
        base = self.site.service.render_url or self.site.url
        return f"{base}render/@ada/hostile/v/{version}"

    def open(self, document: str) -> dict[str, Page]:
        """The lab's page, a blog that embeds it, and the document itself, all loaded side by side."""
        frame = f'<iframe src="{self.site.url}embed/@ada/hostile" width="900" height="300"></iframe>'
        self.evil.pages["/page"] = BLOG + frame
        addresses = {"page": f"{self.site.url}@ada/hostile", "embed": f"{self.evil.url}/page"}
        pages = {}
        for surface, address in (addresses | {"direct": document}).items():
            pages[surface] = self.context.new_page()
            pages[surface].goto(address, wait_until="commit")
        for surface, page in pages.items():
            inside(surface, page).wait_for_selector("text=THE END", state="attached")
        pages["direct"].wait_for_timeout(400)
        return pages


def inside(surface: str, page: Page) -> Frame:
    """The frame that holds the rendered notebook, which may be the whole page."""
    frame = page.main_frame
    for _ in range(FRAMES[surface]):
        frame = framed_by(frame)
    return frame


def framed_by(frame: Frame) -> Frame:
    """What it frames; for a moment, while that takes up another document, it has none."""
    return until(lambda: frame.wait_for_selector("iframe", state="attached").content_frame())


@pytest.fixture(params=HOSTS)
def victim(request, site, evil, browser: Browser) -> Iterator[Victim]:
    if request.param == "two hosts":
        site.service.render_url = site.url.replace("127.0.0.1", "localhost")
    context = browser.new_context()
    context.add_init_script(LISTEN)
    sign_in(context, site.session("bob"))
    made = Victim(site, evil, context)
    log = site.service.web.settings["log_function"]

    def watched(handler):
        if "leak" in handler.request.uri:
            made.leaks.append(f"{handler.request.method} {handler.request.uri} {handler.viewer.name}")
        log(handler)

    site.service.web.settings["log_function"] = watched
    yield made
    context.close()


def check(victim: Victim, book: dict[str, Any], inert: bool) -> None:
    """Nothing got out of the notebook, wherever it is looked at."""
    document = victim.publish(book)
    pages = victim.open(document)
    for surface, page in pages.items():
        frame = inside(surface, page)
        assert frame.evaluate("() => self.origin") == "null", surface
        told = (frame.parent_frame or frame).evaluate("() => told")
        stolen = [each["stolen"] for each in told if "stolen" in each]
        # It ran, or it did not; it took nothing.
        assert set(stolen) == (set() if inert else {"ran"}), surface
        if frame.parent_frame:
            assert page.locator("#evilform, #act, [data-owned]").count() == 0
    assert pages["page"].title().startswith("Hostile")
    assert pages["page"].url == f"{victim.site.url}@ada/hostile"
    assert pages["embed"].inner_text("#p") == "intact"
    assert pages["embed"].title() == "safe"
    around = pages["embed"].evaluate("() => told")
    assert {each["context"] for each in around} == {"iframe.resize"}
    assert all(each.keys() == {"context", "height"} for each in around)
    assert pages["direct"].url == document
    assert len(victim.context.pages) == len(pages)
    assert victim.evil.seen == victim.leaks == []
    assert victim.site.as_("ada").get("api/v1/labs/ada/hostile").json()["stars"] == 0


@pytest.mark.parametrize("books", [RUNNING, INERT], ids=["running", "inert"])
def test_hostile_notebooks_reach_nothing(victim, subtests, books):
    # With one host each by itself, with two all at once: what differs there is the wall, not the notebook.
    two = bool(victim.site.service.render_url)
    for kind, book in ({"all": merged(books)} if two else books).items():
        with subtests.test(kind):
            check(victim, book, books is INERT)
        for page in victim.context.pages:
            page.close()
        victim.evil.seen.clear()
        victim.leaks.clear()
