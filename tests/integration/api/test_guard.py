"""Who gets in: keys, sessions, permissions, CSRF, rates."""

from __future__ import annotations

from pathlib import Path

import pytest

from paceline.api.guard import CSRF_HEADER
from paceline.domain.permission import Permission, Role
from paceline.operations.people.access import hash_of
from paceline.store.catalogue import api_keys, sessions
from paceline.store.database import sql
from surroundings.server import Server, running_server


def test_stranger_is_told_how_to_get_in(sqlite_server: Server) -> None:
    answer = sqlite_server.stranger().get("/api/v1/suppressions")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "API key" in answer.json()["detail"]


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer pl_wrong", "Basic YTpi", "pl_wrong", "Bearer a b"])
def test_wrong_key_is_refused(sqlite_server: Server, authorization: str) -> None:
    answer = sqlite_server.stranger().get("/api/v1/suppressions", headers={"Authorization": authorization})
    assert answer.status_code == 401


def test_key_does_what_its_scopes_say_and_no_more(server: Server) -> None:
    reader = server.with_key([Permission.SUPPRESSIONS_READ])
    assert reader.get("/api/v1/suppressions").status_code == 200
    refused = reader.post("/api/v1/suppressions", json={"addresses": ["ann@example.com"]})
    assert refused.status_code == 403
    assert "suppressions:write" in refused.json()["detail"]


def test_contact_in_a_preview_needs_its_own_permission(server: Server) -> None:
    contact = server.with_key().post("/api/v1/contacts", json={"email": "ann@example.com"}).json()["id"]
    letter = {"from": "a@example.com", "subject": "{{ contact.email }}", "text": "Hello"}
    asked = {"content": letter, "contact_id": contact}
    key = server.with_key([Permission.CAMPAIGNS_READ])
    refused = key.post("/api/v1/templates/preview", json=asked)
    assert (refused.status_code, "contacts:read" in refused.json()["detail"]) == (403, True)
    assert key.post("/api/v1/templates/preview", json={"content": letter}).status_code == 200
    both = server.with_key([Permission.CAMPAIGNS_READ, Permission.CONTACTS_READ])
    assert both.post("/api/v1/templates/preview", json=asked).json()["subject"] == "ann@example.com"


def test_key_in_the_url_opens_nothing(sqlite_server: Server) -> None:
    key = sqlite_server.new_key()
    assert (
        sqlite_server.stranger().get("/api/v1/suppressions", params={"api_key": key, "token": key}).status_code == 401
    )


def test_revoked_key_is_refused_within_a_second(server: Server) -> None:
    key = server.new_key()
    client = server.stranger()
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/suppressions", headers=headers).status_code == 200
    context = server.context
    with context.catalogue.write() as connection:
        found = api_keys.by_hash(connection, hash_of(key), now=context.clock.now())
        assert found is not None
        api_keys.revoke(connection, found.id, workspace_id=found.workspace_id, now=context.clock.now())
    since = asked = context.clock.now()
    while client.get("/api/v1/suppressions", headers=headers).status_code == 200:
        assert asked - since < 1.0
        asked = context.clock.now()


def test_expired_key_is_refused(server: Server) -> None:
    client = server.with_key()
    server.context.catalogue.execute("UPDATE api_keys SET expires_at = :now", now=server.context.clock.now() - 1)
    assert client.get("/api/v1/suppressions").status_code == 401


def test_session_changes_things_only_with_its_csrf_token(server: Server) -> None:
    person = server.as_person(Role.EDITOR)
    new = {"addresses": ["ann@example.com"]}
    assert person.post("/api/v1/suppressions", json=new).status_code == 201
    assert person.post("/api/v1/suppressions", json=new, headers={CSRF_HEADER: "guessed"}).status_code == 403
    del person.headers[CSRF_HEADER]
    assert person.post("/api/v1/suppressions", json=new).status_code == 403
    assert person.get("/api/v1/suppressions").status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 201), (Role.ADMIN, 201), (Role.OWNER, 201)]
)
def test_role_decides_what_a_person_may_do(server: Server, role: Role, status: int) -> None:
    person = server.as_person(role)
    assert person.post("/api/v1/suppressions", json={"addresses": ["ann@example.com"]}).status_code == status


def test_ended_session_is_refused(server: Server) -> None:
    person = server.as_person(Role.VIEWER)
    with server.context.catalogue.write() as connection:
        user_id = connection.execute(sql("SELECT user_id FROM sessions")).scalar_one()
        assert sessions.end_all(connection, user_id) == 1
    assert person.get("/api/v1/suppressions").status_code == 401


def test_disabled_person_is_refused(server: Server) -> None:
    person = server.as_person(Role.OWNER)
    server.context.catalogue.execute("UPDATE users SET disabled_at = 1")
    assert person.get("/api/v1/suppressions").status_code == 401


def test_who_asks_too_often_is_told_when_to_come_back(sqlite_url: str, tmp_path: Path) -> None:
    with running_server(sqlite_url, str(tmp_path), api_rate_per_second=1, api_rate_burst=8) as server:
        client = server.stranger()
        answers = (client.get("/api/v1/suppressions") for _ in range(20))  # the quarter of strangers is 2 at once
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert server.with_key().get("/api/v1/suppressions").status_code == 200


def test_workspaces_do_not_see_each_other(server: Server) -> None:
    other = server.new_workspace()
    assert server.with_key().post("/api/v1/suppressions", json={"addresses": ["ann@example.com"]}).status_code == 201
    assert server.with_key(workspace_id=other).get("/api/v1/suppressions").json()["items"] == []
    assert len(server.with_key().get("/api/v1/suppressions").json()["items"]) == 1
