"""The queue's chores over all campaigns: each campaign is where its messages and accounts say, and no other is touched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from paceline.chores import campaign_finisher, limit_resumer
from paceline.operations.context import Context
from paceline.operations.installation.queue_chores import queue_chores
from paceline.store.database import sql
from surroundings.sending import Hands, opened

NOW = 1_800_000_000.0


@pytest.fixture
def hands() -> Hands:
    return Hands(at=NOW)


@pytest.fixture
def context(database_url: str, tmp_path: Path, hands: Hands) -> Iterator[Context]:
    with opened(database_url, tmp_path, hands) as found:
        yield found


def _campaign(
    context: Context, key: str, *, status: str = "running", left: int = 1, launched: bool = True, **accounts: float
) -> None:
    """A campaign with so many messages left, and accounts by state: "ready", "broken", "limited" (until a moment)."""
    with context.queue.write() as connection:
        campaign = connection.execute(
            sql(
                "INSERT INTO campaigns (workspace_id, key, name, channel, status, content, audience, message_id_domain, "
                "launched_at, created_at, updated_at) VALUES (1, :key, :key, 'email', :status, '{}', '{}', 'example.com', "
                ":launched, 0, 0) RETURNING id"
            ),
            {"key": key, "status": status, "launched": NOW if launched else None},
        ).scalar_one()
        connection.execute(
            sql("INSERT INTO campaign_counters (campaign_id, slot, updated_at, queued) VALUES (:id, 0, 0, :left)"),
            {"id": campaign, "left": left},
        )
        for number in range(left):
            connection.execute(
                sql("INSERT INTO messages (campaign_id, contact_id, address, fields) VALUES (:id, :n, 'a@b.c', '{}')"),
                {"id": campaign, "n": number},
            )
        for position, (state, until) in enumerate(accounts.items()):
            account = connection.execute(
                sql(
                    "INSERT INTO accounts (workspace_id, channel, identity, name, login, state, until_at) "
                    "VALUES (1, 'email', :identity, :identity, '{}', :state, :until) RETURNING id"
                ),
                {"identity": f"{key} {state}", "state": state, "until": until or None},
            ).scalar_one()
            connection.execute(
                sql("INSERT INTO campaign_accounts (campaign_id, account_id, position) VALUES (:c, :a, :p)"),
                {"c": campaign, "a": account, "p": position},
            )


def _statuses(context: Context) -> dict[str, str]:
    with context.queue.read() as connection:
        return {row.key: row.status for row in connection.execute(sql("SELECT key, status FROM campaigns"))}


def test_only_campaigns_at_their_end_are_ended(context: Context) -> None:
    _campaign(context, "done", left=0)
    _campaign(context, "done while waiting", status="paused_limits", left=0)
    _campaign(context, "busy")
    _campaign(context, "being queued", left=0, launched=False)
    _campaign(context, "done while paused", status="paused", left=0)
    _campaign(context, "draft", status="draft", left=0)
    _campaign(context, "stopped", status="stopped", left=3)
    before = _statuses(context)
    assert campaign_finisher.finish_all(context.queue, now=NOW, thorough=False) == 2
    ended = {"done": "completed", "done while waiting": "completed"}
    assert _statuses(context) == {**before, **ended}
    assert campaign_finisher.finish_all(context.queue, now=NOW, thorough=True) == 2
    assert _statuses(context) == {**before, **ended, "done while paused": "completed"}
    with context.queue.read() as connection:
        rows = connection.execute(
            sql("SELECT state FROM messages m JOIN campaigns c ON c.id = m.campaign_id WHERE c.key = 'stopped'")
        ).scalars()
        assert set(rows) == {8}
    assert campaign_finisher.finish_all(context.queue, now=NOW, thorough=True) == 0


def test_campaigns_pause_and_resume_as_their_accounts_say(context: Context) -> None:
    later = NOW + 100
    _campaign(context, "ready", ready=0, limited=later)
    _campaign(context, "backs off", backing_off=later)
    _campaign(context, "exhausted", limited=later, broken=0)
    _campaign(context, "broken", broken=0, disabled=0)
    _campaign(context, "over", limited=NOW - 1)
    _campaign(context, "waits", status="paused_limits", limited=later)
    _campaign(context, "may go on", status="paused_limits", limited=later, ready=0)
    _campaign(context, "its moment has come", status="paused_limits", limited=NOW)
    _campaign(context, "nothing to wait for", status="paused_limits", broken=0)
    _campaign(context, "by a person", status="paused", ready=0)
    assert limit_resumer.pause_or_resume_all(context.queue, now=NOW, paused_too=True) == later
    assert _statuses(context) == {
        "ready": "running",
        "backs off": "running",
        "exhausted": "paused_limits",
        "broken": "paused_health",
        "over": "running",
        "waits": "paused_limits",
        "may go on": "running",
        "its moment has come": "running",
        "nothing to wait for": "paused_health",
        "by a person": "paused",
    }


def test_resumer_wakes_up_at_the_moment_itself(context: Context, hands: Hands) -> None:
    _campaign(context, "test", limited=NOW + 10.1)
    resumer = queue_chores(context)[2]
    while _statuses(context)["test"] == "running":
        resumer.work()
    waited = 0.0
    while True:
        pause = max(resumer.work(), 0.001)
        if _statuses(context)["test"] == "running":
            break
        hands.turn(pause)
        waited += pause
    assert waited == pytest.approx(10.1, abs=0.02)


def test_a_thousand_campaigns_and_accounts_cost_little(context: Context) -> None:
    for number in range(1000):
        status = ("running", "paused_limits", "completed", "paused")[number % 4]
        _campaign(
            context, f"campaign {number}", status=status, limited=NOW + 1000, ready=0 if status == "running" else 1
        )
    with context.queue.write() as connection:
        connection.execute(sql("UPDATE accounts SET state = 'broken' WHERE state = 'ready' AND until_at = 1"))
    chores = queue_chores(context)
    for chore in chores:
        chore.work()
    started = time.process_time()
    for _ in range(4):
        for chore in chores:
            chore.work()
    assert time.process_time() - started < 1.0  # CPU of what happens in a second
    print("CPU of one second of chores over 1,000 campaigns:", f"{time.process_time() - started:.3f} s")


@pytest.mark.parametrize("name", ["at_their_end", "without_usable_account", "paused_in_error", "with_work"])
def test_campaigns_are_found_by_their_status_alone(name: str, sqlite_url: str, tmp_path: Path) -> None:
    from paceline.store.queue import campaign_work

    seen: list[tuple[str, Any]] = []

    class Connection:
        def execute(self, statement: Any, values: Any = None) -> Any:
            seen.append((str(statement), values or {}))
            return self

        def scalars(self) -> list[int]:
            return []

    find = getattr(campaign_work, name)
    find(Connection(), **({} if name == "at_their_end" else {"now": 0.0}))
    statement, values = seen[0]
    with opened(sqlite_url, tmp_path) as context, context.queue.read() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"), values).all()
    assert any("COVERING INDEX campaigns_status" in row[3] for row in plan), plan
    assert not any(row[3].startswith("SCAN") for row in plan), plan
