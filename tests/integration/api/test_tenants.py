"""Workspaces are closed to each other: every operation that names a thing, asked for the thing of another workspace."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx

from paceline.api.app import api_routes
from paceline.api.routing import OPEN, needed_by
from paceline.domain.permission import Role
from surroundings.server import Server, running_server
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


# «own» is a campaign, «thing» what the request names inside: first the asker's own, which works, then somebody else's.
_FILTER = {
    "list": {"list": "<list_id>", "is": "subscribed"},
    "campaign": {"activity": "sent", "campaign": "<campaign_id>"},
}
_LETTER = {"from": "ann@example.com", "subject": "Hello", "text": "Hello {{ contact.email }}"}
NAMES_INSIDE: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/campaigns", {"json": {"name": "New", "template_id": "<template_id>"}}),
    ("POST", "/campaigns", {"json": {"name": "New", "accounts": ["<account_id>"]}}),
    *(
        (method, path, {"json": {"name": "New", "audience": audience}})
        for method, path in (("POST", "/campaigns"), ("PATCH", "/campaigns/{campaign_id}"))
        for audience in (
            {"lists": ["<list_id>"]},
            {"exclude_lists": ["<list_id>"]},
            {"segment": "<segment_id>"},
            {"exclude_segment": "<segment_id>"},
        )
    ),
    ("PATCH", "/campaigns/{campaign_id}", {"json": {"accounts": ["<account_id>"]}}),
    ("POST", "/campaigns/{campaign_id}/preview", {"json": {"contact_id": "<contact_id>"}}),
    ("POST", "/templates/{template_id}/preview", {"json": {"contact_id": "<contact_id>"}}),
    ("POST", "/templates/preview", {"json": {"content": _LETTER, "contact_id": "<contact_id>"}}),
    (
        "POST",
        "/campaigns/{campaign_id}/test",
        {"json": {"addresses": ["ann@example.com"], "account_id": "{account_id}", "contact_id": "<contact_id>"}},
    ),
    (
        "POST",
        "/campaigns/{campaign_id}/test",
        {"json": {"addresses": ["ann@example.com"], "account_id": "<account_id>"}},
    ),
    *(("POST", "/segments", {"json": {"name": f"By {kind}", "filter": node}}) for kind, node in _FILTER.items()),
    *(("POST", "/segments/count", {"json": {"filter": {"not": node}}}) for node in _FILTER.values()),
    *(("PATCH", "/segments/{segment_id}", {"json": {"filter": {"all": [node]}}}) for node in _FILTER.values()),
    ("POST", "/imports", {"files": {"file": ("a.csv", b"email\nc@example.com\n")}, "data": {"list_id": "<list_id>"}}),
    ("POST", "/imports/from-path", {"json": {"path": "people.csv", "list_id": "<list_id>"}}),
    ("POST", "/messages", {"json": {"template_id": "<template_id>", "to": "ann@example.com"}}),
    ("POST", "/accounts/edit", {"json": {"ids": ["{account_id}", "<account_id>"], "changes": {"hourly_limit": 7}}}),
    ("POST", "/accounts/test", {"json": {"ids": ["<account_id>"]}}),
    ("PUT", "/lists/{list_id}/contacts/<contact_id>", {"json": {}}),
    ("PUT", "/lists/<list_id>/contacts/{contact_id}", {"json": {}}),
    ("GET", "/contacts", {"params": {"list_id": "<list_id>"}}),
    ("GET", "/exports/contacts", {"params": {"list_id": "<list_id>"}}),
]


def test_things_of_another_workspace_cannot_be_named_inside_a_request(tmp_path: Path, database_url: str) -> None:
    """Each is refused exactly as an id that was made up, and the same request about one's own things works."""
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "people.csv").write_text("email\nbob@example.com\n")
    with running_server(database_url, str(tmp_path), import_dir=str(tmp_path / "people")) as server:
        foreign = server.new_workspace()
        theirs = furnish(server, workspace_id=foreign)
        own = furnish(server)
        before = _everything(server, foreign, theirs)
        owner = server.as_person(Role.OWNER)
        for method, path, request in NAMES_INSIDE:
            refused = [
                _ask(owner, method, path, request, own=own, thing=thing)
                for thing in (theirs, {name: f"{public_id[:4]}{'a' * 26}" for name, public_id in theirs.items()})
            ]
            for answer in refused:
                assert answer.status_code in (404, 422), (method, path, request, answer.text)
                assert "there is no" in answer.json()["detail"], (method, path, request, answer.text)
            assert len({answer.status_code for answer in refused}) == 1, (method, path, request)
            works = _ask(owner, method, path, request, own=own, thing=own)
            assert works.is_success, (method, path, request, works.text)
        assert _everything(server, foreign, theirs) == before


