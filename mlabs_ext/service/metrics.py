"""The numbers that Prometheus collects from the service."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from mlabs_ext.wire import HubStatus

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30)


class Metrics:
    """Counts requests by handler, which keeps the number of series small whatever addresses are asked for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "mlabs_requests", "Requests answered.", ["handler", "method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "mlabs_request_seconds", "Time to answer.", ["handler"], buckets=SECONDS, registry=self.registry
        )
        self.open = Gauge("mlabs_requests_open", "Requests being answered now.", registry=self.registry)
        self.servers = Gauge(
            "mlabs_servers_open",
            "Servers that are starting or running.",
            ["environment", "accelerator"],
            registry=self.registry,
        )
        self.server_hours = Gauge(
            "mlabs_server_hours_this_month",
            "Hours that servers ran in this calendar month (UTC).",
            registry=self.registry,
        )
        self.gpu_hours = Gauge(
            "mlabs_gpu_hours_this_month",
            "The same, times the accelerators that they held.",
            registry=self.registry,
        )

        self.hub = HubNumbers(self.registry)

    def answered(self, handler: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.requests.labels(handler, method, status).inc()
        self.seconds.labels(handler).observe(seconds)

    def measured(self, servers: dict[tuple[str, str], int], server_hours: float, gpu_hours: float) -> None:
        """Take over what the ledger says: open servers by environment and accelerator, and hours."""
        self.servers.clear()
        for (environment, accelerator), count in servers.items():
            self.servers.labels(environment, accelerator).set(count)
        self.server_hours.set(server_hours)
        self.gpu_hours.set(gpu_hours)

    def text(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self.registry)


class HubNumbers:
    """What the hub said last of its accelerators and its warm servers, with the time that it did."""

    def __init__(self, registry: CollectorRegistry):
        def gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
            return Gauge(f"mlabs_{name}", text, labels, registry=registry)

        kind = ("environment", "accelerator")
        self.places = gauge("gpu_places", "How many labs may hold accelerators at once.")
        self.held = gauge("gpu_places_held", "How many do.")
        self.queue = gauge("gpu_queue", "Labs that wait for an accelerator.")
        self.warm = gauge("warm_servers", "Started servers that wait without a user.", kind)
        self.memory = gauge("warm_memory_bytes", "The memory that they hold.", kind)
        self.said = gauge("hub_said_timestamp_seconds", "When the hub spoke last of it.", ("part",))

    def take(self, status: HubStatus) -> None:
        """Take over what was said."""
        gpus, warm = status.gpus or [], status.warm or []
        self.places.set(sum(gpu.shares for gpu in gpus))
        self.held.set(sum(len(gpu.holders) for gpu in gpus))
        self.queue.set(len(status.queue or []))
        for gauge in (self.warm, self.memory):
            gauge.clear()
        for item in warm:
            self.warm.labels(item.environment, item.accelerator).set(item.ready)
            self.memory.labels(item.environment, item.accelerator).set(item.memory_bytes or 0)
        for part, moment in status.said.items():
            self.said.labels(part).set(moment.timestamp())
