"""Stars, comments and collections in a browser without script, at the width of a telephone and wider."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from support.screenshots import keep
from support.signed_in import sign_in

pytestmark = pytest.mark.browser

LONG = (
    "Look at `"
    + "x" * 120
    + "` and https://nets.example/"
    + "y" * 120
    + "\n\n```\n"
    + "z = 1; " * 40
    + "\n```"
)
PAGES = {
    "bob": [
        "@ada/mnist",
        "@ada/mnist/comments",
        "@ada/mnist/comments?cell=cell-1",
        "@ada",
        "@bob/collections/best",
        "@bob/collections/best/edit",
        "me/stars",
        "me/collections",
        "me/settings/profile",
        "collect/@ada/mnist",
        "report?lab=ada/mnist",
    ],
    "admin": ["admin", "admin/reports", "@ada/mnist", "@ada/hidden"],
    "ada": ["@ada/hidden", "me/notifications"],
}


@pytest.fixture
def visitor(town, browser):
    """Open a window as somebody."""
    contexts = []

    def visitor(name, **options):
        contexts.append(browser.new_context(**options))
        sign_in(contexts[-1], town.person(name))
        return contexts[-1].new_page()

    yield visitor
    for context in contexts:
        context.close()


@pytest.fixture
def busy(town):
    """The town with something of everything that people do."""
    ada, bob, admin = (town.site.as_(name) for name in ("ada", "bob", "admin"))
    said = bob.post("api/v1/labs/ada/mnist/comments", json={"text": LONG, "cell": "cell-1"}).json()["id"]
    hidden = bob.post("api/v1/labs/ada/mnist/comments", json={"text": "Buy it"}).json()["id"]
    made = [
        ada.post("api/v1/labs/ada/mnist/comments", json={"text": "Thanks.", "parent": said}),
        admin.put(f"api/v1/comments/{hidden}/hidden", json={"reason": "Advertising"}),
        ada.patch(
            "api/v1/people/ada", json={"display_name": "Ada", "bio": LONG, "pinned": ["mnist", "hidden"]}
        ),
        bob.post("api/v1/collections", json={"title": "Best", "description": LONG}),
        bob.put("api/v1/collections/bob/best/labs/ada/mnist", json={"note": "A clear one: `numpy` alone."}),
        bob.put("api/v1/collections/bob/best/labs/bob/attack"),
        bob.post("api/v1/reports", json={"lab": "ada/mnist", "reason": LONG[:900]}),
        bob.put("api/v1/labs/ada/mnist/star"),
        admin.put("api/v1/labs/ada/hidden/takedown", json={"reason": "Not about machine learning."}),
    ]
    assert all(answer.is_success for answer in made), [answer.text for answer in made]


def test_they_work_without_script_and_fit_every_width(town, busy, visitor):
    page = visitor("ada", java_script_enabled=False, viewport={"width": 390, "height": 900})
    page.goto(f"{town.site.url}@ada/mnist")
    page.get_by_role("button", name="Star this lab").click()
    expect(page.get_by_role("button", name="Take my star back; it has 2 stars")).to_be_visible()
    page.get_by_label("Your comment on this lab").fill("Said without script.")
    page.get_by_role("button", name="Comment", exact=True).click()
    said = page.get_by_role("article").filter(has_text="Said without script.")
    said.get_by_text("Reply to ada", exact=True).click()
    said.get_by_label("Your reply").fill("And answered.")
    said.get_by_role("button", name="Send the reply").click()
    expect(page.get_by_role("list", name="Replies to ada")).to_contain_text("And answered.")
    for who, paths in PAGES.items():
        page = visitor(who)
        for path in paths:
            page.goto(f"{town.site.url}{path}")
            for width in (390, 1280, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
                keep(page, f"social-{who}-{path.translate(str.maketrans('@/?=', '----'))}-{width}")
