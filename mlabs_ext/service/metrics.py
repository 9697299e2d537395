"""The numbers that Prometheus collects from the service."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from mlabs_ext.wire import HubStatus

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30)
# Where several service processes put together what each of them counts; `workers.py` sets it.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
KIND = ("environment", "accelerator")
# The numbers of the community pool. Those since ever are kept in the database: restarts do not reset them.
POOL = {
    "workers": "Workers of the community pool that were heard of late.",
    "workers_quarantined": "Workers that were sent away, since ever.",
    "jobs_waiting": "Jobs that wait for a worker.",
    "slices_running": "Slices that workers are at.",
    "slices_done": "Slices that were accepted, since ever.",
    "slices_confirmed": "Slices that somebody else came to as well, since ever.",
    "slices_refused": "Results that were refused, since ever.",
    "slices_expired": "Slices that were not brought in time, since ever.",
    "seconds_lent_this_month": "Seconds that workers lent in this calendar month (UTC).",
}
# Labels of a number, and the number.
Row = tuple[tuple[str, ...], float]


class Metrics:
    """Counts requests by handler, which keeps the number of series small whatever addresses are asked for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "mlabs_requests", "Requests answered.", ["handler", "method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "mlabs_request_seconds", "Time to answer.", ["handler"], buckets=SECONDS, registry=self.registry
        )
        added = partial(Gauge, registry=self.registry, multiprocess_mode="livesum")
        self.open = added("mlabs_requests_open", "Requests being answered now.")
        self.watchers = added("mlabs_watchers", "Live streams of runs that are open.")
        self.renders = added("mlabs_renders", "Notebooks being rendered, or waiting.", ["state"])
        self.here(0, 0, 0)
        self.late = Gauge(
            "mlabs_loop_late_seconds",
            "The longest delay of the last minute.",
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self.hub = HubNumbers()
        self.use = Looked()
        # What the process that is asked looks up, wherever it is counted.
        self.looked = CollectorRegistry()
        self.looked.register(self.hub)
        self.looked.register(self.use)
        if SHARED not in os.environ:
            ProcessCollector(registry=self.looked)

    def answered(self, handler: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.requests.labels(handler, method, status).inc()
        self.seconds.labels(handler).observe(seconds)

    def measured(
        self,
        servers: dict[tuple[str, str], int],
        server_hours: float,
        gpu_hours: float,
        community_hours: float,
    ) -> None:
        """Take over what the ledger says: open servers by environment and accelerator, and hours."""
        month = "Hours that servers ran in this calendar month (UTC)."
        self.use.say("servers_open", "Servers that are starting or running.", KIND, servers.items())
        self.use.say("server_hours_this_month", month, (), [((), server_hours)])
        held = "The same, times the accelerators that they held."
        self.use.say("gpu_hours_this_month", held, (), [((), gpu_hours)])
        lent = "The same on machines that others lend."
        self.use.say("community_hours_this_month", lent, (), [((), community_hours)])

    def pool(self, numbers: Mapping[str, float]) -> None:
        """Take over what is known of the community pool, by the names of the numbers."""
        for name, value in numbers.items():
            self.use.say(f"community_{name}", POOL[name], (), [((), value)])

    def numbers(self, numbers: Mapping[str, float], texts: Mapping[str, str]) -> None:
        """Take over numbers by their names, and what each is."""
        for name, value in numbers.items():
            self.use.say(name, texts[name], (), [((), value)])

    def here(self, watchers: int, busy: int, waiting: int) -> None:
        """Take over what this process is at: live streams, and notebooks that are rendered or wait."""
        self.watchers.set(watchers)
        self.renders.labels("busy").set(busy)
        self.renders.labels("waiting").set(waiting)

    def text(self) -> bytes:
        """All numbers in Prometheus' text format, of all service processes."""
        counted = self.registry
        if SHARED in os.environ:
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]  # it has no types
        return generate_latest(counted) + generate_latest(self.looked)


class Looked(Collector):
    """Numbers as they were looked up last."""

    def __init__(self) -> None:
        self.families: dict[str, GaugeMetricFamily] = {}

    def say(self, name: str, text: str, labels: tuple[str, ...], rows: Iterable[Row]) -> None:
        """Take over the numbers of this name, in place of those before."""
        family = GaugeMetricFamily(f"mlabs_{name}", text, labels=labels)
        for labelled, value in rows:
            family.add_metric(labelled, value)
        self.families[name] = family

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give them."""
        yield from self.families.values()


class HubNumbers(Looked):
    """What the hub said last of its accelerators and its warm servers, with the time that it did."""

    def take(self, status: HubStatus) -> None:
        """Take over what was said."""
        gpus, warm = status.gpus or [], status.warm or []
        places, held = sum(gpu.shares for gpu in gpus), sum(len(gpu.holders) for gpu in gpus)
        self.say("gpu_places", "How many labs may hold accelerators at once.", (), [((), places)])
        self.say("gpu_places_held", "How many do.", (), [((), held)])
        queue = len(status.queue or [])
        self.say("gpu_queue", "Labs that wait for an accelerator.", (), [((), queue)])
        usual = status.waits.usual_wait if status.waits else None
        text = "The median wait of those who had to wait lately, in seconds."
        self.say("gpu_usual_wait_seconds", text, (), [] if usual is None else [((), usual)])
        kinds = [((item.environment, item.accelerator), item) for item in warm]
        ready = [(kind, item.ready) for kind, item in kinds]
        self.say("warm_servers", "Started servers that wait without a user.", KIND, ready)
        memory = [(kind, item.memory_bytes or 0) for kind, item in kinds]
        self.say("warm_memory_bytes", "The memory that they hold.", KIND, memory)
        said = [((part,), moment.timestamp()) for part, moment in status.said.items()]
        self.say("hub_said_timestamp_seconds", "When the hub spoke last of it.", ("part",), said)