def _ask(
    client: httpx.Client, method: str, path: str, request: dict[str, Any], *, own: dict[str, str], thing: dict[str, str]
) -> httpx.Response:
    def fill(value: Any) -> Any:
        match value:
            case str():
                value = re.sub(r"{(\w+_id)}", lambda name: own[name[1]], value)
                return re.sub(r"<(\w+)>", lambda name: thing[name[1]], value)
            case dict():
                return {key: fill(one) for key, one in value.items()}
            case list():
                return [fill(one) for one in value]
            case _:
                return value

    return client.request(method, f"/api/v1{fill(path)}", **fill(request))


def _everything(server: Server, workspace_id: int, furnished: dict[str, str]) -> dict[str, Any]:
    """What a workspace shows of the things that others might reach for."""
    key = server.with_key(workspace_id=workspace_id)
    shown = {
        path: key.get(f"/api/v1{path}").json()["items"]
        for path in ("/contacts", "/lists", "/segments", "/templates", "/campaigns", "/accounts", "/imports")
    }
    return shown | {"memberships": key.get(f"/api/v1/contacts/{furnished['contact_id']}/subscriptions").json()}


def test_phone_number_of_another_workspace_cannot_be_claimed(server: Server) -> None:
    """Answers to a number find it by its id alone, so nobody else may have it; and nobody is told who has it."""
    number = {"channel": "whatsapp", "phone_number_id": "106540352242922", "token": "a token"}
    theirs, ours = server.with_key(workspace_id=server.new_workspace()), server.with_key()
    made = theirs.post("/api/v1/accounts", json={"name": "theirs", **number})
    assert made.status_code == 201, made.text
    own = ours.post("/api/v1/accounts", json={"name": "own", **number, "phone_number_id": "999"}).json()
    table = "name,channel,phone_number_id,token\nmine,whatsapp,106540352242922,mine\n"
    for answer in (
        ours.post("/api/v1/accounts", json={"name": "mine", **number}),
        ours.patch(f"/api/v1/accounts/{own['id']}", json={"phone_number_id": "106540352242922", "token": "mine"}),
        ours.post("/api/v1/accounts/import", json={"file_name": "a.csv", "content": table}),
    ):
        assert answer.status_code in (409, 422), answer.text
        assert "106540352242922 is in use elsewhere" in answer.json()["detail"]
        assert "theirs" not in answer.text
    shown = ours.get("/api/v1/accounts").json()["items"]
    assert [one["whatsapp"]["phone_number_id"] for one in shown] == ["999"]
    assert ours.patch(f"/api/v1/accounts/{own['id']}", json={"token": "new"}).is_success
    assert theirs.patch(f"/api/v1/accounts/{made.json()['id']}", json={"hourly_limit": 7}).is_success
    assert theirs.delete(f"/api/v1/accounts/{made.json()['id']}").is_success
    assert ours.post("/api/v1/accounts", json={"name": "mine", **number}).status_code == 201  # it is free now


def test_invented_ids_are_not_there(server: Server) -> None:
    described = server.stranger().get("/api/openapi.json").json()
    owner = server.as_person(Role.OWNER)
    for method, path in NAMED:
        for invented in ("1", "0", "con_aaaaaaaaaaaaaaaaaaaaaaaaaa", "..%2F..%2Fetc", "%00", "é"):
            there = re.sub(r"{\w+}", invented, path)
            answer = owner.request(method, there, **_body(described, path, method))
            assert answer.status_code == 404, (method, there, answer.status_code, answer.text)
