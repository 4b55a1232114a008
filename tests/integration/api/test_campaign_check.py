"""The check of a draft over the API: findings with their cures; errors keep it from starting, warnings do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.contact import SubscriptionState
from paceline.domain.segment_rules import Person
from surroundings.name_server import name_server
from surroundings.server import Server, running_server
from surroundings.subscribers import add_list, add_people
from surroundings.working import add_account

HTML = '<p>Hello {{ contact.first_name }}, the spring menu is here.</p><a href="{{ unsubscribe_url }}">Leave</a>'


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with (
        name_server({("example.com", "MX"): ["10 mx.example.com."]}) as names,
        running_server(database_url, str(tmp_path), dns_servers=names.setting) as running,
    ):
        yield running


def draft(server: Server, html: str, *people: dict[str, str]) -> str:
    """A draft for some people; returns its id."""
    news = add_list(server.context.catalogue, "news")
    found = [
        Person(email=f"user{n}@example.com", fields=fields, subscriptions={news: SubscriptionState.CONFIRMED})
        for n, fields in enumerate(people)
    ]
    add_people(server.context.catalogue, found)
    account = add_account(server.context, 587)
    client = server.with_key()
    content = {
        "from": "ann@example.com",
        "subject": "Spring",
        "html": html,
        "unsubscribe_url": "https://example.com/leave",
    }
    lists = client.get("/api/v1/lists").json()["items"]
    made = client.post(
        "/api/v1/campaigns",
        json={
            "name": "Spring",
            "content": content,
            "audience": {"lists": [lists[0]["id"]]},
            "accounts": [account],
        },
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def check(server: Server, campaign: str) -> dict[str, Any]:
    answer = server.with_key().get(f"/api/v1/campaigns/{campaign}/check")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_findings_come_with_cures_and_warnings_do_not_block(server: Server) -> None:
    campaign = draft(server, HTML, {"first_name": "Ann"}, {"first_name": ""})
    found = check(server, campaign)
    assert found["problems"] == []
    assert {(one["severity"], one["rule"]) for one in found["findings"]} == {
        ("warning", rule) for rule in ("fields", "dkim", "spf", "dmarc", "ptr")
    }
    assert all(one["sentence"] and one["cure"] for one in found["findings"])
    assert len(found["notices"]) == len(found["findings"])
    assert found["recipients"] == {"number": 2, "exact": True}
    assert server.with_key().post(f"/api/v1/campaigns/{campaign}/start").status_code == 200


def test_broken_link_keeps_a_draft_from_starting(server: Server) -> None:
    campaign = draft(server, HTML + '<a href="/menu">Menu</a>', {"first_name": "Ann"})
    assert [one["field"] for one in check(server, campaign)["problems"]] == ["content.html"]
    refused = server.with_key().post(f"/api/v1/campaigns/{campaign}/start")
    assert refused.status_code == 422
    assert "has no https:// in front" in refused.json()["errors"][0]["message"]
    assert server.with_key().get(f"/api/v1/campaigns/{campaign}").json()["status"] == "draft"
