"""Services over filled databases, of SQLite and of PostgreSQL, and a client that keeps its connection."""

from __future__ import annotations

import asyncio
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from _rows import Absent, Effort
from service.conftest import BASE, _with_oauth
from support import many, needs
from support.known_tokens import KnownTokens, person
from support.postgresql import Server
from support.tested_service import TestedService
from traitlets.config import Config

from mlabs_ext.service.store import Store

API = f"{BASE}api/v1/"
HEAVY = {"Authorization": "token heavy-token"}
ENGINES = ("SQLite", "PostgreSQL")
Fill = Callable[[Store], None]


class Client:
    """One connection to a service."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def get(self, path: str, headers: dict[str, str]) -> bytes:
        """The body of a good answer."""
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return body

    def took(self, path: str, headers: dict[str, str]) -> float:
        """Milliseconds until it is there."""
        begun = time.perf_counter()
        self.get(path, headers)
        return 1e3 * (time.perf_counter() - begun)


@contextmanager
def databases(engine: str, effort: Effort) -> Iterator[Callable[[str, Fill], Store]]:
    """Gives stores of that engine by name, filled once; those of SQLite are kept from run to run."""
    server = None
    if engine == "PostgreSQL":
        if reason := needs.absent("postgresql"):
            raise Absent(reason)
        programs = needs.postgresql_programs()
        assert programs
        server = Server(programs)
        server.start()
    stores: list[Store] = []

    def given(name: str, fill: Fill) -> Store:
        folder = effort.keep / f"{name}-{engine.lower()}"
        folder.mkdir(exist_ok=True)
        store = Store(directory=str(folder), **({"url": server.new_database()} if server else {}))
        stores.append(store)
        store.migrate()
        if server or not (folder / "filled").exists():
            begun = time.monotonic()
            fill(store)
            if server:
                _settled(store)
            (folder / "filled").touch()
            print(f"{name} of {engine} filled in {time.monotonic() - begun:.0f} s", flush=True)
        return store

    try:
        yield given
    finally:
        for store in stores:
            store.close()
        if server:
            server.stop()


def _settled(store: Store) -> None:
    """What a server does by itself some minutes after so many rows: know how many there are of what."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


@contextmanager
def served(store: Store) -> Iterator[Client]:
    """The service over that database, in a thread."""
    KnownTokens.tokens = {**KnownTokens.tokens, "heavy-token": person(many.HEAVY)}
    config = Config()
    config.Store.url = store.url
    service = TestedService(
        config=_with_oauth(config),
        data_dir=str(Path(store.directory)),
        hub_auth_class=KnownTokens,
        listen="http://127.0.0.1:0",
        base_url=BASE,
        render_ahead=False,
    )
    service.log_level = 40
    service.build()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> int:
        service.start()
        return service.sockets[0].getsockname()[1]

    try:
        yield Client(asyncio.run_coroutine_threadsafe(start(), loop).result(60))
    finally:
        asyncio.run_coroutine_threadsafe(service.stop(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
