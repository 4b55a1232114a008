"""The table of all metrics, the registry of this process's own, and how a scrape is written.

Two origins: what the databases know (the same from every process, read at the scrape by operations/installation/metrics.py) and
what only this process knows (its pools, its transactions, its API calls).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric as Family
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Kind(StrEnum):
    """What a metric's numbers do."""

    COUNTER = "counter"  # only grows
    GAUGE = "gauge"  # goes up and down
    HISTOGRAM = "histogram"  # counts by size


class Origin(StrEnum):
    """Whose numbers they are."""

    DATABASE = "database"  # the installation's: every process that is asked says the same
    PROCESS = "process"  # of the process that is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric as the documentation has it. ``unit`` is empty where things are counted."""

    name: str
    kind: Kind
    labels: tuple[str, ...] = ()
    unit: str = ""
    origin: Origin
    meaning: str
    buckets: tuple[float, ...] = ()


def _of_database(name: str, kind: Kind, meaning: str, *labels: str, unit: str = "") -> Metric:
    return Metric(name=name, kind=kind, labels=labels, unit=unit, origin=Origin.DATABASE, meaning=meaning)


def _of_process(
    name: str, kind: Kind, meaning: str, *labels: str, unit: str = "", buckets: tuple[float, ...] = ()
) -> Metric:
    return Metric(
        name=name, kind=kind, labels=labels, unit=unit, origin=Origin.PROCESS, meaning=meaning, buckets=buckets
    )


_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_GAUGE, _COUNTER, _HISTOGRAM = Kind.GAUGE, Kind.COUNTER, Kind.HISTOGRAM

# fmt: off
_TABLE = (
    _of_database("paceline_database_up", _GAUGE,
                 "1 while the database answers, 0 while it does not; then everything read from it is absent", "database"),
    _of_database("paceline_messages_total", _COUNTER,
                 "Messages that have ended, by outcome: sent, failed, skipped, cancelled; and what was learnt afterwards: delivered, read, bounced",
                 "outcome"),
    _of_database("paceline_messages", _GAUGE,
                 "Messages that have not ended: queued, sending, deferred; and uncertain ones, which wait for a decision", "state"),
    _of_database("paceline_campaigns", _GAUGE, "Campaigns by status", "status"),
    _of_database("paceline_accounts", _GAUGE, "Sending accounts by state", "state"),
    _of_database("paceline_account_sent_total", _COUNTER,
                 "Messages an account has sent; absent where there are more accounts than PACELINE_METRICS_ACCOUNTS",
                 "account", "name"),
    _of_database("paceline_account_open", _GAUGE,
                 "Messages an account has handed over without an answer yet; absent likewise", "account", "name"),
    _of_database("paceline_senders", _GAUGE, "Senders with a valid lease"),
    _of_database("paceline_worker_requests", _GAUGE,
                 "Requests that a remote worker made in the last full minute", "worker"),
    _of_database("paceline_worker_backlog", _GAUGE,
                 "Events that waited at a remote worker after its last report", "worker"),
    _of_database("paceline_worker_silent_seconds", _GAUGE,
                 "How long ago a remote worker reported last; absent before its first report", "worker", unit="seconds"),
    _of_database("paceline_leader", _GAUGE, "1 while a process holds this leadership, 0 when its lease has run out", "name"),
    _of_database("paceline_chore_failures", _GAUGE,
                 "How often recurring work has failed in a row; absent while all of it works", "name"),
    _of_database("paceline_imports", _GAUGE, "Imports that have not ended, by status", "status"),
    _of_database("paceline_notifications_waiting", _GAUGE, "Notifications that wait to be delivered"),
    _of_database("paceline_database_wal_bytes", _GAUGE,
                 "Size of SQLite's write-ahead log; absent on PostgreSQL", "database", unit="bytes"),
    _of_process("paceline_disk_free_bytes", _GAUGE, "Free space where the data directory is", unit="bytes"),
    _of_process("paceline_database_pool_connections", _GAUGE,
                "Connections of this process: in_use, idle; and size, the most there can be", "database", "state"),
    _of_process("paceline_database_pool_waits_total", _COUNTER,
                "Transactions that found no free connection and had to wait", "database"),
    _of_process("paceline_database_pool_timeouts_total", _COUNTER,
                "Transactions that gave up waiting for a free connection", "database"),
    _of_process("paceline_database_breaker_open", _GAUGE,
                "1 while the API answers 503 without asking the database, because it did not answer", "database"),
    _of_process("paceline_database_breaker_openings_total", _COUNTER, "How often that has begun", "database"),
    _of_process("paceline_database_connection_wait_seconds", _HISTOGRAM,
                "How long a transaction waited for a connection of the pool", "database", unit="seconds", buckets=_SECONDS),
    _of_process("paceline_database_transaction_seconds", _HISTOGRAM,
                "How long a transaction had its connection, from the first statement to the end of the commit",
                "database", unit="seconds", buckets=_SECONDS),
    _of_process("paceline_database_failures_total", _COUNTER,
                "Transactions that failed because the database could not be reached, did not answer in time or had no connection free",
                "database"),
    _of_process("paceline_api_request_seconds", _HISTOGRAM,
                "How long API calls took, by method, route and class of the status (2xx, 4xx, 5xx)",
                "method", "route", "status", unit="seconds", buckets=_SECONDS),
)
# fmt: on

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}

process_registry = CollectorRegistry(auto_describe=True)
"""What this process counts by itself."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the lines of every histogram for the time of its creation
ProcessCollector(registry=process_registry)


def _histogram(name: str) -> Histogram:
    metric = METRICS[name]
    return Histogram(name, metric.meaning, metric.labels, registry=process_registry, buckets=metric.buckets)


def _counter(name: str) -> Counter:
    metric = METRICS[name]
    return Counter(name, metric.meaning, metric.labels, registry=process_registry)


connection_wait_seconds = _histogram("paceline_database_connection_wait_seconds")
transaction_seconds = _histogram("paceline_database_transaction_seconds")
database_failures = _counter("paceline_database_failures_total")
api_request_seconds = _histogram("paceline_api_request_seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number that was read for a scrape: the metric's name, the values of its labels in their order, the number."""

    name: str
    labels: tuple[str, ...] = ()
    value: float


class _ReadAtScrape(Collector):
    """Gauges and counters whose numbers somebody reads when they are asked for."""

    def __init__(self, read: Callable[[], Iterable[Sample]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Family]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for sample in self._read():
            metric = METRICS[sample.name]
            if sample.name not in families:
                kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
                families[sample.name] = kind(metric.name, metric.meaning, labels=metric.labels)
            families[sample.name].add_metric(sample.labels, sample.value)
        yield from families.values()


def registry_with(read: Callable[[], Iterable[Sample]]) -> CollectorRegistry:
    """A registry of this process's metrics and of those that ``read`` finds at each scrape."""
    registry = CollectorRegistry()
    registry.register(_Also(process_registry))
    registry.register(_ReadAtScrape(read))
    return registry


class _Also(Collector):
    """Everything of another registry."""

    def __init__(self, other: CollectorRegistry) -> None:
        self._other = other

    def collect(self) -> Iterable[Family]:
        return self._other.collect()

    def describe(self) -> Iterable[Family]:
        return self._other.collect()


def exposition(read: Callable[[], Iterable[Sample]]) -> bytes:
    """One scrape in Prometheus' text format (``CONTENT_TYPE``)."""
    return generate_latest(registry_with(read))
