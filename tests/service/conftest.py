"""A real service, real databases and real HTTP; the one fake is JupyterHub's answer about a token."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from service.run_bench import create
from sqlalchemy import create_engine, text
from support.known_tokens import ACCESS, TOKENS, KnownTokens, person
from support.plain import PLAIN
from support.tested_service import TestedService
from tornado.web import create_signed_value
from traitlets.config import Config

from mlabs_ext import wire
from mlabs_ext.catalogue import Catalogue
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.app import MLabsService
from mlabs_ext.service.assets import Assets
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.labs import Labs
from mlabs_ext.service.people import People
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.runs import Runs
from mlabs_ext.service.servers import Servers
from mlabs_ext.service.store import Store
from mlabs_ext.service.versions import Versions
from mlabs_ext.service.viewers import Viewer

BASE = "/services/mlabs/"


def cells(*sources: str) -> dict[str, Any]:
    """A small valid notebook: Markdown where a source starts with '#', else code."""
    made = []
    for n, source in enumerate(sources):
        kind = "markdown" if source.startswith("# ") else "code"
        cell = {"id": f"cell-{n}", "cell_type": kind, "metadata": {}, "source": source}
        made.append(cell if kind == "markdown" else cell | {"outputs": [], "execution_count": None})
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}


@pytest.fixture(scope="session")
def make_notebook() -> Callable[..., dict[str, Any]]:
    return cells


@dataclass
class Site:
    """A running service: `url` is BASE with its origin, `as_("ada")` a client with that person's token."""

    service: MLabsService
    url: str
    loop: asyncio.AbstractEventLoop

    def __post_init__(self) -> None:
        self.clients: list[httpx.Client] = []

    def client(self, **headers: str) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=PLAIN)
        self.clients.append(client)
        return client

    def as_(self, token: str | None) -> httpx.Client:
        """A client that sends `<token>-token`; None is signed out."""
        return self.client() if token is None else self.client(Authorization=f"token {token}-token")

    def session(self, name: str) -> httpx.Client:
        """A browser's session of that person: cookies, the XSRF token and a same-origin Origin."""
        auth = self.service.web.settings["hub_auth"]
        cookie = create_signed_value(self.service.cookie_secret, auth.cookie_name, f"{name}-token").decode()
        client = self.client(Origin=self.url.removesuffix(BASE))
        client.cookies.set(auth.cookie_name, cookie)
        client.get("login", headers={"Sec-Fetch-Mode": "navigate"})
        client.headers["X-XSRFToken"] = client.get("test/xsrf", headers={"Sec-Fetch-Mode": "navigate"}).text
        return client

    def publish(self, owner: str = "ada", **fields: Any) -> dict[str, Any]:
        """A lab of `owner`'s with one version."""
        body = {"notebook": cells("# Hello", "1 + 1"), **fields}
        answer = self.as_(owner).post("api/v1/labs", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty database in it, to copy."""
    directory = tmp_path_factory.mktemp("migrated")
    store = Store(directory=str(directory))
    store.migrate()
    store.close()
    return directory


@pytest.fixture
def start_site(migrated: Path, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Start services with the given config; they are stopped at the end."""
    with services(migrated, tmp_path) as start:
        yield start


@contextmanager
def services(migrated: Path, folder: Path) -> Iterator[Callable[..., Site]]:
    """The same for as long as a test wants."""
    running: list[tuple[Site, threading.Thread]] = []

    def start(config: Config | None = None, **settings: Any) -> Site:
        data = folder / f"data-{len(running)}"
        shutil.copytree(migrated, data)
        given: dict[str, Any] = {
            "hub_auth_class": KnownTokens,
            "listen": "http://127.0.0.1:0",
            "base_url": BASE,
            # A worker for each of a thousand services would take most of the tests' time.
            "render_ahead": False,
        }
        given |= settings
        service = TestedService(config=_with_oauth(config), data_dir=str(data), **given)
        service.build()
        site, thread = _run(service)
        running.append((site, thread))
        return site

    yield start
    for site, thread in running:
        for client in site.clients:
            client.close()
        asyncio.run_coroutine_threadsafe(site.service.stop(), site.loop).result(20)
        site.loop.call_soon_threadsafe(site.loop.stop)
        thread.join(10)
        site.loop.close()


@pytest.fixture(scope="module")
def lasting_site(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service that all tests of a module share."""
    with services(migrated, tmp_path_factory.mktemp("site")) as start:
        yield start()


def _with_oauth(config: Config | None) -> Config:
    whole = Config()
    whole.HubOAuth.oauth_client_id = "service-mlabs"
    whole.HubOAuth.api_token = "the-service's-own"
    whole.HubOAuth.access_scopes = {ACCESS}
    whole.merge(config or Config())
    return whole


def _run(service: MLabsService) -> tuple[Site, threading.Thread]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> int:
        service.start()
        return service.sockets[0].getsockname()[1]

    port = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    return Site(service, f"http://127.0.0.1:{port}{BASE}", loop), thread


@pytest.fixture
def site(start_site: Callable[..., Site]) -> Site:
    """A service with an empty database."""
    KnownTokens.asked, KnownTokens.down = 0, False
    return start_site()


@pytest.fixture
def hub() -> Iterator[type[KnownTokens]]:
    """The fake hub, to count its questions or to take it down; it is up again afterwards."""
    yield KnownTokens
    KnownTokens.down = False


@pytest.fixture(scope="session")
def postgresql_migrated(postgresql_server: Any) -> str:
    """The URL of a database with the tables in it."""
    url = postgresql_server.new_database()
    store = Store(url=url)
    store.migrate()
    store.close()
    return url


@pytest.fixture
def postgresql_emptied(postgresql_migrated: str) -> str:
    """The same with nothing in the tables: much faster than a database for each test."""
    engine = create_engine(postgresql_migrated)
    with engine.begin() as connection:
        # To empty a table takes as long whether or not something is in it, and most have nothing.
        each = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in orm.Base.metadata.tables)
        filled = connection.execute(text(" UNION ALL ".join(each))).scalars().all()
        if filled:
            connection.execute(text(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE"))
    engine.dispose()
    return postgresql_migrated


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def store(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty database, of either kind."""
    if request.param == "sqlite":
        shutil.copytree(migrated, tmp_path / "data")
        store = Store(directory=str(tmp_path / "data"))
    else:
        store = Store(url=request.getfixturevalue("postgresql_emptied"))
    yield store
    store.close()


@pytest.fixture
def rules(store: Store, tmp_path: Path) -> SimpleNamespace:
    """All rules over one store, some viewers, and `publish(…)`."""
    shared = {
        "store": store,
        "blobs": Blobs(directory=str(tmp_path / "blobs")),
        "catalogue": Catalogue(),
        "addresses": Addresses(BASE),
    }
    shared["plans"] = Plans(**shared)
    servers = Servers(**shared)
    labs = Labs(**shared)
    ada, bob = Viewer.from_model(person("ada")), Viewer.from_model(person("bob"))

    def publish(viewer: Viewer = ada, *sources: str, **fields: Any) -> wire.Lab:
        notebook = json.dumps(cells(*(sources or ("# Hello", "1 + 1")))).encode()
        return labs.create(viewer, wire.LabCreate(**fields), notebook)

    return SimpleNamespace(
        **shared,
        labs=labs,
        versions=Versions(**shared),
        runs=Runs(**shared),
        assets=Assets(**shared),
        servers=servers,
        people=People(servers=servers, **shared),
        ada=ada,
        bob=bob,
        admin=Viewer.from_model(person("admin", admin=True)),
        nobody=Viewer.anonymous(),
        spawner=Viewer.from_model(TOKENS["spawner-token"]),
        publish=publish,
    )


@pytest.fixture
def run(rules: SimpleNamespace) -> wire.Run:
    """A run of ada's public lab x, which goes on."""
    rules.publish(name="x")
    return rules.runs.register(rules.ada, create())
