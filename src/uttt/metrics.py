"""What a node counts and measures, for Prometheus. Names and meanings; who counts is elsewhere.

Each node has a registry of its own, so that two in one process (in tests) do not share numbers.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

_SECONDS: Final = (
    *(0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075),
    *(0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0),
)
_SECONDS_OF_SEARCHES: Final = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The numbers of one node."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._commit_seconds = Histogram(
            "uttt_commit_seconds",
            "Time of one commit, from handing a batch over until it is on the disk.",
            ["lane"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._commit_size = Histogram(
            "uttt_commit_size",
            "Pieces of work (moves, logins, ...) in one commit.",
            ["lane"],
            buckets=_SIZES,
            registry=self.registry,
        )
        self._commits: dict[str, tuple[Histogram, Histogram]] = {}
        self.database_up = Gauge(
            "uttt_database_up",
            "1 while the database takes what is written, else 0.",
            registry=self.registry,
        )
        self.database_up.set(1)
        self.connections = Gauge(
            "uttt_connections", "Open WebSocket connections.", registry=self.registry
        )

        self.engine_waiting = Gauge(
            "uttt_engine_waiting",
            "Searches that wait for a worker process.",
            ["kind"],
            registry=self.registry,
        )
        self.engine_seconds = Histogram(
            "uttt_engine_seconds",
            "Time from asking for a search until it is answered, waiting included.",
            ["kind"],
            buckets=_SECONDS_OF_SEARCHES,
            registry=self.registry,
        )
        self.engine_failures = Counter(
            "uttt_engine_failures",
            "Searches that were not answered: the worker crashed, hung or could not be asked.",
            ["kind"],
            registry=self.registry,
        )

        self.bot_moves = Counter(
            "uttt_bot_moves", "Moves that bots have made.", ["bot"], registry=self.registry
        )
        self.bot_move_seconds = Histogram(
            "uttt_bot_move_seconds",
            "Time from the moment at which it is the turn of a bot until its move is stored.",
            buckets=_SECONDS_OF_SEARCHES,
            registry=self.registry,
        )

    def committed(self, lane: str, size: int, seconds: float) -> None:
        """Note that a batch was committed."""
        if lane not in self._commits:  # to look them up costs more than to count
            self._commits[lane] = self._commit_seconds.labels(lane), self._commit_size.labels(lane)
        of_seconds, of_size = self._commits[lane]
        of_seconds.observe(seconds)
        of_size.observe(size)

    def serve(self, host: str, port: int) -> None:
        """Show the numbers at http://host:port/metrics, from a thread. Raises OSError."""
        start_http_server(port, host, registry=self.registry)
