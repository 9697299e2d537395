"""The service's collaborators: each is built once, and what each of them stands on is said here."""

from __future__ import annotations

from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from traitlets.config import Config

from mlabs_ext.catalogue import Catalogue
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.ahead import Ahead
from mlabs_ext.service.answers import Answers
from mlabs_ext.service.assets import Assets
from mlabs_ext.service.audience import Audience
from mlabs_ext.service.audits import Audits
from mlabs_ext.service.batch_loop import BatchLoop
from mlabs_ext.service.batch_queue import BatchQueue
from mlabs_ext.service.batches import Batches
from mlabs_ext.service.beginnings import Beginnings
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.board import Boards
from mlabs_ext.service.collection import Collection
from mlabs_ext.service.community_pool import CLASSES as COMMUNITY
from mlabs_ext.service.community_pool import CommunityPool
from mlabs_ext.service.comparisons import Comparisons
from mlabs_ext.service.data_mounts import DataMounts
from mlabs_ext.service.dataset_bringing import Bringing
from mlabs_ext.service.dataset_shares import DatasetShares
from mlabs_ext.service.datasets import Datasets
from mlabs_ext.service.differ import Differ
from mlabs_ext.service.enforcement import Enforcement
from mlabs_ext.service.guides import Guides
from mlabs_ext.service.hub import HubClient
from mlabs_ext.service.hub_status import HubStatus
from mlabs_ext.service.importer import Importer
from mlabs_ext.service.index_loop import IndexLoop
from mlabs_ext.service.index_queue import IndexQueue
from mlabs_ext.service.lab_data import LabDatasets
from mlabs_ext.service.labs import Labs
from mlabs_ext.service.library import Library
from mlabs_ext.service.live import Live
from mlabs_ext.service.live_feed import Feed
from mlabs_ext.service.metrics import Metrics
from mlabs_ext.service.modelling import CLASSES as MODELLING
from mlabs_ext.service.modelling import Modelling
from mlabs_ext.service.overview import Overview
from mlabs_ext.service.people import People
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.previews import Previews
from mlabs_ext.service.pulse import Pulse
from mlabs_ext.service.queues import Queues
from mlabs_ext.service.readiness import Readiness
from mlabs_ext.service.render import Renderer
from mlabs_ext.service.run_data import RunData
from mlabs_ext.service.runs import Runs
from mlabs_ext.service.schedule_loop import ScheduleLoop
from mlabs_ext.service.schedule_queue import ScheduleQueue
from mlabs_ext.service.schedules import Schedules
from mlabs_ext.service.seals import Seals
from mlabs_ext.service.servers import Servers
from mlabs_ext.service.settings import Settings
from mlabs_ext.service.shares import Shares
from mlabs_ext.service.social import CLASSES as SOCIAL
from mlabs_ext.service.social import Social
from mlabs_ext.service.staging import Staging
from mlabs_ext.service.starts import Starts
from mlabs_ext.service.stops import Stops
from mlabs_ext.service.store import Store
from mlabs_ext.service.telling import CLASSES as TELLING
from mlabs_ext.service.telling import Telling
from mlabs_ext.service.thumbnails import Thumbnails
from mlabs_ext.service.traffic import Traffic
from mlabs_ext.service.unpacker import Unpacker
from mlabs_ext.service.uploads import Uploads
from mlabs_ext.service.upstreams import Upstreams
from mlabs_ext.service.versions import Versions
from mlabs_ext.service.watching import Watching


