"""The live feed: what changes is told, a few times a second, to those who may know."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from paceline.domain.campaign import CampaignMove
from paceline.domain.permission import Permission
from paceline.operations.campaigns.outlooks import OutlookWatch
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns
from paceline.store.queue.campaigns import NewCampaign
from surroundings.server import Server
from surroundings.working import add_account


def new_campaign(server: Server, key: str, *, workspace_id: int = 1) -> int:
    new = NewCampaign(
        workspace_id=workspace_id,
        key=key,
        name=key,
        channel="email",
        content="{}",
        audience="{}",
        message_id_domain="example.com",
        rate_per_minute=0,
        max_attempts=None,
        retry_delay_seconds=None,
    )
    with server.context.queue.write() as connection:
        number = campaigns.create(connection, new, now=server.context.clock.now())
    assert number is not None
    return number


def events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_changes_of_a_campaign_are_told(server: Server) -> None:
    number = new_campaign(server, "spring")
    with server.with_key().stream("GET", "/api/v1/feed") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events(answer)
        (first,) = next(event for event in told if event["campaigns"])["campaigns"]
        assert (first["key"], first["status"]) == ("spring", "draft")
        assert first["id"] == server.context.ids.encode(IdKind.CAMPAIGN, number)
        with server.context.queue.write() as connection:
            assert campaigns.move(connection, number, CampaignMove.START, now=server.context.clock.now())
        (second,) = next(event for event in told if event["campaigns"])["campaigns"]
        assert second["status"] == "running"


def test_new_subscriber_is_told_at_once_what_is_under_way(server: Server) -> None:
    long_ago = server.context.clock.now() - 86400
    for key, status in (("slow", "running"), ("waits", "paused_limits"), ("over", "completed"), ("later", "draft")):
        number = new_campaign(server, key)
        words = "UPDATE campaigns SET status = :status, updated_at = :at WHERE id = :id"
        server.context.queue.execute(words, status=status, at=long_ago, id=number)
    hidden = new_campaign(server, "hidden")
    server.context.queue.execute("UPDATE campaigns SET status = 'running', kind = 'single' WHERE id = :id", id=hidden)
    for _ in range(2):  # the second one finds a feed that is being looked after
        with server.with_key().stream("GET", "/api/v1/feed") as answer:
            first = next(events(answer))
            assert sorted(campaign["key"] for campaign in first["campaigns"]) == ["slow", "waits"]


def test_accounts_are_told_to_those_who_may_see_them(server: Server) -> None:
    made = server.with_key().post(
        "/api/v1/accounts",
        json={"name": "relay-1", "host": "smtp.example.com", "port": 587, "username": "ann", "password": "x"},
    )
    assert made.status_code == 201, made.text
    new_campaign(server, "spring")
    for scopes, names in (
        ([Permission.CAMPAIGNS_READ, Permission.ACCOUNTS_READ], ["relay-1"]),
        ([Permission.CAMPAIGNS_READ], []),
    ):
        with server.with_key(scopes).stream("GET", "/api/v1/feed") as answer:
            first = next(event for event in events(answer) if event["campaigns"])
            assert [account["name"] for account in first["accounts"]] == names


def test_another_workspace_hears_nothing(server: Server) -> None:
    other = server.new_workspace()
    with server.with_key().stream("GET", "/api/v1/feed") as answer:
        new_campaign(server, "theirs", workspace_id=other)
        new_campaign(server, "ours")
        heard = next(event for event in events(answer) if event["campaigns"])
        assert [campaign["key"] for campaign in heard["campaigns"]] == ["ours"]


def test_feed_ends_with_its_key(server: Server) -> None:
    with server.with_key().stream("GET", "/api/v1/feed") as answer:
        server.context.catalogue.execute("UPDATE api_keys SET revoked_at = 1")
        for _ in answer.iter_bytes():  # ends, or the test's time-out says that it does not
            pass


@pytest.mark.parametrize("permission", [Permission.CONTACTS_READ, Permission.WORKSPACE_READ])
def test_feed_needs_a_permission(server: Server, permission: Permission) -> None:
    assert server.with_key([permission]).get("/api/v1/feed").status_code == 403


def test_accounts_are_told_at_once_and_then_only_those_that_change(server: Server) -> None:
    for name in ("one", "two"):
        add_account(server.context, 9, name)
    with server.with_key().stream("GET", "/api/v1/feed") as answer:
        told = events(answer)
        first = next(event for event in told if event["accounts"])["accounts"]
        assert [(account["name"], account["state"]) for account in first] == [("one", "ready"), ("two", "ready")]
        server.context.queue.execute(
            "UPDATE accounts SET state = 'broken', reason = 'wrong password' WHERE name = 'two'"
        )
        (changed,) = next(event for event in told if event["accounts"])["accounts"]
        assert (changed["name"], changed["state"], changed["reason"]) == ("two", "broken", "wrong password")
        server.context.queue.execute("UPDATE accounts SET state = 'limited', until_at = 1 WHERE name = 'two'")
        (over,) = next(event for event in told if event["accounts"])["accounts"]
        assert (over["state"], over["reason"], over["resumes_at"]) == ("ready", None, None)  # its pause is over
        with server.with_key().stream("GET", "/api/v1/feed") as second:  # who comes later is told all of it
            names = [account["name"] for account in next(events(second))["accounts"]]
            assert sorted(names) == ["one", "two"]


def test_outlook_says_when_a_campaign_will_finish_and_what_holds_it_back(server: Server) -> None:
    number = new_campaign(server, "spring")
    with server.context.queue.write() as connection:
        campaigns.move(connection, number, CampaignMove.START, now=server.context.clock.now())
    with server.with_key().stream("GET", "/api/v1/feed") as answer:
        told = events(answer)
        (first,) = next(event for event in told if event["outlooks"])["outlooks"]
        assert first["id"] == server.context.ids.encode(IdKind.CAMPAIGN, number)
        assert first["finish_at"] is not None  # it has no message: as soon as somebody looks
        earliest, latest = first["finish_range"]
        assert earliest <= first["finish_at"] <= latest
        assert "no_account" in [cause["cause"] for cause in first["causes"]]
        with server.context.queue.write() as connection:
            assert campaigns.move(connection, number, CampaignMove.STOP, now=server.context.clock.now())
        (last,) = next(event for event in told if event["outlooks"])["outlooks"]
        assert [cause["cause"] for cause in last["causes"]] == ["stopped"]
        assert last["finish_at"] is not None


def test_who_loads_a_page_again_and_again_does_not_make_the_outlooks_begin_anew(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = new_campaign(server, "spring")
    with server.context.queue.write() as connection:
        campaigns.move(connection, number, CampaignMove.START, now=server.context.clock.now())
    looks: list[int] = []
    may_end = threading.Event()
    original = OutlookWatch.look

    def look(watch: OutlookWatch, statuses: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        looks.append(len(statuses))
        assert may_end.wait(60)
        return original(watch, statuses)

    monkeypatch.setattr(OutlookWatch, "look", look)
    for _ in range(12):  # more than there are threads for looks
        with server.with_key().stream("GET", "/api/v1/feed") as answer:
            assert next(events(answer))["campaigns"]
    assert looks == [1]
    with server.with_key().stream("GET", "/api/v1/feed") as answer:
        may_end.set()
        assert next(event for event in events(answer) if event["outlooks"])
    with server.with_key().stream("GET", "/api/v1/feed") as answer:
        assert next(events(answer))["outlooks"]  # known already, and told with all the rest
