"""The trainer without a network, in a real browser: after one visit it trains with its service gone."""

from __future__ import annotations

import asyncio

import pytest
from service.web.test_trainer_browser import LONG, SCORE, STATIC, score, train
from support.signed_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "build/offline.js").exists(), reason="the UI is not built: python ui/build.py"
    ),
]


def take_down(site) -> None:
    """The service listens no more, and hangs up."""

    async def end() -> None:
        site.service.server.stop()
        await site.service.server.close_all_connections()

    asyncio.run_coroutine_threadsafe(end(), site.loop).result(20)


KEPT = """async () => {
  const kept = {};
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      kept[new URL(request.url).pathname] = await (await caches.match(request)).text();
  return kept;
}"""


def test_after_one_visit_it_trains_without_its_service(start_site, browser, monkeypatch):
    site = start_site()
    site.service.stock()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    sign_in(context, site.session("ada"))
    page = context.new_page()
    page.set_default_timeout(LONG)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{site.url}trainer")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    kept = page.evaluate(KEPT)
    base = site.service.base_url
    assert set(kept) > {f"{base}trainer", f"{base}trainer/workers/trainer.js", f"{base}static/trainer.css"}
    # Who was there is not kept, and neither is what the service answers to them.
    assert "ada" not in kept[f"{base}trainer"] and "Sign in" in kept[f"{base}trainer"]
    assert not [path for path in kept if "/api/" in path or "/models/" in path]

    # Another version takes over once nobody looks at the old one, and the old one's files go.
    [before] = page.evaluate("caches.keys()")
    known = site.service.static._addresses
    monkeypatch.setitem(known, "trainer.css", known["trainer.css"] + "0")
    page.reload()
    page.wait_for_function(
        "() => navigator.serviceWorker.getRegistration().then((it) => it.waiting !== null)"
    )
    page.goto("about:blank")
    page.goto(f"{site.url}trainer")
    page.wait_for_function(
        "(old) => caches.keys().then((names) => names.length === 1 && !names.includes(old))", arg=before
    )

    take_down(site)
    context.set_offline(True)
    assert page.evaluate("fetch('api/v1/labs').then(() => 'there', () => 'away')") == "away"
    page.reload()
    page.check("[data-sample='two-moons']")
    page.wait_for_selector("#train")
    train(page, epochs="40")
    page.wait_for_selector(SCORE.format("validation"))
    assert score(page, "validation") >= 0.9
    page.click("#test")
    page.wait_for_selector(SCORE.format("test"))
    assert problems == []
    context.close()
