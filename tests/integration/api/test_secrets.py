"""Secrets that go in, or are given out once, stand nowhere afterwards: not in logs, answers, tables or the audit."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import inspect

from paceline.domain.permission import Role
from paceline.operations.context import Context
from paceline.operations.people import first_user
from paceline.store.database import Database, sql
from surroundings.people import token_of
from surroundings.server import Server

_ACCOUNT = {"host": "smtp.example.com", "port": 587}
_OAUTH = {"oauth": "google", "client_id": "app"}
ADMIN_PASSWORD = "sesame-one-of-the-first-user"
LISTS = ("accounts", "api-keys", "audit", "invitations", "members", "sessions", "session", "webhooks", "workspace")


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):  # the test's own client
        caplog.set_level(logging.WARNING, logger=name)


def test_secrets_leave_no_trace(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    link = first_user.first_user_link(server.context)
    setup = {"token": token_of(link), "email": "olga@example.com", "name": "Olga", "password": ADMIN_PASSWORD}
    assert server.stranger().post("/api/v1/setup", json=setup).status_code == 201
    owner = server.as_person(Role.OWNER)
    secrets = {ADMIN_PASSWORD, setup["token"], *_given(owner), *_made(owner), *_wrongly_given(server, owner)}
    assert len(secrets) >= 15
    for client, where in ((owner, LISTS), (server.with_key(), LISTS)):
        for noun in where:
            _absent(secrets, noun, client.get(f"/api/v1/{noun}").text)
    for place, words in _tables(server.context):
        _absent(secrets, place, words)
    assert "Traceback" in caplog.text  # of the mistake that was made on purpose
    _absent(secrets, "logs", caplog.text)


def _absent(secrets: set[str], place: str, words: str) -> None:
    assert [secret for secret in secrets if secret in words] == [], place


def _given(owner: httpx.Client) -> Iterator[str]:
    """What people hand in."""
    key = {"Idempotency-Key": "one"}
    yield _sent(owner, "/accounts", "sesame-smtp", {"name": "a", **_ACCOUNT, "username": "a"}, "password", headers=key)
    yield _sent(
        owner,
        "/accounts",
        "sesame-refresh",
        {"name": "b", **_ACCOUNT, "username": "b", **_OAUTH, "client_secret": "sesame-client"},
        "refresh_token",
    )
    yield "sesame-client"
    table = "name,host,port,username,password\nc,smtp.example.com,587,c,sesame-in-a-file\n"
    assert owner.post("/api/v1/accounts/import", json={"file_name": "a.csv", "content": table}).is_success
    yield "sesame-in-a-file"
    account = owner.get("/api/v1/accounts").json()["items"][0]["id"]
    assert owner.patch(f"/api/v1/accounts/{account}", json={"password": "sesame-changed"}).is_success
    yield "sesame-changed"


def _sent(client: httpx.Client, path: str, secret: str, body: dict[str, Any], field: str, **more: Any) -> str:
    answer = client.post(f"/api/v1{path}", json={**body, field: secret}, **more)
    assert answer.is_success, answer.text
    assert secret not in answer.text
    return secret


def _made(owner: httpx.Client) -> Iterator[str]:
    """What is shown once; a repeated request shows it again, so the answer is kept, but sealed."""
    for path, body, field in (
        ("/api-keys", {"name": "Shop", "scopes": ["contacts:read"]}, "key"),
        ("/webhooks", {"url": "https://example.com/hook"}, "secret"),
        ("/invitations", {"email": "bob@example.com", "role": "viewer"}, "link"),
    ):
        first, second = (
            owner.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": path}).json() for _ in range(2)
        )
        assert first == second
        yield token_of(first["link"]) if field == "link" else first[field]
    webhook = owner.get("/api/v1/webhooks").json()["items"][0]["id"]
    yield owner.post(f"/api/v1/webhooks/{webhook}/secret").json()["secret"]
    member = next(one for one in owner.get("/api/v1/members").json()["items"] if one["email"] == "olga@example.com")
    yield token_of(owner.post(f"/api/v1/members/{member['id']}/reset-link").json()["link"])


def _wrongly_given(server: Server, owner: httpx.Client) -> Iterator[str]:
    """Secrets in requests that are refused, or that end in a mistake of ours."""
    stranger = server.stranger()
    login = {"email": "olga@example.com", "password": "sesame-wrong"}
    assert stranger.post("/api/v1/session", json=login).status_code == 401
    yield "sesame-wrong"
    assert stranger.get("/api/v1/accounts", headers={"Authorization": "Bearer pl_sesame_key"}).status_code == 401
    yield "pl_sesame_key"
    for path in ("/u/sesame-token", "/t/c/sesame-token"):
        assert stranger.get(path).status_code == 404
    for wrong in (
        {"password": "sesame\nnewline"},
        {"password": "sesame-unknown", "port": 0},
        {"password": ["sesame-list"]},
    ):
        answer = owner.post("/api/v1/accounts", json={"name": "d", **_ACCOUNT, "username": "d", **wrong})
        assert answer.status_code == 422
        assert "sesame" not in answer.text
    server.context.queue.execute("ALTER TABLE accounts RENAME TO gone")
    server.context.catalogue.execute("ALTER TABLE one_time_links RENAME TO links_gone")
    new = {"name": "e", **_ACCOUNT, "username": "e", "password": "sesame-mistake"}
    assert owner.post("/api/v1/accounts", json=new).status_code == 500
    reset = {"token": "sesame-reset-token", "password": "sesame-new-password"}
    assert stranger.post("/api/v1/password/reset", json=reset).status_code == 500
    server.context.queue.execute("ALTER TABLE gone RENAME TO accounts")
    server.context.catalogue.execute("ALTER TABLE links_gone RENAME TO one_time_links")
    yield from (
        "sesame-token",
        "sesame-unknown",
        "sesame-list",
        "sesame-mistake",
        "sesame-reset-token",
        "sesame-new-password",
    )


def _tables(context: Context) -> Iterator[tuple[str, str]]:
    """Every row of both schemas, as text."""
    databases: dict[int, Database] = {id(one): one for one in (context.queue, context.catalogue)}
    for database in databases.values():
        with database.read() as connection:
            for table in inspect(connection).get_table_names():
                rows = connection.execute(sql(f"SELECT * FROM {table}")).all()
                yield table, "\n".join(_shown(value) for row in rows for value in row)


def _shown(value: Any) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def test_addresses_stay_out_of_tracebacks(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """A statement that fails is told without its values."""
    server.context.catalogue.execute("ALTER TABLE subscriptions RENAME TO gone")
    server.context.catalogue.execute("ALTER TABLE contacts RENAME TO contacts_gone")
    new = {"email": "zoe.sesame@example.com", "fields": {"city": "Sesame"}}
    assert server.with_key().post("/api/v1/contacts", json=new).status_code == 500
    assert "Traceback" in caplog.text
    assert "sesame" not in caplog.text.lower()
