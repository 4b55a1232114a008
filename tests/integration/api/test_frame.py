"""What all routes have in common: problems, pages, idempotency, and a description that is true."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.routing import Route

from paceline.api.app import api_routes, create_app
from paceline.api.routing import GuardedRoute, needed_by
from surroundings.server import Server


def test_every_route_declares_who_may_use_it(sqlite_server: Server) -> None:
    routes = create_app(sqlite_server.context).routes
    others = {route.path for route in routes if isinstance(route, Route) and not isinstance(route, GuardedRoute)}
    assert others == {"/api/openapi.json"}, "a route that is not of ROUTES is not behind the guard"
    assert api_routes()
    for route in api_routes():
        assert needed_by(route)
        assert route.description, f"{route.path} says nothing about itself"


def test_description_is_openapi_31_and_knows_problems(sqlite_server: Server) -> None:
    described = sqlite_server.stranger().get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert "Problem" in described["components"]["schemas"]
    assert "HTTPValidationError" not in json.dumps(described)


def test_unknown_path_and_method_are_problems(sqlite_server: Server) -> None:
    client = sqlite_server.with_key()
    for answer in (client.get("/api/v1/nothing"), client.delete("/api/v1/suppressions")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_every_answer_is_closed_to_guessing_framing_and_caching(sqlite_server: Server) -> None:
    for answer in (
        sqlite_server.stranger().get("/api/v1/suppressions"),
        sqlite_server.with_key().get("/api/v1/suppressions"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "addresses"),
        ({"addresses": []}, "addresses"),
        ({"addresses": ["ann@example.com"], "workspace_id": 2}, "workspace_id"),
        ({"addresses": ["no address"]}, "no address"),
        ({"addresses": [7]}, "addresses.0"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(
    sqlite_server: Server, body: dict[str, object], field: str
) -> None:
    client = sqlite_server.with_key()
    answer = client.post("/api/v1/suppressions", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert client.get("/api/v1/suppressions").json()["items"] == []


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "large"}])
@pytest.mark.parametrize("announced", [True, False])
def test_body_that_is_too_large_is_refused_with_a_problem(
    sqlite_server: Server, headers: dict[str, str], announced: bool
) -> None:
    body = json.dumps({"addresses": ["a" * 3_000_000]}).encode()
    pieces = (body[at : at + 100_000] for at in range(0, len(body), 100_000))
    client = sqlite_server.with_key()
    answer = client.post(
        "/api/v1/suppressions",
        content=body if announced else pieces,
        headers={"Content-Type": "application/json", **headers},
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "2 MB" in answer.json()["detail"]
    assert client.post("/api/v1/suppressions", json={"addresses": ["ann@example.com"]}).json() == {"added": 1}


def test_pages_hold_everything_once(server: Server) -> None:
    client = server.with_key()
    addresses = [f"person{number:03}@example.com" for number in range(25)]
    client.post("/api/v1/suppressions", json={"addresses": addresses})
    seen: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        part = client.get("/api/v1/suppressions", params=parameters).json()
        seen += [item["address"] for item in part["items"]]
        cursor = part["next_cursor"]
        if cursor is None:
            break
    assert seen == addresses


@pytest.mark.parametrize("cursor", ["!", "bnVsbA", "e30", "MQ", "=", "é"])
def test_invented_cursor_is_refused(sqlite_server: Server, cursor: str) -> None:
    assert sqlite_server.with_key().get("/api/v1/suppressions", params={"cursor": cursor}).status_code == 422


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1000000000", "x"])
def test_limit_has_limits(sqlite_server: Server, limit: str) -> None:
    assert sqlite_server.with_key().get("/api/v1/suppressions", params={"limit": limit}).status_code == 422


def test_repeated_request_gets_the_first_answer(server: Server) -> None:
    client = server.with_key()
    new, headers = {"addresses": ["ann@example.com"]}, {"Idempotency-Key": "one"}
    first, second = (client.post("/api/v1/suppressions", json=new, headers=headers) for _ in range(2))
    assert first.json() == second.json() == {"added": 1}
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotency-replayed"] == "true"
    assert client.post("/api/v1/suppressions", json=new).json() == {"added": 0}


def test_key_of_another_request_is_refused(server: Server) -> None:
    client = server.with_key()
    headers = {"Idempotency-Key": "one"}
    client.post("/api/v1/suppressions", json={"addresses": ["ann@example.com"]}, headers=headers)
    answer = client.post("/api/v1/suppressions", json={"addresses": ["bob@example.com"]}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:paceline:idempotency-key-reused"


def test_many_at_once_with_one_key_are_carried_out_once(server: Server) -> None:
    client = server.with_key()

    def ask(_: int) -> int:
        body = {"addresses": ["ann@example.com"]}
        return client.post("/api/v1/suppressions", json=body, headers={"Idempotency-Key": "one"}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(ask, range(16)))
    assert statuses <= {201, 409}
    with server.context.catalogue.read() as connection:
        actions = connection.exec_driver_sql("SELECT action FROM audit").scalars().all()
    assert actions == ["suppression.add"]


def test_request_that_came_to_nothing_may_be_repeated(server: Server) -> None:
    client = server.with_key()
    headers = {"Idempotency-Key": "one"}
    wrong = {"addresses": ["no address"]}
    assert client.post("/api/v1/suppressions", json=wrong, headers=headers).status_code == 422
    right = {"addresses": ["ann@example.com"]}
    assert client.post("/api/v1/suppressions", json=right, headers=headers).status_code == 201


def test_mistake_of_ours_is_not_called_an_absent_database(server: Server) -> None:
    server.context.queue.execute("ALTER TABLE suppressions RENAME TO gone")
    answer = server.with_key().get("/api/v1/suppressions")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:paceline:unexpected")
    assert "suppressions" not in answer.json()["detail"]
