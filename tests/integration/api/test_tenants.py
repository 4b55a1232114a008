"""Workspaces are closed to each other: every operation that names a thing, asked for the thing of another workspace."""

from __future__ import annotations

import re
from typing import Any

import pytest

from paceline.api.app import api_routes
from paceline.api.routing import OPEN, needed_by
from paceline.domain.permission import Role
from surroundings.server import Server
from surroundings.workspace import furnish

NAMED = sorted(
    (method, route.path)
    for route in api_routes()
    for method in route.methods or ()
    if "{" in route.path and needed_by(route) not in OPEN
)


def test_things_of_another_workspace_are_not_there(server: Server) -> None:
    """As its owner and by its key, with each body that the operation's description allows."""
    theirs = furnish(server)
    foreign = server.new_workspace()
    owner, key = server.as_person(Role.OWNER, workspace_id=foreign), server.with_key(workspace_id=foreign)
    described = server.stranger().get("/api/openapi.json").json()
    for method, path in NAMED:
        names = re.findall(r"{(\w+)}", path)
        missing = set(names) - set(theirs)
        assert not missing, f"tests/surroundings/workspace.py makes nothing for {missing} of {path}"
        there = path.format(**theirs)
        for client in (owner, key):
            answer = client.request(method, there, **_body(described, path, method))
            if client is key and answer.status_code == 403:
                continue  # for persons only
            assert answer.status_code == 404, (method, there, answer.status_code, answer.text)


def _body(described: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    """A body that gets past the checks of its shape, if the operation wants one."""
    operation = described["paths"][path][method.lower()]
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return {}
    return {"json": _example(content["application/json"]["schema"], described)}


def _example(schema: dict[str, Any], described: dict[str, Any]) -> Any:
    """The smallest value of a schema: required fields only."""
    if "$ref" in schema:
        return _example(described["components"]["schemas"][schema["$ref"].rpartition("/")[2]], described)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "examples" in schema:
        return schema["examples"][0]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _example(schema[several][0], described)
    match schema.get("type"):
        case "object":
            required = schema.get("required", [])
            return {name: _example(schema["properties"][name], described) for name in required}
        case "array":
            return [_example(schema["items"], described)] * schema.get("minItems", 0)
        case "string":
            return "a" * max(1, schema.get("minLength", 1))
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return None


@pytest.mark.parametrize(("method", "path"), NAMED)
def test_invented_ids_are_not_there(server: Server, method: str, path: str) -> None:
    described = server.stranger().get("/api/openapi.json").json()
    for invented in ("1", "0", "con_aaaaaaaaaaaaaaaaaaaaaaaaaa", "..%2F..%2Fetc", "%00", "é"):
        there = re.sub(r"{\w+}", invented, path)
        answer = server.as_person(Role.OWNER).request(method, there, **_body(described, path, method))
        assert answer.status_code == 404, (there, answer.status_code, answer.text)
