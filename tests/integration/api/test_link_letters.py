"""Invitations and reset links by mail: to the right person, with a link that works, and not waited for."""

from __future__ import annotations

import asyncio
import email
import email.policy
import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from paceline.domain.permission import Role
from surroundings.people import OTHER_PASSWORD, PASSWORD, token_of
from surroundings.server import Server, running_server


class Mailbox:
    """Takes every mail."""

    def __init__(self) -> None:
        self.mails: queue.Queue[tuple[list[str], str, str]] = queue.Queue()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body()
        assert body is not None
        self.mails.put((envelope.rcpt_tos, str(message["Subject"]), body.get_content()))
        return "250 OK"

    def next(self) -> tuple[list[str], str, str]:
        return self.mails.get(timeout=60)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@contextmanager
def post_office(mailbox: Mailbox) -> Iterator[int]:
    """An SMTP server that we did not write, on a free port."""
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(loop.create_server(lambda: SMTP(mailbox, loop=loop), "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        listening.close()
        loop.run_until_complete(listening.wait_closed())
        loop.close()


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path, mailbox: Mailbox) -> Iterator[Server]:
    with post_office(mailbox) as port:
        settings = {"notify_smtp_url": f"smtp+plain://127.0.0.1:{port}", "notify_from": "p@example.com"}
        with running_server(sqlite_url, str(tmp_path), **settings) as running:
            yield running


def link_in(text: str) -> str:
    found = re.search(r"http\S+", text)
    assert found is not None
    return found[0]


def test_invitation_and_reset_link_arrive_and_work(server: Server, mailbox: Mailbox) -> None:
    owner, stranger = server.as_person(Role.OWNER), server.stranger()
    assert stranger.get("/api/v1/login-ways").json()["password_reset"] is True
    made = owner.post("/api/v1/invitations", json={"email": "ann@example.com", "role": "editor"}).json()
    assert made["mailed"] is True
    to, subject, text = mailbox.next()
    assert to == ["ann@example.com"]
    assert "invites you to Workspace" in subject
    assert link_in(text) == made["link"]
    accepted = {"token": token_of(link_in(text)), "name": "Ann", "password": PASSWORD}
    assert stranger.post("/api/v1/invitations/accept", json=accepted).status_code == 201
    stranger = server.stranger()
    for address in ("nobody@example.com", "ann@example.com"):  # the first one gets nothing
        assert stranger.post("/api/v1/password/reset-request", json={"email": address}).status_code == 202
    to, _, text = mailbox.next()
    assert to == ["ann@example.com"]
    reset = {"token": token_of(link_in(text)), "password": OTHER_PASSWORD}
    assert stranger.post("/api/v1/password/reset", json=reset).status_code == 204
    assert mailbox.mails.empty()


def test_mail_server_that_is_away_keeps_nobody_from_inviting(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"notify_smtp_url": "smtp+plain://127.0.0.1:1", "notify_from": "p@example.com"}
    with running_server(sqlite_url, str(tmp_path), **settings) as server:
        owner = server.as_person(Role.OWNER)
        for number in range(3):
            new = {"email": f"p{number}@example.com", "role": "viewer"}
            assert owner.post("/api/v1/invitations", json=new).status_code == 201
