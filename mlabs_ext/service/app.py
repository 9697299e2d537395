"""The service: its collaborators, the one table of everything that it serves, its start and its stop."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import RedirectHandler, RequestHandler
from traitlets.config import Config

import mlabs_ext
from mlabs_ext.catalogue import Catalogue
from mlabs_ext.errors import MLabsError
from mlabs_ext.service import logs
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.ahead import Ahead
from mlabs_ext.service.assets import Assets
from mlabs_ext.service.audience import Audience
from mlabs_ext.service.batch_loop import BatchLoop
from mlabs_ext.service.batch_queue import BatchQueue
from mlabs_ext.service.batches import Batches
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.board import Boards
from mlabs_ext.service.collection import Collection
from mlabs_ext.service.comparisons import Comparisons
from mlabs_ext.service.differ import Differ
from mlabs_ext.service.enforcement import Enforcement
from mlabs_ext.service.hub import HubClient
from mlabs_ext.service.hub_status import HubStatus
from mlabs_ext.service.labs import Labs
from mlabs_ext.service.live import Live
from mlabs_ext.service.live_feed import Feed
from mlabs_ext.service.metrics import Metrics
from mlabs_ext.service.overview import Overview
from mlabs_ext.service.people import People
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.render import Renderer
from mlabs_ext.service.run_data import RunData
from mlabs_ext.service.runs import Runs
from mlabs_ext.service.schedule_loop import ScheduleLoop
from mlabs_ext.service.schedule_queue import ScheduleQueue
from mlabs_ext.service.schedules import Schedules
from mlabs_ext.service.servers import Servers
from mlabs_ext.service.settings import Settings
from mlabs_ext.service.starts import Starts
from mlabs_ext.service.stops import Stops
from mlabs_ext.service.store import Store
from mlabs_ext.service.telling import CLASSES as TELLING
from mlabs_ext.service.telling import Telling
from mlabs_ext.service.versions import Versions
from mlabs_ext.service.web import api, assets, formats, pages, rendered, system
from mlabs_ext.service.web.limits import LimitedApplication, body_limit
from mlabs_ext.service.web.static_files import StaticFiles, StaticHandler

HERE = Path(__file__).parent
# Bodies over the limit are read to their end and dropped, so that the client gets to see the answer.
DRAIN = 16 * 1024**3
BODY_TIMEOUT = 600


class MLabsService(Settings):
    """The hub-managed service that stores, shows and describes labs."""

    name = "mlabs-service"
    version = mlabs_ext.__version__
    description = "The MLabs service. JupyterHub starts it; see `mlabs up`."
    classes = [Store, Blobs, Catalogue, Labs, Versions, Runs, Live, Renderer, Plans, Servers, HubClient]  # noqa: RUF012
    classes += [Assets, Batches, BatchQueue, Differ, Schedules, ScheduleQueue, *TELLING]
    aliases = {"config": "MLabsService.config_file", "data": "MLabsService.data_dir"}  # noqa: RUF012

    def routes(self) -> list[tuple]:
        """Everything that is served, below `base_url`; the first match answers."""
        static = {"path": str(self.static.root)}
        return [
            *api.ROUTES,
            *assets.ROUTES,
            *rendered.ROUTES,
            *pages.ROUTES,
            *system.ROUTES,
            (r"static/(.*)", StaticHandler, static),
        ]

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the settings and build the collaborators; nothing listens yet."""
        super().initialize(argv)
        if self.config_file:
            self.load_config_file(self.config_file)
        self.build()

    def build(self) -> None:
        """Build the collaborators, each once."""
        self.pool = ThreadPoolExecutor(self.threads, thread_name_prefix="rule")
        self.metrics = Metrics()
        self.static = StaticFiles(HERE / "static", f"{self.base_url}static/")
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self.templates.filters.update(formats.FILTERS)
        places = self.places()
        places.merge(self.config)
        self.config = places
        self.store = Store(parent=self, directory=self.data_dir)
        self.blobs = Blobs(parent=self)
        self.catalogue = Catalogue(parent=self)
        self.renderer = Renderer(parent=self)
        shared = {
            "store": self.store,
            "blobs": self.blobs,
            "catalogue": self.catalogue,
            "addresses": Addresses(self.public_url or self.base_url),
        }
        shared["plans"] = self.plans = Plans(parent=self, **shared)
        self.labs = Labs(parent=self, **shared)
        self.versions = Versions(parent=self, **shared)
        self.assets = Assets(parent=self, **shared)
        audience = Audience()
        self.runs = Runs(parent=self, audience=audience, **shared)
        self.live = Live(parent=self, feed=Feed(self.runs, audience), audience=audience)
        self.collection = Collection(parent=self, **shared)
        self.run_data = RunData(parent=self, **shared)
        self.boards = Boards(parent=self, **shared)
        self.comparisons = Comparisons(parent=self, **shared)
        self.differ = Differ(parent=self)
        self.servers = Servers(parent=self, **shared)
        self.people = People(parent=self, servers=self.servers, **shared)
        self.hub = HubClient(parent=self)
        self.stops = Stops(self.hub.stop)
        self.enforcement = Enforcement(self.servers, self.stops, self.pool)
        self.hub_status = HubStatus(parent=self, **shared)
        self.overview = Overview(parent=self, servers=self.servers, hub_status=self.hub_status, **shared)
        self.starts = Starts(parent=self, servers=self.servers, hub_status=self.hub_status, **shared)
        self.batches = Batches(parent=self, starts=self.starts, **shared)
        self.batch_queue = BatchQueue(parent=self, **shared)
        self.batch_loop = BatchLoop(self.batch_queue, self.hub, self.pool)
        self.schedules = Schedules(parent=self, batches=self.batches, **shared)
        schedule_queue = ScheduleQueue(parent=self, batches=self.batches, **shared)
        self.schedule_loop = ScheduleLoop(schedule_queue, self.pool)
        self.telling = Telling(self, shared, self.cookie_secret, self.pool)
        self.ahead = Ahead(self.blobs, self.renderer, self.render_ahead)
        self.web = self.application()

    def places(self) -> Config:
        """Where collaborators keep their files unless they are told otherwise."""
        places = Config()
        places.Blobs.directory = str(Path(self.data_dir, "blobs"))
        places.Renderer.directory = str(Path(self.data_dir, "renders"))
        return places

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

    def log_request(self, handler: RequestHandler) -> None:
        """Log and count one request."""
        logs.log_access(handler)
        request = handler.request
        self.metrics.answered(
            type(handler).__name__, request.method, handler.get_status(), request.request_time()
        )

    def sweep(self) -> None:
        """One round of housekeeping."""
        now = datetime.now(UTC)
        self.runs.sweep(now)
        self.runs.expire(now)
        self.servers.sweep(now)
        self.labs.empty_trash(now)
        self.store.forget_keys(now)
        self.blobs.sweep(now)
        self.collection.sweep(now)
        self.telling.notifications.forget(now)

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
        work = (
            self.keep_house(),
            self.enforcement.watch(),
            self.batch_loop.watch(),
            self.schedule_loop.watch(),
            self.telling.loop.watch(),
            self.renderer.warm(),
        )
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
