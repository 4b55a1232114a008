"""Accounts and webhooks over HTTP: what goes in as a secret never comes out, and every change is on record."""

from __future__ import annotations

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.permission import Role
from paceline.operations.accounts import account_checks
from paceline.store.database import sql
from surroundings.server import Server, running_server

ACCOUNT = {"name": "relay-1", "host": "smtp.example.com", "port": 587, "username": "ann", "password": "s3cret-one"}


def test_life_of_an_account(server: Server) -> None:
    client = server.with_key()
    made = client.post(
        "/api/v1/accounts", json={**ACCOUNT, "from": "Ann <ann@example.com>", "hourly_limit": 40, "tags": ["warm"]}
    )
    assert made.status_code == 201, made.text
    account = made.json()
    assert (account["from"], account["security"], account["state"], account["tags"]) == (
        "Ann <ann@example.com>",
        "starttls",
        "ready",
        ["warm"],
    )
    there = f"/api/v1/accounts/{account['id']}"
    refused = client.patch(there, json={"host": "other.example.com"})
    assert refused.status_code == 422
    assert [problem["field"] for problem in refused.json()["errors"]] == ["password"]
    changed = client.patch(
        there, json={"host": "other.example.com", "password": "s3cret-two", "window": "rolling", "enabled": False}
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["host"], changed.json()["window"], changed.json()["state"]) == (
        "other.example.com",
        "rolling",
        "disabled",
    )
    edited = client.post(
        "/api/v1/accounts/edit",
        json={"tag": "warm", "changes": {"daily_limit": 7, "window": "calendar"}, "enabled": True},
    )
    assert edited.json() == {"changed": 1}
    (listed,) = client.get("/api/v1/accounts", params={"tag": "warm", "host": "other.example.com"}).json()["items"]
    assert (listed["daily_limit"], listed["window"], listed["enabled"]) == (7, "calendar", True)
    assert len(client.get(f"{there}/usage").json()["days"]) == 30
    assert client.delete(there).status_code == 204
    assert client.get(there).status_code == 404
    with server.context.catalogue.read() as connection:
        kept = [tuple(row) for row in connection.execute(sql("SELECT action, detail FROM audit ORDER BY id"))]
    assert [action for action, _ in kept] == ["account.create", "account.change", "account.edit", "account.delete"]
    assert "s3cret" not in repr(kept) + made.text + changed.text + json.dumps(listed)


def test_connections_of_a_number_follow_its_rate_unless_somebody_chose_them(server: Server) -> None:
    client = server.with_key()
    number = {"name": "n", "channel": "whatsapp", "phone_number_id": "1065", "token": "t"}
    made = client.post("/api/v1/accounts", json=number).json()
    there = f"/api/v1/accounts/{made['id']}"
    shown = [made] + [
        client.patch(there, json=change).json()
        for change in ({"messages_per_second": 1000}, {"max_connections": 50}, {"messages_per_second": 80})
    ]
    assert [one["max_connections"] for one in shown] == [100, 1000, 50, 50]


def test_list_comes_in_pages(server: Server) -> None:
    client = server.with_key()
    rows = "".join(f"relay-{n},smtp.example.com,587,user{n},secret\n" for n in range(7))
    answer = client.post(
        "/api/v1/accounts/import", json={"file_name": "a.csv", "content": f"name,host,port,username,password\n{rows}"}
    )
    assert answer.json() == {"created": 7, "changed": 0}
    seen, cursor = [], None
    while True:
        page = client.get("/api/v1/accounts", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [account["name"] for account in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"relay-{n}" for n in range(7)]


def test_file_with_a_problem_changes_nothing_and_names_its_lines(server: Server) -> None:
    client = server.with_key()
    content = "name,host,port\ngood,smtp.example.com,25\nbad,127.0.0.1,25\n"
    answer = client.post("/api/v1/accounts/import", json={"file_name": "a.csv", "content": content})
    assert answer.status_code == 422
    assert "a.csv:3: host" in answer.json()["detail"]
    assert client.get("/api/v1/accounts").json()["items"] == []


def test_private_hosts_are_refused_in_every_spelling(server: Server) -> None:
    client = server.with_key()
    for host in (
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "0x7f.1",
        "2130706433",
    ):
        answer = client.post("/api/v1/accounts", json={**ACCOUNT, "host": host})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "host"), host
        hook = client.post("/api/v1/webhooks", json={"url": f"https://{f'[{host}]' if ':' in host else host}/hook"})
        assert (hook.status_code, hook.json()["errors"][0]["field"]) == (422, "url"), host


