"""The service: the one table of everything that it serves, its start and its stop."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import RedirectHandler, RequestHandler

import mlabs_ext
from mlabs_ext.errors import MLabsError
from mlabs_ext.service import logs
from mlabs_ext.service.collaborators import Collaborators
from mlabs_ext.service.web import api, assets, formats, pages, rendered, system, thumbnails
from mlabs_ext.service.web.kept import Kept
from mlabs_ext.service.web.limits import LimitedApplication, body_limit
from mlabs_ext.service.web.static_files import StaticFiles, StaticHandler

HERE = Path(__file__).parent
# Bodies over the limit are read to their end and dropped, so that the client gets to see the answer.
DRAIN = 16 * 1024**3
BODY_TIMEOUT = 600


class MLabsService(Collaborators):
    """The hub-managed service that stores, shows and describes labs."""

    name = "mlabs-service"
    version = mlabs_ext.__version__
    description = "The MLabs service. JupyterHub starts it; see `mlabs up`."
    aliases = {"config": "MLabsService.config_file", "data": "MLabsService.data_dir"}  # noqa: RUF012

    def routes(self) -> list[tuple]:
        """Everything that is served, below `base_url`; the first match answers."""
        static = {"path": str(self.static.root)}
        return [
            *api.ROUTES,
            *assets.ROUTES,
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
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self.templates.filters.update(formats.FILTERS)
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
            body_limit=body_limit(self.max_body_size, self.assets.max_size),
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

    async def serve(self) -> None:
        """Serve until told to stop, then let open requests finish."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self.run_until(stop)

    async def run_until(self, stop: asyncio.Event) -> None:
        """Listen, keep house, and close everything once `stop` is set."""
        self.start()
        work = (self.keep_house(), self.renderer.warm(), *self.watches())
        tasks = [asyncio.create_task(one) for one in work]
        await stop.wait()
        self.log.info("Stopping")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.stop()

    def start(self) -> None:
        """Make the database ready and start to listen."""
        self.store.migrate()
        self.server = HTTPServer(self.web, xheaders=True, max_body_size=DRAIN, body_timeout=BODY_TIMEOUT)
        address = urlsplit(self.listen)
        self.sockets = bind_sockets(address.port or 0, address.hostname or "127.0.0.1")
        self.server.add_sockets(self.sockets)
        self.live.start()
        self.log.info("Serving %s at %s", self.base_url, self.listen)

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
        while True:
            try:
                await loop.run_in_executor(self.pool, self.sweep)
            except (OSError, MLabsError, self.store.Error):
                self.log.exception("Housekeeping failed")
            await asyncio.sleep(self.sweep_interval)

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
    except MLabsError as error:
        sys.exit(f"MLabs cannot start: {error.message}")
    logs.set_up(service.log_level)
    asyncio.run(service.serve())
