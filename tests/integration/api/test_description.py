"""The API does what its description says: generated requests as every role, on both databases.

No server error, no answer that the description does not know, no route that lets strangers in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import content_type_conformance, not_a_server_error, status_code_conformance
from schemathesis.specs.openapi.checks import response_schema_conformance

from paceline.api.app import api_routes
from paceline.api.routing import OPEN, needed_by
from paceline.domain.permission import Role
from surroundings.server import Server, running_server

ENDLESS = {"/api/v1/feed"}
ROUTES = sorted(
    (method, route.path, needed_by(route)) for route in api_routes() for method in route.methods or () if method
)
OPERATIONS = [(method, path) for method, path, _ in ROUTES if path not in ENDLESS]
CLOSED = [(method, path) for method, path, needed in ROUTES if needed not in OPEN]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NOT_READY = {"/health/ready"}  # no background process runs beside the API of these tests, and it says so
NOT_EVEN_HTTP = b"Invalid HTTP request received."  # the HTTP server's own answer, to a line that is too long
HEAD_TOO_LARGE = 431  # refused before any route is known, so no operation describes it
IDENTITY = {"authorization", "cookie", "x-csrf-token"}


class Described:
    """A running API with its own description of itself."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._schema = schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")

    def ask(self, client: httpx.Client, method: str, path: str, examples: int) -> None:
        """Send generated requests, such as the description allows and others, and hold every answer against it."""
        operation = self._schema[path][method]
        requests = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
        whoever = {**client.headers, "cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        headers = {name: value for name, value in whoever.items() if value and name in IDENTITY}

        @given(case=st.one_of(requests))
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case: Case[Any]) -> None:
            answer = case.call(base_url=self.server.url, headers=headers, timeout=60, allow_redirects=False)
            if answer.content != NOT_EVEN_HTTP and answer.status_code != HEAD_TOO_LARGE:
                case.validate_response(answer, checks=CHECKS if path not in NOT_READY else CHECKS[1:])

        check()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def described(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Described]:
    """The API on a database for all tests of this file: what they leave behind belongs to it."""
    folder: Path = tmp_path_factory.mktemp("described")
    url = f"sqlite:///{folder / 'paceline.db'}"
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres")
        url = postgres.url(postgres.create())
    with running_server(url, str(folder), api_rate_per_second=1e6, api_rate_burst=1e6) as server:
        yield Described(server)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_to_owner_are_as_described(described: Described, method: str, path: str) -> None:
    described.ask(described.server.as_person(Role.OWNER), method, path, examples=12)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.EDITOR, Role.VIEWER])
@pytest.mark.parametrize("described", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_to_other_roles_are_as_described(described: Described, method: str, path: str, role: Role) -> None:
    described.ask(described.server.as_person(role), method, path, examples=3)


@pytest.mark.parametrize("described", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_to_key_are_as_described(described: Described, method: str, path: str) -> None:
    described.ask(described.server.with_key(), method, path, examples=3)


@pytest.mark.parametrize("described", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_strangers_stay_outside(described: Described, method: str, path: str) -> None:
    """Whatever the request: who asks is settled before it is read."""
    client = described.server.stranger()
    bodies: list[dict[str, Any]] = [{}, {"json": {}}, {"content": b"rubbish"}]
    for body in bodies:
        for headers in ({}, {"Authorization": "Bearer pl_wrong"}, {"Cookie": "paceline_session=wrong"}):
            answer = client.request(method, path, headers=headers, **body)
            assert answer.status_code == 401, (method, path, body, headers)
