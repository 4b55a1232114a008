"""A workspace with one of everything, made through the API as a person would."""

from __future__ import annotations

from typing import Any

import httpx

from paceline.domain.permission import Role
from surroundings.server import Server


def furnish(server: Server) -> dict[str, str]:
    """Fill the first workspace; returns parameter name of a path -> public id."""
    owner = server.as_person(Role.OWNER)
    return {
        "user": _made(owner.get("/api/v1/session"))["user"]["id"],
        "session": _made(owner.get("/api/v1/sessions"))["items"][0]["id"],
        "invitation": _made(owner.post("/api/v1/invitations", json={"email": "bob@example.com", "role": "viewer"}))[
            "id"
        ],
        "key": _made(owner.post("/api/v1/api-keys", json={"name": "Shop", "scopes": ["contacts:read"]}))["id"],
    }


def _made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found
