"""Sharing in a real browser: a link from another site, without an account, until it is revoked."""

from __future__ import annotations

import pytest
from service.web.test_live_browser import Training, built, notebook
from support.foreign_site import foreign_site
from support.screenshots import keep

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]
__all__ = ["built"]
SHARES = "api/v1/labs/ada/secret/shares"


@pytest.fixture
def training(site):
    """A run that goes on, of a private lab."""
    training = Training(site, "secret")
    site.as_("ada").patch("api/v1/labs/ada/secret", json={"visibility": "private"})
    training.execute()
    training.prints("epoch 1\n")
    return training


def test_a_reader_without_an_account_follows_a_link_until_it_is_revoked(site, training, browser):
    link = site.as_("ada").post(f"{SHARES}/links", json={}).json()
    with foreign_site() as blog:
        blog.page = f'<!doctype html><title>Blog</title><a href="{site.url}s/{link["secret"]}">Read</a>'
        page = browser.new_page()
        asked = []
        page.on("request", lambda request: asked.append((request.url, request.headers.get("referer", ""))))
        page.goto(blog.url)
        page.click("a")
        notebook(page, "Hello")
    assert page.url == f"{site.url}@ada/secret"
    assert page.evaluate("document.cookie") == ""
    assert [url for url, _ in asked if link["secret"] in url] == [f"{site.url}s/{link['secret']}"]
    assert not [referrer for _, referrer in asked if link["secret"] in referrer]
    page.goto(training.url)
    notebook(page, "epoch 1")
    training.prints("epoch 2\n")
    notebook(page, "epoch 2")
    site.as_("ada").delete(f"{SHARES}/links/{link['id']}")
    training.prints("epoch 3\n")
    with page.expect_response(lambda answer: answer.url == training.url) as answered:
        page.reload()
    assert answered.value.status == 404
    assert "epoch" not in page.content()
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_of_shares_fits_and_works_with_the_keyboard(site, browser, width):
    site.publish("ada", name="secret", title="Secret plan", visibility="private")
    ada = site.as_("ada")
    for who, fields in (("bob", {"access": "edit"}), ("a-course-with-a-long-name-" * 4, {"kind": "group"})):
        ada.put(f"{SHARES}/{who}", json=fields)
    ada.post(f"{SHARES}/links", json={"name": "For the review", "expires": "2099-01-01T00:00:00Z"})
    session = site.session("ada").cookies.jar
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": one.name, "value": one.value, "url": site.url} for one in session])
    page = context.new_page()
    page.goto(f"{site.url}@ada/secret/sharing")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.focus("#who")
    page.keyboard.type("carol")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=carol")
    assert {one["name"] for one in ada.get(SHARES).json()["items"]} >= {"carol"}
    page.focus("#label")
    page.keyboard.type("Mine")
    page.keyboard.press("Enter")
    page.wait_for_selector("#made")
    keep(page, f"sharing-{width}")
    address = page.input_value("#made")
    assert context.request.get(address, max_redirects=0).status == 303
    context.close()
