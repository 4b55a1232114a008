"""Old rows go, young ones stay, and whoever writes beside the pruner does not wait for it."""

from __future__ import annotations

import statistics
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from paceline.chores import event_pruner
from paceline.domain.errors import StoreUnavailable
from paceline.operations.context import Context
from paceline.store.database import sql
from surroundings.queue import Queue
from surroundings.sending import opened

_DAY = 86400.0


def _count(context: Context, table: str, database: str = "queue") -> int:
    with getattr(context, database).read() as connection:
        return int(connection.execute(sql(f"SELECT COUNT(*) FROM {table}")).scalar_one())


def _insert(context: Context, table: str, rows: list[dict[str, Any]], database: str = "queue") -> None:
    names = list(rows[0])
    with getattr(context, database).write() as connection:
        marks = ", ".join(f":{name}" for name in names)
        connection.execute(sql(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"), rows)


def _events(context: Context, numbers: range, at: float) -> None:
    rows = [
        {"message_id": number, "attempt": attempt, "kind": "accepted", "campaign_id": 1, "at": at}
        for number in numbers
        for attempt in (1, 2)
    ]
    _insert(context, "events", rows)


def test_old_events_go_and_young_ones_stay(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, keep_events_days=10) as context:
        now = context.clock.now()
        _events(context, range(1, 1500), now - 11 * _DAY)
        _events(context, range(1500, 1600), now - 9 * _DAY)
        _events(context, range(1600, 2900), now - 12 * _DAY)  # a late opening, say: old ones may come after young ones
        removed = event_pruner.prune(context, threading.Event())
        assert removed["events"] == 2 * (1499 + 1300)
        assert _count(context, "events") == 200
        assert event_pruner.prune(context, threading.Event())["events"] == 0


def test_events_are_kept_for_ever_where_the_setting_says_so(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, keep_events_days=0, keep_audit_days=0) as context:
        _events(context, range(1, 10), 1000.0)
        _insert(context, "audit", [_line(1000.0)], "catalogue")
        assert not {"events", "audit"} & set(event_pruner.prune(context, threading.Event()))
        assert (_count(context, "events"), _count(context, "audit", "catalogue")) == (18, 1)


def test_usage_that_still_counts_stays(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        account = Queue.filled(context, 0).holder().account_id
        bucket = int(context.clock.now() // 10)
        month = 31 * 8640 + 360
        buckets = [bucket, bucket - month + 1, bucket - month - 1, *range(bucket - month - 900, bucket - month - 2)]
        _insert(context, "usage", [{"account_id": account, "bucket": b, "count": 1} for b in buckets])
        assert event_pruner.prune(context, threading.Event())["usage"] == len(buckets) - 2
        with context.queue.read() as connection:
            assert (
                connection.execute(sql("SELECT bucket FROM usage ORDER BY bucket DESC")).scalars().all() == buckets[:2]
            )


def test_senders_go_when_they_ended_long_ago_and_hold_nothing(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        holder = Queue.filled(context, 0).holder()
        old, now = context.clock.now() - 8 * _DAY, context.clock.now()
        sender = {"slot": 0, "process": "", "started_at": old, "lease_until": old}
        _insert(context, "senders", [{**sender, "ended_at": at} for at in (old, old, now, None, old)])
        context.queue.execute("UPDATE senders SET ended_at = :at WHERE id = :id", at=old, id=holder.sender_id)
        assert event_pruner.prune(context, threading.Event())["senders"] == 2
        with context.queue.read() as connection:
            left = connection.execute(sql("SELECT id, ended_at FROM senders ORDER BY id")).all()
        assert left[0].id == holder.sender_id  # it still holds an account
        assert [row.ended_at for row in left[1:]] == [now, None, old]  # the newest one keeps its number taken


def test_keys_and_the_audit_log_go_in_their_time(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, keep_audit_days=30) as context:
        now = context.clock.now()
        catalogue = "catalogue"
        key = {"workspace_id": 1, "request_hash": ""}
        ages = {"young": now - 3600, "old": now - 2 * _DAY}
        _insert(context, "idempotency_keys", [{**key, "key": k, "created_at": at} for k, at in ages.items()], catalogue)
        _insert(context, "audit", [_line(now - 31 * _DAY)] * 1200 + [_line(now - 29 * _DAY)] * 3, catalogue)
        removed = dict(event_pruner.prune(context, threading.Event()))
        assert removed.pop("audit") == 1200
        assert removed["idempotency_keys"] == 1


def test_what_strangers_leave_behind_goes(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        now, catalogue = context.clock.now(), "catalogue"
        user = {"email": "a@example.com", "email_key": "a@example.com", "name": "A", "created_at": 0}
        _insert(context, "users", [{"id": 7, **user}], catalogue)
        session = {"user_id": 7, "workspace_id": 1, "created_at": 0, "seen_at": 0}
        ends = (now - 60, now + 60)
        _insert(context, "sessions", [{**session, "token_hash": str(at), "expires_at": at} for at in ends], catalogue)
        link = {"purpose": "reset", "created_at": 0}
        link_ends = (now - 31 * _DAY, now - 60, now + 60)
        _insert(
            context,
            "one_time_links",
            [{**link, "token_hash": str(at), "expires_at": at} for at in link_ends],
            catalogue,
        )
        made_up = [{"subject": f"s{n}", "failures": 1, "blocked_until_at": now - 8 * _DAY} for n in range(1200)]
        _insert(
            context, "login_attempts", [*made_up, {"subject": "s", "failures": 9, "blocked_until_at": now}], catalogue
        )
        removed = event_pruner.prune(context, threading.Event())
        assert (removed["sessions"], removed["one_time_links"], removed["login_attempts"]) == (1, 1, 1200)
        left = {table: _count(context, table, catalogue) for table in ("sessions", "one_time_links", "login_attempts")}
        assert left == {"sessions": 1, "one_time_links": 2, "login_attempts": 1}


def _line(at: float) -> dict[str, Any]:
    return {"workspace_id": 1, "at": at, "actor": "a", "actor_id": "u", "action": "x", "subject": ""}


def test_writers_beside_the_pruner_do_not_wait_for_it(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, keep_events_days=1) as context, opened(sqlite_url, tmp_path) as other:
        _events(context, range(1, 15_000), 1000.0)
        pruner = threading.Thread(target=event_pruner.prune, args=(context, threading.Event()))
        pruner.start()
        waits = []
        while pruner.is_alive():
            began = time.perf_counter()
            other.queue.execute("UPDATE installation SET commits = commits")
            waits.append(time.perf_counter() - began)
        assert _count(context, "events") == 0
        assert len(waits) > 60  # more turns than the pruner's own batches, each of which rests
        assert statistics.median(waits) < 0.5


def test_the_loop_ends_at_once_also_in_the_middle(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, keep_events_days=1) as context:
        _events(context, range(1, 20_000), 1000.0)
        total, stop = _count(context, "events"), threading.Event()
        loop = threading.Thread(target=lambda: event_pruner.run(context, stop, first_after_seconds=0))
        loop.start()
        deadline = time.monotonic() + 60
        while _count(context, "events") == total:
            assert time.monotonic() < deadline
        stop.set()
        loop.join(60)
        assert not loop.is_alive()
        assert _count(context, "events") > 0


def test_a_database_that_is_away_is_said_so_and_nothing_is_lost(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, lock_timeout_seconds=0.2) as context, opened(sqlite_url, tmp_path) as other:
        Queue.filled(context, 0).holder()
        with other.queue.write(), pytest.raises(StoreUnavailable):
            event_pruner.run(context, threading.Event(), first_after_seconds=0)
        assert not event_pruner.prune(context, threading.Event())["events"]


def test_old_facts_and_soft_bounces_go_and_the_counts_stay(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, keep_events_days=10, soft_bounce_days=5) as context:
        now = context.clock.now()
        base = {"kind": "opened", "campaign_id": 1}
        ages = {"old": 11, "young": 9}
        rows = [
            {**base, "message_id": number, "key": key, "at": now - days * _DAY}
            for number in range(1, 800)
            for key, days in ages.items()
        ]
        _insert(context, "facts", rows)
        _insert(context, "delivery_facts", [{"message_id": 1, "campaign_id": 1, "opened_at": now - 11 * _DAY}])
        bounces = [
            {"workspace_id": 1, "address": f"{days}@example.com", "message_id": 1, "at": now - days * _DAY}
            for days in (4, 6, 7)
        ]
        _insert(context, "soft_bounces", bounces)
        removed = event_pruner.prune(context, threading.Event())
        assert (removed["facts"], removed["soft_bounces"]) == (799, 2)
        assert (_count(context, "facts"), _count(context, "delivery_facts")) == (799, 1)
        assert _count(context, "soft_bounces") == 1


def test_ids_and_webhooks_of_whatsapp_go_in_their_time(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        now = context.clock.now()
        old, young = now - 61 * _DAY, now - 59 * _DAY
        ids = [
            {"wamid": f"w{n}", "message_id": n, "recipient": "+1", "at": old if n < 1200 else young}
            for n in range(1300)
        ]
        _insert(context, "whatsapp_ids", ids)
        bodies = [{"body": b"{}", "at": old, "failure": failure} for failure in ("not JSON", None)]
        _insert(context, "received_webhooks", bodies)
        removed = event_pruner.prune(context, threading.Event())
        assert (removed["whatsapp_ids"], removed["received_webhooks"]) == (1200, 1)
        assert (_count(context, "whatsapp_ids"), _count(context, "received_webhooks")) == (100, 1)