class Collaborators(Settings):
    """Builds them by the settings, keeps house with them, and looks for what is to be done."""

    classes = [Store, Blobs, Catalogue, Labs, Versions, Runs, Live, Renderer, Plans, Servers, HubClient]  # noqa: RUF012
    classes += [Shares, Assets, Batches, BatchQueue, Differ, Schedules, ScheduleQueue, *TELLING, *SOCIAL]
    classes += [Unpacker, Answers, Traffic, Audits, *MODELLING]
    classes += [Datasets, Uploads, Staging, Bringing, Previews, Library, DataMounts, *COMMUNITY]

    def build(self) -> None:
        """Build the collaborators, each once."""
        self.pool = ThreadPoolExecutor(self.threads, thread_name_prefix="rule")
        self.metrics = Metrics()
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
        self.shares = Shares(parent=self, **shared)
        self.seals = Seals(self.cookie_secret)
        self.audits = Audits(parent=self, **shared)
        self.assets = Assets(parent=self, **shared)
        audience = self.audience = Audience()
        self.runs = Runs(parent=self, audience=audience, **shared)
        self.traffic = Traffic(parent=self)
        self.answers = Answers(parent=self)
        self.store.on_changes.append(self.answers.changed)
        feed = Feed(self.runs, audience)
        self.live = Live(parent=self, feed=feed, audience=audience, heard=self.answers.changed)
        self.answers.hears = self.live.hears
        self.collection = Collection(parent=self, **shared)
        self.run_data = RunData(parent=self, **shared)
        self.boards = Boards(parent=self, **shared)
        self.comparisons = Comparisons(parent=self, **shared)
        self.differ = Differ(parent=self)
        self.upstreams = Upstreams(parent=self, **shared)
        self.servers = Servers(parent=self, **shared)
        self.data_mounts = DataMounts(parent=self, servers=self.servers, **shared)
        self.people = People(parent=self, servers=self.servers, **shared)
        self.hub = HubClient(parent=self)
        self.readiness = Readiness(self.store, self.blobs, self.hub, self.pool)
        self.watching = Watching(parent=self, **shared)
        self.watching.directory = self.data_dir
        self.pulse = Pulse(self.beat)
        self.stops = Stops(self.hub.stop)
        self.enforcement = Enforcement(self.servers, self.stops, self.pool)
        self.hub_status = HubStatus(parent=self, **shared)
        self.overview = Overview(parent=self, servers=self.servers, hub_status=self.hub_status, **shared)
        self.queues = Queues(parent=self, hub_status=self.hub_status, **shared)
        self.starts = Starts(
            parent=self, servers=self.servers, queues=self.queues, hub_status=self.hub_status, **shared
        )
        self.batches = Batches(parent=self, starts=self.starts, **shared)
        self.batch_queue = BatchQueue(parent=self, **shared)
        self.batch_loop = BatchLoop(self.batch_queue, self.hub, self.pool)
        self.schedules = Schedules(parent=self, batches=self.batches, **shared)
        schedule_queue = ScheduleQueue(parent=self, batches=self.batches, **shared)
        self.schedule_loop = ScheduleLoop(schedule_queue, self.pool)
        self.telling = Telling(self, shared, self.cookie_secret, self.pool)
        self.social = Social(self, shared)
        given = self.telling.outbound, self.cookie_secret, self.pool, self.max_body_size
        self.importer = Importer(self, shared | {"labs": self.labs, "assets": self.assets}, *given)
        self.modelling = Modelling(self, shared, self.labs.default_visibility, self.pool)
        self.datasets = Datasets(parent=self, **shared)
        self.dataset_shares = DatasetShares(parent=self, **shared)
        self.library = Library(parent=self, **shared)
        self.guides = Guides(f"{self.base_url}docs/")
        self.beginnings = Beginnings(parent=self, library=self.library.owner, **shared)
        self.lab_datasets = LabDatasets(parent=self, **shared)
        self.staging = Staging(parent=self)
        self.uploads = Uploads(parent=self, staging=self.staging, **shared)
        brought = self.datasets, self.uploads, self.telling.outbound, self.pool
        self.bringing = Bringing(*brought, parent=self)
        self.previews = Previews(self.blobs, self.staging, self.pool, parent=self)
        self.community = CommunityPool(self, shared, self.cookie_secret, self.pool)
        self.thumbnails = Thumbnails(parent=self, **shared)
        index_queue = IndexQueue(parent=self, **shared)
        self.index_loop = IndexLoop(index_queue, self.thumbnails, self.renderer, self.pool)
        self.ahead = Ahead(self.blobs, self.renderer, self.render_ahead)

    def places(self) -> Config:
        """Where collaborators keep their files unless they are told otherwise."""
        places = Config()
        places.Blobs.directory = str(Path(self.data_dir, "blobs"))
        places.Renderer.directory = str(Path(self.data_dir, "renders"))
        places.Staging.directory = str(Path(self.data_dir, "uploads"))
        places.DataMounts.directory = str(Path(self.data_dir, "mounts"))
        places.Previews.directory = str(Path(self.data_dir, "previews"))
        return places

    def beat(self, late: float) -> None:
        """Note what this process is at, and how late its loop was."""
        self.metrics.late.set(late)
        self.metrics.here(self.audience.total(), *self.renderer.load())

    def sweep(self) -> None:
        """One round of housekeeping."""
        now = datetime.now(UTC)
        self.runs.sweep(now)
        self.runs.expire(now)
        self.servers.sweep(now)
        self.labs.empty_trash(now)
        self.modelling.models.empty_trash(now)
        self.datasets.empty_trash(now)
        self.uploads.sweep(now)
        self.data_mounts.sweep(now)
        self.store.forget_keys(now)
        self.audits.forget(now)
        self.blobs.sweep(now)
        self.collection.sweep(now)
        self.renderer.folder.sweep()
        self.previews.folder.sweep()
        self.telling.notifications.forget(now)
        self.community.sweep(now)

    def watches(self) -> list[Coroutine[Any, Any, None]]:
        """What looks for work for as long as the service runs."""
        loops = [self.enforcement, self.batch_loop, self.schedule_loop, self.telling.loop]
        loops += [self.index_loop, self.modelling.loop, self.community.loop]
        return [loop.watch() for loop in loops]