def test_server_is_limited(server: Server) -> None:
    client = server.with_key()
    client.post("/api/v1/accounts", json=ACCOUNT)
    (found,) = client.get("/api/v1/servers").json()["items"]
    limited = client.put(f"/api/v1/servers/{found['id']}/limit", json={"max_connections": 3})
    assert (limited.status_code, limited.json()["max_connections"], limited.json()["states"]) == (200, 3, {"ready": 1})


def test_secret_of_a_webhook_is_shown_once_also_when_the_request_is_repeated(server: Server) -> None:
    client = server.with_key()
    asked: dict[str, Any] = {
        "json": {"url": "https://example.com/hook", "events": ["campaign.completed"]},
        "headers": {"Idempotency-Key": "k1"},
    }
    made, again = client.post("/api/v1/webhooks", **asked), client.post("/api/v1/webhooks", **asked)
    assert made.status_code == 201, made.text
    assert made.json() == again.json()
    secret = made.json()["secret"]
    there = f"/api/v1/webhooks/{made.json()['id']}"
    rotated = client.post(f"{there}/secret").json()["secret"]
    client.post(f"{there}/test")
    shown = "".join(client.get(path).text for path in ("/api/v1/webhooks", there, f"{there}/deliveries"))
    stored = ""
    with server.context.catalogue.read() as connection:
        for table in ("webhooks", "notifications", "audit", "idempotency_keys"):
            stored += repr([tuple(row) for row in connection.execute(sql(f"SELECT * FROM {table}"))])
    for one in (secret, rotated):
        assert one.startswith("whsec_")
        assert one not in shown
        assert one not in stored


def test_person_chooses_what_to_be_told_by_mail(server: Server) -> None:
    person = server.as_person(Role.VIEWER)
    path = "/api/v1/notification-preferences"
    assert person.get(path).json() == {"events": [], "mail_is_set_up": False}
    chosen = person.put(path, json={"events": ["account.broken", "campaign.completed"]})
    assert chosen.json()["events"] == ["campaign.completed", "account.broken"]
    assert person.put(path, json={"events": ["nonsense"]}).status_code == 422
    assert server.with_key().get(path).status_code == 403
    assert server.as_person(Role.VIEWER).get(path).json()["events"] == []


def test_tests_of_silent_servers_leave_room_for_others(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path
) -> None:
    """Fifty at once are more than there are threads for answers; the servers take the connection and say nothing."""
    monkeypatch.setattr(account_checks, "_SECONDS", 15.0)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=100) as silent,
        running_server(sqlite_url, str(tmp_path), private_hosts="127.0.0.1") as server,
        ThreadPoolExecutor(50) as pool,
    ):
        client = server.with_key()
        port = silent.getsockname()[1]
        made = client.post(
            "/api/v1/accounts", json={"name": "a", "host": "127.0.0.1", "port": port, "security": "none"}
        )
        there = f"/api/v1/accounts/{made.json()['id']}/test"
        clients = [server.with_key() for _ in range(50)]
        tests = [pool.submit(one.post, there) for one in clients]
        refused = next(answer for test in as_completed(tests) if (answer := test.result()).status_code == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert client.get("/api/v1/contacts").status_code == 200
        assert not all(test.done() for test in tests)  # it did not have to wait for them
        statuses = Counter(test.result().status_code for test in tests)
    assert statuses == {200: 4, 429: 46}
