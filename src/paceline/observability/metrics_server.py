"""A small HTTP server for /metrics of a process that has no API: a sender."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from paceline.observability.metrics import Sample, registry_with


@contextmanager
def serving_metrics(read: Callable[[], Iterable[Sample]], *, host: str, port: int) -> Iterator[int]:
    """Answer scrapes in threads of its own until the block ends; gives the port (0 takes a free one).

    Raises OSError when the port is taken.
    """
    server, thread = start_http_server(port, host, registry_with(read))
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
