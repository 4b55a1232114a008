"""People over HTTP: the first user, logging in and out, cookies, CSRF, brute force through proxies, second factors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from paceline.api.guard import CSRF_HEADER, SESSION_COOKIE
from paceline.domain.permission import Role
from paceline.operations.people import first_user
from paceline.operations.people.installation_users import reset_link
from surroundings.people import OTHER_PASSWORD, PASSWORD, token_of
from surroundings.server import Server, running_server

OLGA = "olga@example.com"
SETUP = {"email": OLGA, "name": "Olga", "password": PASSWORD, "workspace_name": "Sea Club"}


def set_up(server: Server) -> httpx.Client:
    """The first user, logged in."""
    client = server.stranger()
    token = token_of(first_user.first_user_link(server.context))
    answer = client.post("/api/v1/setup", json={"token": token, **SETUP})
    assert answer.status_code == 201, answer.text
    client.headers[CSRF_HEADER] = answer.json()["csrf_token"]
    return client


def log_in(server: Server, client: httpx.Client | None = None, **more: Any) -> httpx.Response:
    given = {"email": OLGA, "password": PASSWORD} | more
    return (client or server.stranger()).post("/api/v1/session", json=given)


def test_first_user_is_made_over_http_once(server: Server) -> None:
    stranger = server.stranger()
    assert stranger.get("/api/v1/login-ways").json() == {
        "single_sign_on": False,
        "password_reset": False,
        "setup_needed": True,
    }
    token = token_of(first_user.first_user_link(server.context))
    person = stranger.post("/api/v1/setup", json={"token": token, **SETUP}).json()
    assert person["user"]["email"] == OLGA
    assert person["workspace"]["name"] == "Sea Club"
    assert person["workspace"]["role"] == "owner"
    assert "members:write" in person["permissions"]
    again = server.stranger().post("/api/v1/setup", json={"token": token, **SETUP})
    assert (again.status_code, again.json()["type"]) == (404, "urn:paceline:not-found")
    assert stranger.get("/api/v1/login-ways").json()["setup_needed"] is False


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(server: Server) -> None:
    set_up(server)
    cookie = log_in(server).headers["set-cookie"].lower()
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie  # people reach this one at http://127.0.0.1


def test_cookie_is_only_for_tls_where_there_is_tls(sqlite_url: str, tmp_path: Path) -> None:
    with running_server(sqlite_url, str(tmp_path), base_url="https://mail.example.com") as server:
        set_up(server)
        assert "secure" in log_in(server).headers["set-cookie"].lower()


def test_token_of_a_session_is_no_key_and_opens_nothing_in_a_url(server: Server) -> None:
    client = set_up(server)
    token = client.cookies[SESSION_COOKIE]
    stranger = server.stranger()
    assert stranger.get("/api/v1/session", params={SESSION_COOKIE: token, "token": token}).status_code == 401
    assert stranger.get("/api/v1/session", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_logging_out_ends_the_session(server: Server) -> None:
    client = set_up(server)
    token = client.cookies[SESSION_COOKIE]
    assert client.delete("/api/v1/session").status_code == 204
    assert SESSION_COOKIE not in client.cookies
    assert server.stranger().get("/api/v1/session", headers={"Cookie": f"{SESSION_COOKIE}={token}"}).status_code == 401


def test_every_change_about_oneself_needs_the_csrf_token(server: Server) -> None:
    client = set_up(server)
    del client.headers[CSRF_HEADER]
    for method, path, body in (
        ("DELETE", "/session", None),
        ("PUT", "/password", {"password": PASSWORD, "new_password": OTHER_PASSWORD}),
        ("POST", "/second-factor", {"password": PASSWORD}),
        ("POST", "/sessions/end-others", None),
        ("POST", "/workspaces", {"name": "Other"}),
    ):
        assert client.request(method, f"/api/v1{path}", json=body).status_code == 403, path
    assert client.get("/api/v1/session").status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_form_of_another_site_logs_nobody_in(server: Server, kind: str | None) -> None:
    """A page elsewhere can send such bodies without asking first, and would log the visitor in as somebody else."""
    set_up(server)
    body = json.dumps({"email": OLGA, "password": PASSWORD}).encode()
    answer = server.stranger().post("/api/v1/session", content=body, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


def test_api_key_is_no_person(server: Server) -> None:
    key = server.with_key()
    for method, path in (("GET", "/session"), ("GET", "/sessions"), ("POST", "/sessions/end-others")):
        assert key.request(method, f"/api/v1{path}").status_code == 403


def test_refusal_is_the_same_problem_for_unknown_address_and_wrong_password(server: Server) -> None:
    set_up(server)
    wrong, unknown = log_in(server, password="wrong"), log_in(server, email="nobody@example.com")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json() == unknown.json()
    assert wrong.json()["type"] == "urn:paceline:login-refused"


def test_brute_force_is_answered_with_429_and_when_to_come_back(server: Server) -> None:
    set_up(server)
    answers = [log_in(server, password="wrong") for _ in range(6)]
    assert [answer.status_code for answer in answers[:5]] == [401] * 5
    blocked = next(
        answer for answer in (log_in(server, password="wrong") for _ in range(50)) if answer.status_code == 429
    )
    assert int(blocked.headers["retry-after"]) >= 1
    assert blocked.json()["type"] == "urn:paceline:too-many-attempts"


@pytest.fixture
def behind_a_proxy(sqlite_url: str, tmp_path: Path) -> Iterator[Server]:
    with running_server(sqlite_url, str(tmp_path), trusted_proxies="127.0.0.0/8, 10.0.0.1") as server:
        yield server


def tried(server: Server, address: str, times: int) -> set[int]:
    """What attempts at as many accounts are answered with, coming from this X-Forwarded-For."""
    client = server.stranger()
    return {
        client.post(
            "/api/v1/session",
            json={"email": f"p{n}@example.com", "password": "wrong"},
            headers={"X-Forwarded-For": address.format(n)},
        ).status_code
        for n in range(times)
    }


def test_header_of_a_stranger_hides_nobody(server: Server) -> None:
    assert 429 in tried(server, "203.0.113.{}", 40)


def test_header_of_a_known_proxy_tells_people_apart(behind_a_proxy: Server) -> None:
    assert tried(behind_a_proxy, "203.0.113.{}", 25) == {401}
    assert 429 in tried(behind_a_proxy, "198.51.100.{}, 203.0.113.200, 10.0.0.1", 40)


def test_sessions_name_the_clients_that_they_belong_to(behind_a_proxy: Server) -> None:
    client = set_up(behind_a_proxy)
    headers = {"X-Forwarded-For": "203.0.113.9", "User-Agent": "Firefox"}
    assert log_in(behind_a_proxy, behind_a_proxy._client(headers=headers)).status_code == 201
    listed = client.get("/api/v1/sessions").json()["items"]
    assert "Firefox at 203.0.113.9" in {one["client"] for one in listed}
    other = next(one for one in listed if not one["current"])
    assert client.delete(f"/api/v1/sessions/{other['id']}").status_code == 204
    assert [one["current"] for one in client.get("/api/v1/sessions").json()["items"]] == [True]


def test_password_change_ends_the_other_sessions_within_a_second(server: Server) -> None:
    client = set_up(server)
    other = server.stranger()
    log_in(server, other)
    assert other.get("/api/v1/session").status_code == 200
    new = {"password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert client.put("/api/v1/password", json=new).status_code == 204
    since = server.context.clock.now()
    while other.get("/api/v1/session").status_code == 200:
        assert server.context.clock.now() - since < 1.0
    assert client.get("/api/v1/session").status_code == 200
    assert log_in(server).status_code == 401


def test_forgotten_password(server: Server) -> None:
    set_up(server)
    stranger = server.stranger()
    for email in (OLGA, "nobody@example.com", "no address"):
        answer = stranger.post("/api/v1/password/reset-request", json={"email": email})
        assert (answer.status_code, answer.text) == (202, "null")
    reset = {"token": token_of(reset_link(server.context, email=OLGA)), "password": OTHER_PASSWORD}
    assert stranger.post("/api/v1/password/reset", json=reset).status_code == 204
    assert stranger.post("/api/v1/password/reset", json=reset).status_code == 404
    assert log_in(server, password=OTHER_PASSWORD).status_code == 201


def test_second_factor_from_beginning_to_end(server: Server) -> None:
    client = set_up(server)
    assert client.post("/api/v1/second-factor", json={"password": "wrong"}).status_code == 401
    begun = client.post("/api/v1/second-factor", json={"password": PASSWORD}).json()
    code = pyotp.TOTP(begun["secret"]).at(int(server.context.clock.now()))
    codes = client.post("/api/v1/second-factor/confirm", json={"code": code}).json()["recovery_codes"]
    assert client.get("/api/v1/second-factor").json() == {"in_force": True, "recovery_codes_left": 10}
    needed = log_in(server)
    assert (needed.status_code, needed.json()["type"]) == (401, "urn:paceline:second-factor-needed")
    assert log_in(server, code=codes[0]).status_code == 201
    assert log_in(server, code=codes[0]).status_code == 401
    renewed = client.post("/api/v1/second-factor/recovery-codes", json={"password": PASSWORD}).json()
    assert log_in(server, code=renewed["recovery_codes"][0]).status_code == 201
    assert client.post("/api/v1/second-factor/switch-off", json={"password": PASSWORD}).status_code == 204
    assert log_in(server).status_code == 201


def test_person_goes_from_one_workspace_to_another(server: Server) -> None:
    client = set_up(server)
    made = client.post("/api/v1/workspaces", json={"name": "Other"})
    assert made.status_code == 201
    here = client.get("/api/v1/session").json()["workspace"]["id"]
    there = made.json()["id"]
    assert client.put("/api/v1/session/workspace", json={"workspace": there}).json()["workspace"]["id"] == there
    assert client.get("/api/v1/workspace").json()["name"] == "Other"
    back = client.put("/api/v1/session/workspace", json={"workspace": here})
    assert [one["name"] for one in back.json()["workspaces"]] == ["Sea Club", "Other"]
    stranger = server.as_person(Role.OWNER)
    assert stranger.put("/api/v1/session/workspace", json={"workspace": there}).status_code == 404


def test_own_name_can_be_changed_and_nothing_else(server: Server) -> None:
    client = set_up(server)
    assert client.patch("/api/v1/session", json={"name": "Olga B."}).json()["user"]["name"] == "Olga B."
    assert client.patch("/api/v1/session", json={"name": "x", "role": "owner"}).status_code == 422
    assert client.patch("/api/v1/session", json={"name": "a\nb"}).status_code == 422


def test_what_people_do_is_on_record_without_secrets(server: Server) -> None:
    client = set_up(server)
    log_in(server)
    client.put("/api/v1/password", json={"password": PASSWORD, "new_password": OTHER_PASSWORD})
    made = client.post("/api/v1/api-keys", json={"name": "Shop", "scopes": ["contacts:read"]}).json()
    with server.context.catalogue.read() as connection:
        rows = connection.exec_driver_sql("SELECT action, actor, detail FROM audit ORDER BY id").all()
    assert [row.action for row in rows] == ["user.first", "session.start", "user.password", "key.create"]
    assert {row.actor for row in rows} == {"Olga"}
    assert not any(secret in str(rows) for secret in (PASSWORD, OTHER_PASSWORD, made["key"]))
