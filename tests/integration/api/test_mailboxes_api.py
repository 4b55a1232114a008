"""Mailboxes over HTTP: what goes in as a secret never comes out, no private host is reached, and kept mail is shown."""

from __future__ import annotations

import pytest

from paceline.domain.permission import Role
from paceline.operations.incoming.receiving import receive
from surroundings.reports import letter
from surroundings.server import Server

MAILBOX = {"name": "bounces", "host": "imap.example.com", "username": "bounce@example.com", "password": "s3cret-one"}


def test_life_of_a_mailbox(server: Server) -> None:
    client = server.with_key()
    made = client.post("/api/v1/mailboxes", json=MAILBOX)
    assert made.status_code == 201, made.text
    mailbox = made.json()
    shown = {name: mailbox[name] for name in ("port", "security", "use", "processed", "state", "enabled")}
    assert shown == {
        "port": 993,
        "security": "tls",
        "use": "bounces",
        "processed": "seen",
        "state": "new",
        "enabled": True,
    }
    assert client.post("/api/v1/mailboxes", json=MAILBOX).status_code == 409
    there = f"/api/v1/mailboxes/{mailbox['id']}"
    refused = client.patch(there, json={"host": "other.example.com"})
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["password"])
    moved = client.patch(there, json={"move_to": "Done", "processed": "move", "enabled": False}).json()
    assert (moved["processed"], moved["move_to"], moved["enabled"]) == ("move", "Done", False)
    oauth = {"oauth": "microsoft", "client_id": "id", "refresh_token": "s3cret-two", "tenant": "example.com"}
    changed = client.patch(there, json={**oauth, "host": "outlook.office365.com", "processed": "seen"})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["oauth"], changed.json()["move_to"]) == (True, "")
    everything = client.get("/api/v1/mailboxes").text + client.get("/api/v1/audit").text + changed.text
    assert "s3cret" not in everything
    assert client.delete(there).is_success
    assert client.get(there).status_code == 404


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"host": "127.0.0.1"}, "host"),
    ({"host": "169.254.169.254"}, "host"),
    ({"host": "localhost"}, "host"),
    ({"host": "a b"}, "host"),
    ({"username": "ann\r\nA1 LOGOUT"}, "username"),
    ({"password": "a\nb"}, "password"),
    ({"processed": "move"}, "move_to"),
    ({"move_to": "INBOX"}, "move_to"),
    ({"oauth": "google"}, "password"),
    ({"tenant": "x/../y"}, "tenant"),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_mailbox_that_cannot_be_is_refused_by_field(server: Server) -> None:
    client = server.with_key()
    for fields, wrong in WRONG:
        answer = client.post("/api/v1/mailboxes", json={**MAILBOX, **fields})
        assert answer.status_code == 422, (fields, answer.text)
        assert wrong in [problem["field"] for problem in answer.json()["errors"]], fields
    assert client.get("/api/v1/mailboxes").json()["items"] == []


def test_kept_mail_is_shown_to_those_who_see_contacts(server: Server) -> None:
    raw = letter(to="bounce@example.com", words="What is this? =\x00")
    receive(server.context, raw)
    viewer, owner = server.as_person(Role.VIEWER), server.as_person(Role.OWNER)
    (mail,) = viewer.get("/api/v1/kept-mail").json()["items"]
    assert (mail["kind"], mail["source"], mail["subject"], mail["message_id"]) == (
        "unknown",
        "pipe",
        "A question",
        None,
    )
    there = f"/api/v1/kept-mail/{mail['id']}"
    assert viewer.get(there).json()["text"] == raw.decode()
    assert viewer.delete(there).status_code == 403
    assert owner.delete(there).is_success
    assert viewer.get(there).status_code == 404
