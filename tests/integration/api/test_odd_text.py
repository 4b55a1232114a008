"""Characters that a database cannot keep, in every text that a request may have: refused, never a mistake of ours."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from paceline.api.app import api_routes
from paceline.api.routing import Access, needed_by
from paceline.domain.permission import Role
from surroundings.server import Server
from surroundings.workspace import furnish

_ODD = ("a\0b", "a\ud800b")


@pytest.mark.parametrize("odd", _ODD, ids=["NUL", "lone surrogate"])
def test_odd_texts_are_refused(server: Server, odd: str) -> None:
    own = furnish(server)
    owner = server.as_person(Role.OWNER)
    described = server.stranger().get("/api/openapi.json").json()
    asked = 0
    for route in api_routes():
        method = sorted(route.methods or ())[0]
        if needed_by(route) is Access.TOKEN or route.path.endswith(("/feed", "/metrics")):
            continue
        operation = described["paths"][route.path][method.lower()]
        there = route.path.format(**own)
        names = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
        for name in names:
            answer = owner.request(method, f"{there}?{name}={quote(odd, errors='surrogatepass')}")
            assert answer.status_code < 500, (method, there, name, answer.text)
            asked += 1
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content and not there.endswith("/password"):
            body = json.dumps(_filled(content["application/json"]["schema"], described, odd))
            answer = owner.request(method, there, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code < 500, (method, there, body, answer.text)
            asked += 1
    assert asked > 60


def _filled(schema: dict[str, Any], described: dict[str, Any], odd: str) -> Any:
    """A value of a schema in which every text is odd."""
    if "$ref" in schema:
        return _filled(described["components"]["schemas"][schema["$ref"].rpartition("/")[2]], described, odd)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _filled(schema[several][0], described, odd)
    match schema.get("type"):
        case "object":
            found = {name: _filled(one, described, odd) for name, one in schema.get("properties", {}).items()}
            return found or {"field": odd, "equals": odd}
        case "array":
            return [_filled(schema["items"], described, odd)]
        case "string":
            return (odd * 10)[: schema.get("maxLength", 30)].ljust(schema.get("minLength", 0), "a")
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return None
