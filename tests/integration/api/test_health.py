"""Health and metrics: who may ask, what is said, and that a database that is away delays nobody."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from paceline.domain.permission import Permission
from paceline.observability.metrics import METRICS
from paceline.observability.metrics_server import serving_metrics
from paceline.operations.installation.health import BACKGROUND
from paceline.operations.installation.metrics import samples
from paceline.operations.workers import workers
from paceline.store.database import sql
from paceline.store.queue import chore_failures
from surroundings.cuttable import cuttable_way
from surroundings.queue import Queue
from surroundings.sending import opened
from surroundings.server import Server, running_server

FROM_ELSEWHERE = {"X-Forwarded-For": "203.0.113.9"}


def _lead(server: Server, *, seconds: float) -> None:
    until = server.context.clock.now() + seconds
    server.context.catalogue.execute("DELETE FROM leaderships")
    server.context.catalogue.execute("INSERT INTO leaderships VALUES (:n, 'x', :u)", n=BACKGROUND, u=until)


def _numbers(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    families = text_string_to_metric_families(text)
    return {(s.name, tuple(s.labels.values())): s.value for family in families for s in family.samples}


def test_ready_when_both_databases_answer_and_the_background_is_at_work(server: Server) -> None:
    _lead(server, seconds=60)
    answer = server.stranger().get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert set(answer.json()["checks"]) == {"queue", "catalogue", "background"}
    assert server.stranger().get("/health/live").json() == {"status": "live"}


@pytest.mark.parametrize("seconds", [None, -5.0])
def test_not_ready_without_a_background_process(server: Server, seconds: float | None) -> None:
    if seconds is not None:
        _lead(server, seconds=seconds)
    answer = server.stranger().get("/health/ready")
    assert answer.status_code == 503
    assert [name for name, check in answer.json()["checks"].items() if not check["ok"]] == ["background"]
    assert "paceline serve" in answer.json()["checks"]["background"]["sentence"]


def test_not_ready_with_another_schema(server: Server) -> None:
    _lead(server, seconds=60)
    server.context.catalogue.execute("UPDATE catalogue_version SET version_num = '0000'")
    answer = server.stranger().get("/health/ready")
    assert answer.status_code == 503
    assert "paceline database upgrade" in answer.json()["checks"]["catalogue"]["sentence"]


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_other_machines_need_a_key(sqlite_server: Server, path: str) -> None:
    refused = sqlite_server.stranger().get(path, headers=FROM_ELSEWHERE)
    assert refused.status_code == 401
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert sqlite_server.with_key().get(path, headers=FROM_ELSEWHERE).status_code != 401
    assert sqlite_server.stranger().get(path).status_code != 401


def test_open_health_answers_everybody(sqlite_url: str, tmp_path: Path) -> None:
    with running_server(sqlite_url, str(tmp_path), open_health="yes") as server:
        assert server.stranger().get("/metrics", headers=FROM_ELSEWHERE).status_code == 200


def test_metrics_are_not_for_other_workspaces_nor_for_lesser_keys(sqlite_server: Server) -> None:
    other = sqlite_server.with_key(workspace_id=sqlite_server.new_workspace())
    assert other.get("/metrics").status_code == 403
    assert sqlite_server.with_key([Permission.CAMPAIGNS_READ]).get("/metrics").status_code == 403
    assert sqlite_server.with_key([Permission.WORKSPACE_READ]).get("/metrics").status_code == 200


def test_metrics_tell_what_the_queue_holds(server: Server) -> None:
    queue = Queue.filled(server.context, 7)
    holder = queue.holder("relay-1")
    (message,) = holder.claim(1)
    holder.intend([message])
    server.stranger().get("/api/v1/suppressions")
    answer = server.stranger().get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    numbers = _numbers(answer.text)
    assert numbers["paceline_messages", ("queued",)] == 6
    assert numbers["paceline_messages", ("sending",)] == 1
    assert numbers["paceline_messages_total", ("sent",)] == 0
    assert numbers["paceline_campaigns", ("running",)] == 1
    assert numbers["paceline_accounts", ("ready",)] == 1
    assert numbers["paceline_database_up", ("queue",)] == 1
    (open_now,) = [value for (name, _), value in numbers.items() if name == "paceline_account_open"]
    assert open_now == 1
    assert numbers["paceline_api_request_seconds_count", ("GET", "/api/v1/suppressions", "4xx")] >= 1
    assert "process_resident_memory_bytes" in {name for name, _ in numbers}


def test_every_number_is_in_the_table_and_everything_of_the_table_is_told(server: Server) -> None:
    Queue.filled(server.context, 1).holder()
    _lead(server, seconds=60)
    workers.add(server.context, name="berlin", url="https://worker.example.com", guarded=False)
    with server.context.queue.write() as connection:
        connection.execute(sql("UPDATE workers SET reported_at = 1"))
        chore_failures.keep(connection, "limit resumer", reason="", now=0.0)
    answer = server.stranger().get("/metrics")
    told = {
        family.name for family in text_string_to_metric_families(answer.text) if family.name.startswith("paceline_")
    }
    known = {metric.name.removesuffix("_total") for metric in METRICS.values()}
    only_sqlite = {"paceline_database_wal_bytes"}
    assert told | only_sqlite == known | only_sqlite


def test_accounts_have_no_metrics_of_their_own_where_they_are_many(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, metrics_accounts=1) as context:
        queue = Queue.filled(context, 1)
        queue.holder("relay-1")
        assert "paceline_account_open" in {sample.name for sample in samples(context)}
        queue.holder("relay-2")
        assert "paceline_account_open" not in {sample.name for sample in samples(context)}


def test_database_that_is_away_is_told_at_once(postgresql_url: str, tmp_path: Path) -> None:
    with (
        cuttable_way(postgresql_url) as (url, way),
        running_server(url, str(tmp_path), connect_attempts=1) as server,
    ):
        way.cut()
        began = time.monotonic()
        ready, scraped = server.stranger().get("/health/ready"), server.stranger().get("/metrics")
        assert time.monotonic() - began < 15
        assert server.stranger().get("/health/live").status_code == 200
        assert ready.status_code == 503
        assert ready.json()["checks"]["queue"]["ok"] is False
        assert _numbers(scraped.text)["paceline_database_up", ("queue",)] == 0
        assert "paceline_messages{" not in scraped.text
        way.heal()
        assert _numbers(server.stranger().get("/metrics").text)["paceline_database_up", ("queue",)] == 1


def test_database_that_hangs_does_not_hold_up_the_answer(
    sqlite_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paceline.operations.installation.health._PATIENCE_SECONDS", 0.2)
    _lead(sqlite_server, seconds=60)
    held = [sqlite_server.context.queue.read() for _ in range(sqlite_server.context.settings.pool_size)]
    for one in held:
        one.__enter__()
    try:
        began = time.monotonic()
        answers = [sqlite_server.stranger().get("/health/ready") for _ in range(3)]
        seconds = time.monotonic() - began
    finally:
        for one in held:
            one.__exit__(None, None, None)
    assert {answer.status_code for answer in answers} == {503}
    assert "no answer within" in answers[0].json()["checks"]["queue"]["sentence"]
    assert seconds < sqlite_server.context.settings.pool_wait_seconds


def test_sender_answers_on_a_port_of_its_own(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path) as context:
        with serving_metrics(lambda: samples(context), host="127.0.0.1", port=0) as port:
            assert (
                _numbers(httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text)[
                    "paceline_database_up", ("queue",)
                ]
                == 1
            )
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
