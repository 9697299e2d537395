"""Preflight, restart, plan and administration in a real browser, from 390 to 1920 pixels, light and dark."""

from __future__ import annotations

import pytest
from support.screenshots import keep
from support.signed_in import sign_in

pytestmark = pytest.mark.browser
PAGES = {
    "ada": ["me", "open/@ada/mnist", "open/@ada/deep", "new", "@ada/mnist/settings"],
    "admin": ["admin", "me"],
}


@pytest.fixture
def visit(planned, browser):
    """Open a page of the service as somebody; at the end everything is closed."""
    contexts = []

    def visit(name, path, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        sign_in(context, planned.person(name))
        # JupyterHub itself is not here: arriving at its spawn page is all that counts.
        context.route("**/hub/spawn/**", lambda route: route.fulfill(body="<title>Spawn</title>"))
        page = context.new_page()
        page.goto(f"{planned.site.url}{path}")
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def busy(planned):
    """ada has servers on other things than her labs want, and there are GPUs that somebody holds."""
    planned.open("ada", "ada/mnist", "pytorch")
    planned.open("ada", "ada/digits")
    gpus = [
        {
            "id": "GPU-1",
            "name": "A100",
            "memory": 40_000_000_000,
            "holders": [{"user": "eve", "lab": "eve/x"}],
        }
    ]
    queue = [{"user": "bob", "lab": "bob/y", "position": 1}]
    warm = [{"environment": "python", "ready": 2, "memory_bytes": 400_000_000}]
    body = {"gpus": gpus, "queue": queue, "warm": warm}
    assert planned.site.as_("spawner").put("api/v1/hub/status", json=body).is_success
    return planned


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("who", PAGES)
def test_no_page_scrolls_sideways_or_breaks_its_policy(visit, who, scheme):
    problems = []
    page = visit(who, "docs/api", color_scheme=scheme)
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    for path in PAGES[who]:
        page.goto(page.url.partition("/mlabs/")[0] + "/mlabs/" + path)
        for width in (390, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    assert problems == []


def test_a_meter_is_read_aloud(busy, visit):
    page = visit("ada", "me")
    meter = page.get_by_role("meter", name="Open servers")
    assert meter.get_attribute("aria-valuetext") == "2 of 2"


def test_a_restart_goes_on_by_itself_once_the_server_is_gone(busy, visit, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.web.pages.start.PATIENCE", 0.05)
    busy.hub.slow = True
    page = visit("ada", "open/@ada/mnist")
    page.get_by_role("button", name="Restart and open").click()
    page.get_by_role("status").filter(has_text="Your files are kept").wait_for()
    page.get_by_role("progressbar", name="Stopping the server").wait_for()
    keep(page, "restarting")
    busy.hub.finish()
    page.wait_for_url("**/hub/spawn/ada/mnist?**")
    assert busy.hub.asked == [("ada", "mnist")]


def test_the_keyboard_alone_stops_a_server_and_opens_the_lab(busy, visit):
    page = visit("ada", "open/@ada/deep")
    stop = page.get_by_role("button", name="Stop the server of ada/digits")
    stop.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop the server of ada/digits").wait_for(state="detached")
    assert busy.hub.asked == [("ada", "digits")]
    page.get_by_role("button", name="Open without the GPU").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/hub/spawn/ada/deep?**")


def test_a_double_click_forks_once(busy, visit):
    page = visit("bob", "fork/@ada/mnist")
    page.get_by_role("button", name="Fork and open").dblclick()
    page.wait_for_url("**/hub/spawn/bob/mnist?**")
    forks = busy.site.as_("bob").get("api/v1/labs?owner=bob").json()["items"]
    assert [lab["name"] for lab in forks] == ["mnist"]


def test_an_administrator_changes_a_plan(busy, visit):
    page = visit("admin", "admin")
    plan = page.get_by_label("Plan of ada", exact=True)
    plan.select_option("pro")
    page.get_by_role("button", name="Save the plan of ada").click()
    page.wait_for_url("**/admin")
    assert page.get_by_label("Plan of ada", exact=True).input_value() == "pro"
    assert busy.site.as_("ada").get("api/v1/me").json()["plan"]["name"] == "pro"
