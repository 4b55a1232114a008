"""Slow statements, slow calls and errors of the database are in the log when somebody wants them there, and only then."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from paceline.observability.calls import TimedCalls
from paceline.observability.metrics import process_registry
from paceline.operations.context import Context
from paceline.store.database import sql
from surroundings.sending import opened

# A statement that takes some milliseconds on both databases, and says a person's name.
_SLOW = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
SELECT COUNT(*) FROM numbers WHERE CAST(:name AS text) <> ''
"""


def _run_both_ways(context: Context) -> None:
    with context.queue.read() as connection:
        connection.execute(sql(_SLOW), {"name": "Ann Lee"})
        context.queue.fetch(connection, sql(_SLOW), {"name": "Ann Lee"})


def test_slow_statements_are_logged_both_ways_without_their_values(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(database_url, tmp_path, slow_query_seconds=0.0005) as context:
        caplog.clear()
        _run_both_ways(context)
    slow = [record for record in caplog.records if "WITH RECURSIVE" in record.getMessage()]
    assert len(slow) == 2
    assert all(record.kind == "slow_query" and record.seconds >= 0.0005 for record in slow)  # type: ignore[attr-defined]  # given as extra
    assert "Ann Lee" not in caplog.text


def test_fast_statements_are_not_logged(database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(database_url, tmp_path, slow_query_seconds=1000.0) as context:
        _run_both_ways(context)
    assert "slow query" not in caplog.text


def test_nothing_is_watched_unless_it_is_asked_for(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(database_url, tmp_path) as context:
        _run_both_ways(context)
        with pytest.raises(IntegrityError):
            context.queue.execute("INSERT INTO installation (id) VALUES (2)")
    assert not [record for record in caplog.records if record.name == "paceline.slow"]


def test_errors_of_the_database_are_logged_without_their_values(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(database_url, tmp_path, log_database_errors="yes") as context, pytest.raises(IntegrityError):
        context.queue.execute(
            "INSERT INTO suppressions (workspace_id, channel, address, reason, source) VALUES (1, 'email', :a, 'r', 's')",
            a="ann@example.com",
        )
    (record,) = [record for record in caplog.records if record.name == "paceline.slow"]
    assert record.levelno == logging.ERROR
    assert "created_at" in record.getMessage()
    assert "ann@example.com" not in record.getMessage()


def test_transactions_and_failures_are_counted(database_url: str, tmp_path: Path) -> None:
    def transactions() -> float:
        name = "paceline_database_transaction_seconds_count"
        return process_registry.get_sample_value(name, {"database": "queue"}) or 0.0

    with opened(database_url, tmp_path) as context:
        before = transactions()
        with context.queue.read() as connection:
            connection.execute(sql("SELECT 1"))
            assert context.queue.pool_statistics()["in_use"] == 1
        context.queue.execute("UPDATE installation SET commits = commits")
        assert transactions() == before + 2


async def _answering(scope: Any, receive: Any, send: Any) -> None:
    scope["route"] = type("Route", (), {"path": "/api/v1/things/{id}"})
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _calls(method: str) -> float:
    labels = {"method": method, "route": "/api/v1/things/{id}", "status": "4xx"}
    return process_registry.get_sample_value("paceline_api_request_seconds_count", labels) or 0.0


@pytest.mark.parametrize(("slow_seconds", "lines"), [(0.0, 0), (1e-9, 1), (1000.0, 0)])
def test_slow_calls_are_logged_by_their_route(
    slow_seconds: float, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def send(message: Any) -> None:
        return

    before = _calls("GET")
    scope = {"type": "http", "method": "GET", "path": "/api/v1/things/secret-id"}
    asyncio.run(TimedCalls(_answering, slow_seconds=slow_seconds)(scope, None, send))  # type: ignore[arg-type]  # reads nothing
    assert _calls("GET") == before + 1
    slow = [record.getMessage() for record in caplog.records if "slow API call" in record.getMessage()]
    assert len(slow) == lines
    assert all("GET /api/v1/things/{id}" in line and "404" in line and "secret-id" not in line for line in slow)
