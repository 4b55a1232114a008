"""Members, invitations, workspaces and API keys over HTTP, as roles may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from paceline.api.guard import CSRF_HEADER, SESSION_COOKIE
from paceline.domain.permission import Permission, Role
from surroundings.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from surroundings.people import PASSWORD, token_of
from surroundings.server import Server, running_server
from surroundings.serving import wait_until


def invite(client: httpx.Client, email: str, role: str) -> httpx.Response:
    return client.post("/api/v1/invitations", json={"email": email, "role": role})


def accept(server: Server, link: str, **more: str) -> httpx.Client:
    client = server.stranger()
    given = {"token": token_of(link), "name": "Ann", "password": PASSWORD} | more
    answer = client.post("/api/v1/invitations/accept", json=given)
    assert answer.status_code == 201, answer.text
    client.headers[CSRF_HEADER] = answer.json()["csrf_token"]
    return client


def test_invited_person_is_logged_in_where_they_were_invited(server: Server) -> None:
    owner = server.as_person(Role.OWNER)
    made = invite(owner, "ann@example.com", "editor").json()
    assert "link" not in owner.get("/api/v1/invitations").json()["items"][0]
    looked = server.stranger().post("/api/v1/invitations/look", json={"token": token_of(made["link"])}).json()
    assert looked == {"workspace_name": "Workspace", "email": "ann@example.com", "role": "editor", "has_user": False}
    ann = accept(server, made["link"])
    assert ann.get("/api/v1/session").json()["workspace"]["role"] == "editor"
    assert owner.get("/api/v1/invitations").json()["items"] == []
    other = server.new_workspace()
    there = server.as_person(Role.OWNER, workspace_id=other)
    second = invite(there, "ann@example.com", "viewer").json()["link"]
    joined = ann.post("/api/v1/invitations/join", json={"token": token_of(second)})
    assert joined.json()["role"] == "viewer"
    assert [one["name"] for one in ann.get("/api/v1/session").json()["workspaces"]] == ["Workspace", "Another"]


def test_invitations_come_in_pages_and_can_be_taken_back(server: Server) -> None:
    owner = server.as_person(Role.OWNER)
    for number in range(5):
        invite(owner, f"p{number}@example.com", "viewer")
    first = owner.get("/api/v1/invitations", params={"limit": 3}).json()
    rest = owner.get("/api/v1/invitations", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    found = [one["email"] for one in first["items"] + rest["items"]]
    assert found == [f"p{number}@example.com" for number in range(5)]
    assert rest["next_cursor"] is None
    gone = first["items"][0]["id"]
    assert owner.delete(f"/api/v1/invitations/{gone}").status_code == 204
    assert owner.delete(f"/api/v1/invitations/{gone}").status_code == 404


@pytest.mark.parametrize(
    ("asker", "role", "status"),
    [
        (Role.OWNER, "owner", 201),
        (Role.ADMIN, "owner", 403),
        (Role.ADMIN, "admin", 201),
        (Role.EDITOR, "viewer", 403),
        (Role.VIEWER, "viewer", 403),
        (Role.OWNER, "root", 422),
    ],
)
def test_roles_invite_as_far_as_they_reach(server: Server, asker: Role, role: str, status: int) -> None:
    assert invite(server.as_person(asker), "ann@example.com", role).status_code == status


def test_admin_changes_members_but_not_owners(server: Server) -> None:
    owner, admin = server.as_person(Role.OWNER), server.as_person(Role.ADMIN)
    (boss,) = (one["id"] for one in admin.get("/api/v1/members").json()["items"] if one["role"] == "owner")
    ann = accept(server, invite(owner, "ann@example.com", "viewer").json()["link"])
    viewer = f"/api/v1/members/{ann.get('/api/v1/session').json()['user']['id']}"
    assert admin.patch(viewer, json={"role": "editor"}).json()["role"] == "editor"
    assert admin.patch(viewer, json={"role": "owner"}).status_code == 403
    assert admin.patch(f"/api/v1/members/{boss}", json={"role": "viewer"}).status_code == 403
    assert admin.delete(f"/api/v1/members/{boss}").status_code == 403
    assert admin.post(f"/api/v1/members/{boss}/reset-link").status_code == 403
    last = owner.delete(f"/api/v1/members/{boss}")
    assert (last.status_code, last.json()["type"]) == (409, "urn:paceline:not-possible")
    assert admin.post(f"{viewer}/reset-link").status_code == 201
    assert admin.delete(viewer).status_code == 204
    assert admin.get(viewer).status_code == 404


def test_settings_of_a_workspace_are_those_that_are_known(server: Server) -> None:
    owner = server.as_person(Role.OWNER)
    names = {one["name"] for one in owner.get("/api/v1/workspace/settings").json()["items"]}
    assert names == set(owner.get("/api/v1/workspace").json()["settings"])
    changed = owner.patch("/api/v1/workspace", json={"name": "Sea Club", "settings": {"largest_campaign": 5000}})
    assert (changed.json()["name"], changed.json()["settings"]["largest_campaign"]) == ("Sea Club", 5000)
    refused = owner.patch("/api/v1/workspace", json={"settings": {"colour": "blue"}})
    assert [error["field"] for error in refused.json()["errors"]] == ["colour"]
    assert server.as_person(Role.VIEWER).patch("/api/v1/workspace", json={"name": "x"}).status_code == 403
    assert server.as_person(Role.ADMIN).post("/api/v1/workspaces", json={"name": "x"}).status_code == 403


def test_key_is_made_used_and_revoked(server: Server) -> None:
    owner = server.as_person(Role.OWNER)
    wanted = {"name": "Shop", "scopes": ["suppressions:read"], "expires_after_days": 30}
    made = owner.post("/api/v1/api-keys", json=wanted).json()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    stranger = server.stranger()
    assert stranger.get("/api/v1/suppressions", headers=bearer).status_code == 200
    assert stranger.get("/api/v1/members", headers=bearer).status_code == 403
    listed = owner.get("/api/v1/api-keys").json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert listed[0]["used_at"] is not None
    assert "key" not in listed[0]
    assert owner.get(f"/api/v1/api-keys/{made['id']}").json() == listed[0]
    assert owner.delete(f"/api/v1/api-keys/{made['id']}").status_code == 204
    wait_until(lambda: stranger.get("/api/v1/suppressions", headers=bearer).status_code == 401)


def test_key_makes_no_key_beyond_its_own_scopes(server: Server) -> None:
    key = server.with_key([Permission.KEYS_WRITE, Permission.SUPPRESSIONS_READ])
    assert key.post("/api/v1/api-keys", json={"name": "x", "scopes": ["suppressions:read"]}).status_code == 201
    assert key.post("/api/v1/api-keys", json={"name": "x", "scopes": ["suppressions:write"]}).status_code == 403
    assert key.post("/api/v1/api-keys", json={"name": "x", "scopes": ["everything"]}).status_code == 422


def test_secret_of_a_repeated_request_is_not_kept_in_the_clear(server: Server) -> None:
    owner = server.as_person(Role.OWNER)
    new, headers = {"name": "Shop", "scopes": ["contacts:read"]}, {"Idempotency-Key": "one"}
    first, second = (owner.post("/api/v1/api-keys", json=new, headers=headers).json() for _ in range(2))
    assert first == second
    with server.context.catalogue.read() as connection:
        stored = str(connection.exec_driver_sql("SELECT * FROM idempotency_keys").all())
    assert first["key"] not in stored
    assert "Shop" not in stored


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


def test_single_sign_on_through_the_browser(provider: Provider, sqlite_url: str, tmp_path: Path) -> None:
    provider.person = {"sub": "ann-1", "email": "ann@example.com", "email_verified": True, "name": "Ann"}
    settings = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    with running_server(sqlite_url, str(tmp_path), **settings, oidc_new_user_role="viewer") as server:
        browser = server.stranger()
        assert browser.get("/api/v1/login-ways").json()["single_sign_on"] is True
        away = browser.post("/api/v1/single-sign-on", json={}).json()["url"]
        back = provider.authorize(away)
        assert server.stranger().get("/api/v1/single-sign-on/callback", params=back).status_code == 401
        arrived = browser.get("/api/v1/single-sign-on/callback", params=back)
        assert arrived.status_code == 303, arrived.text
        assert urlsplit(arrived.headers["location"]).path == "/"
        assert browser.cookies[SESSION_COOKIE]
        assert browser.get("/api/v1/session").json()["user"]["has_single_sign_on"] is True
        refused = browser.get("/api/v1/single-sign-on/callback", params={"error": "access_denied", "state": "x"})
        assert (refused.status_code, "access_denied" in refused.text) == (401, True)
