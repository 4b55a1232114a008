"""Forecasts of files and of campaigns as they stand in the queue: usage, deferred messages, statuses, and over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.domain.contact import SubscriptionState
from paceline.domain.message import ReportKind
from paceline.domain.segment_rules import Person
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.forecasting import WhatIf, forecast_campaign, forecast_file
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import campaigns
from surroundings.queue import Queue
from surroundings.sending import Hands, logins, opened, write_campaign
from surroundings.server import running_server
from surroundings.subscribers import add_list, add_people
from surroundings.whatsapp_campaigns import ENVIRONMENT as WHATSAPP, write_whatsapp_campaign

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


def test_file_counts_numbers_of_its_own_country(sqlite_url: str, tmp_path: Path) -> None:
    path = write_whatsapp_campaign(tmp_path, "http://127.0.0.1:9", contacts=0)
    (tmp_path / "test.csv").write_text("phone,first_name,plan\n044 668 18 00,Ann,pro\n+1 650 555 0001,Bob,free\n")
    path.write_text(f'default_country = "CH"\n{path.read_text()}')
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        assert forecast_file(context, read_campaign_file(path, WHATSAPP)).total == 2


def test_limit_of_a_domain_does_not_hold_up_whatsapp(database_url: str, tmp_path: Path) -> None:
    with running_server(database_url, str(tmp_path)) as server:
        client = server.with_key()
        number = {"channel": "whatsapp", "name": "number-1", "phone_number_id": "106540352242922", "token": "secret"}
        account = client.post("/api/v1/accounts", json=number).json()
        news = add_list(server.context.catalogue, "news")
        confirmed = {news: SubscriptionState.CONFIRMED}
        add_people(
            server.context.catalogue,
            [
                Person(email=f"user{n}@example.com", phone=f"+1650555{n:04d}", fields={}, subscriptions=confirmed)
                for n in range(10)
            ],
        )
        limit = client.put("/api/v1/limits", json={"for": "domain", "name": "example.com", "daily_limit": 1})
        assert limit.is_success, limit.text
        made = client.post(
            "/api/v1/campaigns",
            json={
                "name": "Spring",
                "channel": "whatsapp",
                "templates": [{"name": "promo", "language": "en_US"}],
                "accounts": [account["id"]],
                "audience": {"lists": [client.get("/api/v1/lists").json()["items"][0]["id"]]},
            },
        )
        assert made.is_success, made.text
        seen = client.get(f"/api/v1/campaigns/{made.json()['id']}/forecast").json()
    assert seen["total"] == 10
    assert [day["messages"] for day in seen["per_day"]] == [10]


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
