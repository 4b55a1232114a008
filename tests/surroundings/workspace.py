"""A workspace with one of everything, made through the API as a person would."""

from __future__ import annotations

from typing import Any

import httpx

from paceline.domain.permission import Role
from paceline.operations.context import FIRST_WORKSPACE
from paceline.operations.incoming.receiving import intake_of
from surroundings.server import Server
from surroundings.working import add_account


def furnish(server: Server, *, workspace_id: int = FIRST_WORKSPACE) -> dict[str, str]:
    """Fill a workspace; returns parameter name of a path -> public id."""
    owner = server.as_person(Role.OWNER, workspace_id=workspace_id)

    def made(path: str, **request: Any) -> str:
        return str(_answer(owner.post(f"/api/v1{path}", **request))["id"])

    letter = {"from": "ann@example.com", "subject": "Hello", "text": "Hello"}
    template = made("/templates", json={"name": "Letter", "content": letter})
    add_account(server.context.in_workspace(workspace_id), 9)
    file = ("contacts.csv", b"email\nbob@example.com\n", "text/csv")
    account_id = made("/accounts", json={"name": "relay-1", "host": "smtp.example.com", "port": 587})
    rule = _answer(owner.put("/api/v1/reply-rules", json={"name": "slow", "code": "421"}))
    webhook_id = made("/webhooks", json={"url": "https://example.com/hook"})
    mailbox = {"name": "Bounces", "host": "imap.example.com", "username": "bounces", "password": "x"}
    worker = {"name": "berlin", "url": "https://worker.example.com:8025"}
    intake_of(server.context).take(b"Subject: ?", source="pipe", workspace_id=workspace_id, now=1.0)
    return {
        "mailbox_id": made("/mailboxes", json=mailbox),
        "mail_id": _answer(owner.get("/api/v1/kept-mail"))["items"][0]["id"],
        "account_id": account_id,
        "server_id": _answer(owner.get("/api/v1/servers"))["items"][0]["id"],
        "worker_id": _answer(owner.post("/api/v1/workers", json=worker))["worker"]["id"],
        "webhook_id": webhook_id,
        "rule_id": rule["id"],
        "delivery_id": made(f"/webhooks/{webhook_id}/test"),
        "contact_id": made("/contacts", json={"email": "ann@example.com", "fields": {"city": "Rome"}}),
        "list_id": made("/lists", json={"name": "News", "consent": "asked for it"}),
        "erasure_id": _answer(owner.post("/api/v1/privacy/erase", json={"address": "gone@example.com"}))["items"][0][
            "id"
        ],
        "import_id": made("/imports", files={"file": file}, data={"list_name": "Others"}),
        "campaign_id": made("/campaigns", json={"name": "Spring", "content": letter}),
        "segment_id": made("/segments", json={"name": "All", "filter": {"all": []}}),
        "template_id": template,
        "message_id": made("/messages", json={"template_id": template, "to": "ann@example.com"}),
        "domain_id": made("/domains", json={"domain": "example.com", "kinds": ["ed25519"]}),
        "file_id": made("/files", files={"file": ("menu.pdf", b"%PDF-1.7 menu", "application/pdf")}),
        "user_id": _answer(owner.get("/api/v1/session"))["user"]["id"],
        "session_id": _answer(owner.get("/api/v1/sessions"))["items"][0]["id"],
        "invitation_id": made("/invitations", json={"email": "bob@example.com", "role": "viewer"}),
        "key_id": made("/api-keys", json={"name": "Shop", "scopes": ["contacts:read"]}),
    }


def _answer(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found
