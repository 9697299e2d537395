"""A service with labs of every kind in it, and eyes for HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from service.watched_runs import begin
from support.fake_hub import TOKEN, FakeHub
from support.hostile import Evil, evil_site
from support.plain import PLAIN
from support.post_office import receiver
from traitlets.config import Config
from ulid import ULID

PLANS = {
    "free": {
        "cpu_hours": 10,
        "concurrent_servers": 2,
        "storage": "1M",
        "environments": ["python", "pytorch"],
    },
    "pro": {"groups": ["pro"], "gpu_hours": 20, "concurrent_servers": 5},
}
# Of the model that `models` has.
PAGE = "@ada/models/sum"
RUN, OPEN_RUN, DRAFT_RUN = (f"01JCQ3W3T9V0Q8X5H7ZK2M000{n}" for n in (1, 2, 3))


class Html(HTMLParser):
    """A page as its elements: `(tag, attributes)` in order, and its visible text."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.hidden = 0
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        """The attributes of each such element."""
        return [a for t, a in self.elements if t == tag and wanted.items() <= a.items()]

    def links(self) -> list[str]:
        return [a["href"] or "" for a in self.all("a") if "href" in a]


@dataclass
class Town:
    """The service and who visits it; `get("bob", path)` is what bob sees."""

    site: Any
    people: dict[str | None, httpx.Client] = field(default_factory=dict)

    def person(self, name: str | None) -> httpx.Client:
        if name not in self.people:
            self.people[name] = self.site.session(name) if name else self.site.client()
            self.people[name].headers.update({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"})
        return self.people[name]

    def get(self, name: str | None, path: str) -> httpx.Response:
        return self.person(name).get(path)

    def page(self, name: str | None, path: str, status: int = 200) -> Html:
        answer = self.get(name, path)
        assert answer.status_code == status, answer.text
        return Html(answer.text)

    def send(self, name: str, path: str, form: str | None = None, **fields: str) -> httpx.Response:
        """Send the form of the page `form` as a browser does, with the token that the page carries."""
        page = self.page(name, form or path)
        person = self.person(name)
        token = page.all("input", name="_xsrf")[0]["value"]
        headers = {k: v for k, v in person.headers.items() if k.lower() != "x-xsrftoken"}
        given = {"headers": headers, "cookies": person.cookies, "timeout": 90, "verify": PLAIN}
        with httpx.Client(base_url=person.base_url, **given) as bare:
            return bare.post(path, data=fields | {"_xsrf": token})


def without_nonce(text: str) -> str:
    """A page less what differs at every request."""
    return re.sub(r'nonce="[\w-]+"', "nonce", text)


@pytest.fixture
def evil() -> Iterator[Evil]:
    """A site that waits for what it can get."""
    with evil_site() as site:
        yield site


@pytest.fixture
def empty_town(site: Any) -> Town:
    """A service with nothing in it."""
    return Town(site)


@pytest.fixture
def town(site: Any, make_notebook: Any) -> Iterator[Town]:
    """ada has labs of each kind with runs, bob a fork and a lab whose title is an attack."""
    yield settled(site)


def settled(site: Any) -> Town:
    """That, at a service of any fixture's."""
    site.publish("ada", name="mnist", title="MNIST from scratch", description="Numpy only.", tags=["vision"])
    site.publish("ada", name="secret", title="Secret plan", visibility="private")
    site.publish("ada", name="hidden", title="Half hidden", visibility="unlisted")
    ada, bob = site.as_("ada"), site.as_("bob")
    ok(ada.post("api/v1/labs", json={"name": "draft", "title": "Only begun"}))
    attack = '"><script>alert(1)</script>'
    site.publish("bob", name="attack", title=attack, description="<img src=x onerror=alert(1)>")
    record(ada, RUN, "ada/mnist", "succeeded")
    record(ada, OPEN_RUN, "ada/mnist", None)
    record(ada, DRAFT_RUN, "ada/draft", "failed")
    ok(bob.post("api/v1/labs/ada/mnist/fork", json={}))
    return Town(site)


@dataclass
class Planned(Town):
    """The same with plans, GPUs, and a hub that servers can be stopped at."""

    hub: FakeHub = field(kw_only=True)

    def open(
        self,
        user: str,
        lab: str,
        environment: str = "python",
        accelerator: str = "none",
        image: str | None = None,
        started: bool = True,
        **more: Any,
    ) -> str:
        """A server of theirs, in the ledger and at the hub; its id."""
        spawner, server = self.site.as_("spawner"), str(ULID())
        name = lab.rpartition("/")[2]
        asked = {"id": server, "user": user, "lab": lab, "server": name, "environment": environment}
        ok(spawner.post("api/v1/servers", json=asked | {"accelerator": accelerator} | more))
        if started:
            now = datetime.now(UTC).isoformat()
            ok(spawner.patch(f"api/v1/servers/{server}", json={"started": now, "image": image}))
        self.hub.run(user, name)
        return server


@pytest.fixture
def run(site: Any) -> str:
    """An open run of ada's lab `x`, which everybody may watch."""
    site.publish(name="x")
    return begin(site)


@pytest.fixture
def planned(start_site: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planned]:
    """ada has labs, one of them on a GPU; her plan is `free`. Pages wait for stops on slow machines too."""
    for page in ("start", "servers"):
        monkeypatch.setattr(f"mlabs_ext.service.web.pages.{page}.PATIENCE", 60)
    config = Config()
    config.Plans.plans = PLANS
    config.Catalogue.local = False
    site = start_site(config)
    site.publish("ada", name="mnist", title="MNIST from scratch")
    site.publish("ada", name="digits", title="Digits")
    site.publish("ada", name="deep", title="Deep", environment="pytorch", accelerator="gpu")
    hub = FakeHub()
    site.service.hub.api_url, site.service.hub.token = hub.url, TOKEN
    yield Planned(site, hub=hub)
    hub.close()


def ok(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def record(owner: httpx.Client, run: str, lab: str, status: str | None) -> None:
    """A run of one cell, which ends with `status` or goes on."""
    start = datetime.now(UTC) - timedelta(minutes=5)
    body = {"id": run, "lab": lab, "started": start.isoformat(), "environment": "python"}
    ok(owner.post("api/v1/runs", json=body))
    failed = status == "failed"
    error = {"output_type": "error", "ename": "ValueError", "evalue": "<b>bad</b>", "traceback": []}
    stream = {"output_type": "stream", "name": "stdout", "text": "2\n"}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("execute", {"execution": "e", "code": "1 + 1", "execution_count": 1}),
        ("output", {"execution": "e", "output": error if failed else stream}),
        ("done", {"execution": "e", "status": "error" if failed else "ok", "duration": 72.0}),
    ]
    steps += [("end", {"status": status})] if status else []
    events = [
        {
            "seq": n,
            "type": kind,
            "time": (start + timedelta(seconds=24 * n)).isoformat(),
            "cell": "cell-1",
            "data": data,
        }
        for n, (kind, data) in enumerate(steps, 1)
    ]
    ok(owner.post(f"api/v1/runs/{run}/events", json={"events": events}))


@pytest.fixture
def place(start_site: Any, make_notebook: Any) -> Iterator[SimpleNamespace]:
    """A town that may import from one place: `place.pages["/x.ipynb"]` is what is there."""
    with receiver() as shelf:
        shelf.status, shelf.answer = 404, b"absent"
        allowed = {"allowed_networks": ["127.0.0.1/32"], "ports": [shelf.port]}
        site = start_site(Config(Destinations=allowed), public_url="http://labs.test")
        nb = make_notebook("# Digits", "import torch", "open('/kaggle/input/mnist/x')")
        nb["cells"][1]["metadata"] = {"executionInfo": {"user": {"displayName": "Ada"}}}
        nb["metadata"] = {"accelerator": "GPU"}
        shelf.pages["/x.ipynb"] = json.dumps(nb | {"nbformat_minor": 4}).encode()
        home = f"http://127.0.0.1:{shelf.port}"
        yield SimpleNamespace(town=Town(site), site=site, shelf=shelf, home=home, pages=shelf.pages)


@pytest.fixture
def models(start_site: Any) -> Iterator[Town]:
    """ada's model sum, of two versions, and what was refused."""
    from support.models import converting, doubling, upload

    with converting(start_site()) as site:
        ada = site.as_("ada")
        assert (
            upload(ada, doubling(), name="sum", title="The sum", description="Adds `a` and b.").status_code
            == 201
        )
        assert upload(ada, doubling(3.0), "models/ada/sum/versions", message="By three").status_code == 201
        yield Town(site)
