"""Forecasts of files and of campaigns as they stand in the queue: usage, deferred messages, statuses, and over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.domain.message import ReportKind
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.forecasting import WhatIf, forecast_campaign, forecast_file
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import campaigns
from surroundings.queue import Queue
from surroundings.sending import Hands, logins, opened, write_campaign
from surroundings.server import running_server

NOON = 1_803_902_400.0
ENVIRONMENT = {"TEST_PASSWORD": "secret"}


def test_file_is_forecast_without_leaving_a_trace(database_url: str, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, contacts=1000, accounts=logins(2525, 10, hourly_limit=40))
    with opened(database_url, tmp_path, Hands(NOON)) as context:
        seen = forecast_file(context, read_campaign_file(path, ENVIRONMENT))
        with context.queue.read() as connection:
            assert campaigns.find(connection, "test", workspace_id=1) is None
    assert seen.total == 1000
    assert seen.finish_at == pytest.approx(NOON + 7200, abs=5)
    assert [one.status for one in seen.timeline].count(CampaignStatus.PAUSED_LIMITS) == 2


def test_file_counts_only_rows_that_become_messages(sqlite_url: str, tmp_path: Path) -> None:
    rows = ["ann@example.com", "ann@example.com", "no address", "bob@example.com"]
    path = write_campaign(tmp_path, contacts=rows, accounts=logins(2525, 1))
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        assert forecast_file(context, read_campaign_file(path, ENVIRONMENT)).total == 2


def with_limit(context: Context, **columns: float) -> None:
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    context.queue.execute(f"UPDATE accounts SET {changes}", **columns)


def test_campaign_under_way_counts_what_was_used_and_what_waits(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)
    with opened(database_url, tmp_path, hands) as context:
        queue = Queue.filled(context, 100)
        queue.now = NOON
        holder = queue.holder()
        messages = holder.claim(30)
        holder.intend(messages)
        holder.tell(*(holder.report(message, ReportKind.ACCEPTED) for message in messages[:25]))
        holder.tell(*(holder.report(message, ReportKind.DEFERRED) for message in messages[25:]))
        with_limit(context, hourly_limit=40)
        hands.turn(60)
        seen = forecast_campaign(context, "test")
    assert seen.total == 100
    assert seen.per_account == (("relay", 75),)
    pause = next(one for one in seen.timeline if one.status is CampaignStatus.PAUSED_LIMITS)
    assert pause.at < NOON + 120  # 15 are left in this hour
    assert seen.finish_at == pytest.approx(NOON + 7200, abs=15)


def test_campaign_that_waits_for_a_person_is_reckoned_as_if_it_went_on_and_says_so(
    sqlite_url: str, tmp_path: Path
) -> None:
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        queue = Queue.filled(context, 10)
        queue.holder()
        queue.move(CampaignMove.PAUSE)
        seen = forecast_campaign(context, "test")
    assert seen.timeline[0].status is CampaignStatus.PAUSED
    assert str(seen.timeline[0].reason).endswith("reckoned as if it were resumed now")
    assert seen.finish_at is not None


def test_ended_campaign_tells_when_it_ended(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        queue = Queue.filled(context, 10)
        queue.now = NOON - 600
        queue.move(CampaignMove.STOP)
        seen = forecast_campaign(context, "test")
    assert seen.finish_at == NOON - 600
    assert [one.status for one in seen.timeline] == [CampaignStatus.STOPPED]


def test_accounts_that_need_a_person_are_left_out(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        queue = Queue.filled(context, 10)
        queue.holder()
        context.queue.execute("UPDATE accounts SET state = 'broken'")
        seen = forecast_campaign(context, "test")
    assert seen.finish_at is None
    assert seen.bottleneck == "there is no account that can send"


def test_what_if_changes_the_answer_and_nothing_else(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, Hands(NOON)) as context:
        queue = Queue.filled(context, 100)
        queue.holder()
        with_limit(context, hourly_limit=20)
        as_it_is = forecast_campaign(context, "test").finish_at
        more = forecast_campaign(context, "test", WhatIf(more_accounts=4)).finish_at
        higher = forecast_campaign(context, "test", WhatIf(hourly_limit=50)).finish_at
        with context.queue.read() as connection:
            assert connection.execute(sql("SELECT hourly_limit FROM accounts")).scalar_one() == 20
    assert as_it_is == pytest.approx(NOON + 4 * 3600, abs=10)
    assert more == pytest.approx(NOON, abs=30)
    assert higher == pytest.approx(NOON + 3600, abs=10)


def test_forecast_over_http_is_the_same_and_answers_what_if(database_url: str, tmp_path: Path) -> None:
    with running_server(database_url, str(tmp_path)) as server:
        client = server.with_key()
        account = {"name": "relay-1", "host": "smtp.example.com", "port": 587, "username": "ann", "password": "secret"}
        made = client.post("/api/v1/accounts", json={**account, "daily_limit": 5}).json()
        queue = Queue.filled(server.context, 12)
        with server.context.queue.write() as connection:
            number = connection.execute(sql("SELECT id FROM accounts")).scalar_one()
            connection.execute(
                sql("INSERT INTO campaign_accounts (campaign_id, account_id, position) VALUES (:c, :a, 0)"),
                {"c": queue.campaign_id, "a": number},
            )
        listed = client.get("/api/v1/campaigns").json()["items"]
        there = f"/api/v1/campaigns/{listed[0]['id']}/forecast"
        seen = client.get(there)
        assert seen.status_code == 200, seen.text
        assert seen.json()["per_account"] == [{"name": "relay-1", "messages": 12}]
        assert [day["messages"] for day in seen.json()["per_day"]] == [5, 5, 2]
        assert seen.json()["bottleneck"] == "relay-1: daily limit 5 reached"
        asked = client.post(
            there, json={"daily_limit": 0, "start_at": "2030-01-01T00:00:00Z", "accounts": [made["id"]]}
        )
        assert asked.status_code == 200, asked.text
        assert asked.json()["timeline"][0]["at"] == "2030-01-01T00:00:00.000Z"
        assert [day["date"] for day in asked.json()["per_day"]] == ["2030-01-01"]
        assert client.post(there, json={"accounts": ["nothing"]}).status_code == 422
