"""The service: the one table of everything that it serves, its start and its stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import RedirectHandler, RequestHandler

import mlabs_ext
from mlabs_ext.errors import MLabsError, Unavailable, Unusable
from mlabs_ext.service import logs
from mlabs_ext.service.collaborators import Collaborators
from mlabs_ext.service.web import api, assets, data, models, pages, rendered, system, thumbnails
from mlabs_ext.service.web.kept import Kept
from mlabs_ext.service.web.limits import LimitedApplication, body_limit
from mlabs_ext.service.web.static_files import StaticFiles, StaticHandler
from mlabs_ext.service.workers import Place, Workers

HERE = Path(__file__).parent
# Bodies over the limit are read to their end and dropped, so that the client gets to see the answer.
DRAIN = 16 * 1024**3
BODY_TIMEOUT = 600
# Seconds.
HANDED_OVER = 10
DATABASE_STARTS = 60


class MLabsService(Collaborators):
    """The hub-managed service that stores, shows and describes labs."""

    name = "mlabs-service"
    version = mlabs_ext.__version__
    description = "The MLabs service. JupyterHub starts it; see `mlabs up`."
    aliases = {"config": "MLabsService.config_file", "data": "MLabsService.data_dir"}  # noqa: RUF012

    def routes(self) -> list[tuple[Any, ...]]:
        """Everything that is served, below `base_url`; the first match answers."""
        static = {"path": str(self.static.root)}
        return [
            *api.ROUTES,
            *assets.ROUTES,
            *models.ROUTES,
            *data.ROUTES,
            *thumbnails.ROUTES,
            *rendered.ROUTES,
            *pages.ROUTES,
            *system.ROUTES,
            (r"static/(.*)", StaticHandler, static),
        ]

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the settings and build all that is needed; nothing listens yet."""
        super().initialize(argv)
        if self.config_file:
            self.load_config_file(self.config_file)
        self.build()

    def build(self) -> None:
        """Build the collaborators and what is served of them."""
        super().build()
        self.static = StaticFiles(HERE / "static", f"{self.base_url}static/")
        self.web = self.application()

    def application(self) -> LimitedApplication:
        """The Tornado application over the route table."""
        base = re.escape(self.base_url)
        hub_auth = self.hub_auth_class(
            parent=self, base_url=self.base_url, cache_max_age=self.session_cache, allow_token_in_url=False
        )
        hub_auth.cookie_options = {"samesite": "Lax", **hub_auth.cookie_options}
        return LimitedApplication(
            [
                (base.removesuffix("/"), RedirectHandler, {"url": self.base_url}),
                *((base + pattern, *rest) for pattern, *rest in self.routes()),
            ],
            mlabs=self,
            hub_auth=hub_auth,
            body_limit=body_limit(
                self.max_body_size,
                max(self.assets.max_size, self.modelling.models.max_size, self.datasets.max_size),
            ),
            cookie_secret=self.cookie_secret,
            xsrf_cookie_kwargs={"httponly": True, "samesite": "Lax"},
            default_handler_class=system.AbsentPage,
            log_function=self.log_request,
        )

    def log_request(self, handler: RequestHandler | Kept) -> None:
        """Log and count one request."""
        logs.log_access(handler)
        request, source = handler.request, getattr(handler, "source", type(handler).__name__)
        self.metrics.answered(source, request.method, handler.get_status(), request.request_time())

    place: Place | None = None

    def launch(self) -> int:
        """Serve until told to stop, by one process or several; the exit status."""
        self.place = Place.of(os.environ)
        if self.processes > 1 and self.place is None:
            if self.store.is_sqlite:
                raise Unusable(
                    "Several service processes need PostgreSQL: set c.Store.url, or leave it at one."
                )
            sockets = self.bind()
            self.log.info("Serving %s at %s by %d processes", self.base_url, self.listen, self.processes)
            return Workers(self.processes, sockets).run()
        asyncio.run(self.serve())
        return 0

    async def serve(self) -> None:
        """Serve until told to stop, then let open requests finish."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if self.place:
            loop.add_reader(self.place.watch, stop.set)
        await self.run_until(stop)

    async def run_until(self, stop: asyncio.Event) -> None:
        """Listen, keep house, and close everything once `stop` is set."""
        await self.reach_database(stop)
        self.start()
        # Of several processes one keeps house: it is started again should it end.
        first = self.place is None or self.place.number == 0
        work = (
            self.renderer.warm(),
            self.pulse.beat(),
            *((self.keep_house(), *self.watches()) if first else ()),
        )
        tasks = [asyncio.create_task(one) for one in work]
        await stop.wait()
        self.log.info("Stopping")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.stop()

    async def reach_database(self, stop: asyncio.Event) -> None:
        """Wait a while for a database that starts at the same time; Unavailable after that."""
        end = time.monotonic() + DATABASE_STARTS
        while not stop.is_set():
            try:
                return await asyncio.to_thread(self.store.check)
            except Unavailable:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.5)

    def start(self) -> None:
        """Make the database ready and start to listen."""
        self.store.migrate()
        self.server = HTTPServer(self.web, xheaders=True, max_body_size=DRAIN, body_timeout=BODY_TIMEOUT)
        self.sockets = self.place.sockets if self.place else self.bind()
        self.server.add_sockets(self.sockets)
        self.live.start()
        self.log.info("Serving %s at %s", self.base_url, self.listen)

    def bind(self) -> list[socket.socket]:
        """Sockets that listen where the service is to."""
        address, end = urlsplit(self.listen), time.monotonic() + HANDED_OVER
        while True:
            try:
                return bind_sockets(address.port or 0, address.hostname or "127.0.0.1")
            except OSError:
                # Processes whose first one was killed let go of the address once they see that.
                if self.processes == 1 or time.monotonic() > end:
                    raise
                time.sleep(0.1)

    async def stop(self) -> None:
        """Take no more requests, let the open ones finish, and give everything back."""
        self.server.stop()
        await self.live.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.stop_grace):
                while self.open_requests:
                    await asyncio.sleep(0.02)
        await self.server.close_all_connections()
        await self.stops.close()
        self.hub.close()
        self.telling.outbound.close()
        await self.ahead.close()
        await self.renderer.close()
        self.pool.shutdown()
        self.store.close()

    async def keep_house(self) -> None:
        """Sweep now and then; a failed round is logged, and the next one tries again."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.pool, self.stock)
        while True:
            try:
                await loop.run_in_executor(self.pool, self.sweep)
            except (OSError, MLabsError, self.store.Error):
                self.log.exception("Housekeeping failed")
            await asyncio.sleep(self.sweep_interval)

    def stock(self) -> None:
        """Have the datasets here that come with MLabs; without them everything else works."""
        try:
            self.library.stock()
        except (OSError, MLabsError, self.store.Error):
            self.log.exception("The datasets that come with MLabs could not be stored")

    open_requests = 0

    def begin(self) -> None:
        """Note that a request is being answered."""
        self.open_requests += 1
        self.metrics.open.set(self.open_requests)

    def end(self) -> None:
        """Note that it has been."""
        self.open_requests -= 1
        self.metrics.open.set(self.open_requests)


def main() -> None:
    """Run the service until SIGTERM; what is wrong with its configuration is said in one line."""
    service = MLabsService()
    try:
        service.initialize()
        # The trait is Traitlets' own, and its type says nothing of what it holds.
        logs.set_up(cast(int | str, service.log_level))
        sys.exit(service.launch())
    except MLabsError as error:
        sys.exit(f"MLabs cannot start: {error.message}")
