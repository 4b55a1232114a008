"""A workspace with one of everything, made through the API as a person would."""

from __future__ import annotations

import httpx

from surroundings.server import Server


def furnish(server: Server) -> dict[str, str]:
    """Fill the first workspace; returns parameter name of a path -> public id."""
    client = server.with_key()
    account = made(client, "/accounts", name="relay-1", host="smtp.example.com", port=587)
    webhook = made(client, "/webhooks", url="https://example.com/hook")
    delivery = made(client, f"/webhooks/{webhook}/test")
    found = client.get("/api/v1/servers").json()["items"][0]["id"]
    return {"account": account, "server": found, "webhook": webhook, "delivery": delivery}


def made(client: httpx.Client, path: str, **fields: object) -> str:
    """The id of a new thing."""
    answer = client.post(f"/api/v1{path}", json=fields or None)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
