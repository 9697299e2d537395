"""Who opens a run that they were told of has read it; the bell fits into the header of every width."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from support.screenshots import keep
from support.signed_in import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(town, browser):
    """Open a page of the service as ada, who was told of two runs."""
    ada = town.site.as_("ada")
    for status in ("stopped", "failed"):
        run = ada.post("api/v1/labs/ada/mnist/runs", json={}).json()["id"]
        if status == "failed":
            town.site.service.batch_queue.claim()
            town.site.service.batch_queue.refused(run, "There is no such image.")
        else:
            ada.post(f"api/v1/runs/{run}/stop")
    contexts = []

    def visit(path, **options):
        contexts.append(browser.new_context(**options))
        sign_in(contexts[-1], town.person("ada"))
        page = contexts[-1].new_page()
        page.goto(f"{town.site.url}{path}")
        return page

    yield visit
    for context in contexts:
        context.close()


def test_opening_a_run_marks_it_as_read(visit):
    page = visit("me/notifications")
    page.get_by_role("link", name="2 unread notifications").wait_for()
    page.get_by_role("link", name="“MNIST from scratch” was not started: There is no such image.").click()
    page.get_by_role("link", name="1 unread notification", exact=True).wait_for()
    page.goto(page.url.partition("@")[0] + "me/notifications")
    expect(page.get_by_text("Unread", exact=True)).to_have_count(1)
    page.get_by_role("button", name="Mark all as read").click()
    page.get_by_role("link", name="Notifications", exact=True).first.wait_for()
    expect(page.get_by_text("Unread", exact=True)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_at_every_width(visit, scheme):
    problems = []
    page = visit("docs/api", color_scheme=scheme)
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    base = page.url.partition("docs")[0]
    for path in ("", "me/notifications", "me/settings"):
        page.goto(base + path)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
            bell = page.get_by_role("link", name="2 unread notifications")
            place, brand = bell.bounding_box(), page.locator("a.brand").bounding_box()
            assert min(place["height"], place["width"]) >= 40
            assert place["y"] < brand["y"] + brand["height"], "the header has another row"
            assert page.get_by_role("link", name="New lab", exact=True).is_visible()
            keep(page, f"notify-{path.replace('/', '-') or 'explore'}-{width}-{scheme}")
    assert problems == []
