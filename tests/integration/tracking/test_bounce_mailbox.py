"""A mailbox of a real IMAP server is read: every report once, at its message, whatever happens to server and connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from paceline.chores.mailbox_readers import MailboxReaders
from paceline.domain.account import Security
from paceline.domain.errors import InputError, StoreUnavailable
from paceline.domain.mailbox import MailboxState
from paceline.operations.context import Context
from paceline.operations.incoming import mailboxes
from paceline.operations.incoming.mailboxes import MailboxRow
from paceline.operations.incoming.receiving import intake_of
from paceline.outbound.address_guard import AddressGuard
from paceline.store.queue import kept_mail, notices
from paceline.tracking.imap_client import ImapConnection, MailboxUnavailable
from paceline.tracking.intake import Intake
from surroundings.certificates import Certificates
from surroundings.dovecot import PASSWORD, Dovecot, running_dovecot
from surroundings.reports import bounce, letter
from surroundings.serving import wait_until
from surroundings.tracked import Tracked

PATIENCE_SECONDS = 30.0
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what happens before any database."""


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to wait for pauses."""
    monkeypatch.setattr("paceline.chores.mailbox_readers._LOOK_SECONDS", 0.05)
    monkeypatch.setattr("paceline.tracking.bounce_mailbox._FIRST_PAUSE_SECONDS", 0.05)


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[Dovecot]:
    """One server for all tests; each has users of its own."""
    users = ("bounces", "ann", "moved", "folders", "late", "fragile", "broken", "huge")
    with running_dovecot(certificates, users=[f"{user}-{kind}" for user in users for kind in "sp"]) as running:
        yield running


@pytest.fixture
def kind(context: Context) -> str:
    """Ends the users' names, so that the tests on both databases do not meet."""
    return "p" if context.queue.name.startswith("postgresql") else "s"


@pytest.fixture
def tracked(context: Context) -> Tracked:
    """Five messages were sent."""
    return Tracked.campaign(context, sent=5)


def add(context: Context, server: Dovecot, user: str, **fields: Any) -> MailboxRow:
    given = {
        "name": user,
        "host": "localhost",
        "port": server.imaps,
        "security": "tls",
        "username": user,
        "password": PASSWORD,
        "ca_file": str(server.ca_file),
        **fields,
    }
    return mailboxes.add(context, given, guarded=False)


@contextmanager
def reading(context: Context, *, poll_seconds: float = 60.0, connections: int = 10) -> Iterator[None]:
    readers = MailboxReaders(
        queue=context.queue,
        box=context.box,
        intake=intake_of(context),
        guard=AddressGuard(),
        now=context.clock.now,
        connections=connections,
        poll_seconds=poll_seconds,
    )
    stop = threading.Event()
    thread = threading.Thread(target=readers.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def state(context: Context, name: str) -> MailboxRow:
    return mailboxes.get(context, name)


def until(condition: Callable[[], bool]) -> None:
    wait_until(condition, within=PATIENCE_SECONDS)


def test_reports_are_read_once_and_the_rest_is_kept(
    tracked: Tracked, context: Context, server: Dovecot, kind: str
) -> None:
    user = f"bounces-{kind}"
    server.deliver(bounce(to=tracked.bounce_address(0)), letter(to="bounces@example.com"), user=user)
    add(context, server, user)
    with reading(context):
        until(lambda: state(context, user).mails == 2)
        server.deliver(bounce(to=tracked.bounce_address(1), recipient="user1@example.com", number=1), user=user)
        until(lambda: state(context, user).mails == 3)  # long before the next poll: the server told of it
        row = state(context, user)
        assert (row.state, row.matched, row.reason) == (MailboxState.READING, 2, None)
    assert tracked.counts() == {"bounced": 2, "bounced_hard": 2}
    assert server.flags(user) == ["\\Seen"] * 3
    with context.queue.read() as connection:
        assert [
            (one.source, one.kind) for one in kept_mail.newest(connection, workspace_id=1, before=None, limit=9)
        ] == [(user, "unknown")]
    with reading(context):  # another process, later
        server.deliver(bounce(to=tracked.bounce_address(2), recipient="user2@example.com", number=2), user=user)
        until(lambda: state(context, user).matched == 3)
    assert state(context, user).mails == 4
    assert tracked.counts() == {"bounced": 3, "bounced_hard": 3}


def test_mailbox_that_people_use_keeps_what_is_not_about_our_messages(
    tracked: Tracked, context: Context, server: Dovecot, kind: str
) -> None:
    user = f"ann-{kind}"
    private, answer = letter(to="ann@example.com"), letter(to=tracked.bounce_address(3), number=1)
    server.deliver(private, bounce(to=tracked.bounce_address(3)), answer, bounce(to="ann@example.com"), user=user)
    add(context, server, user, use="sending", security="starttls", port=server.imap)
    with reading(context):
        until(lambda: state(context, user).mails == 4)
    assert server.flags(user) == ["", "\\Seen", "", ""]
    assert tracked.counts() == {"bounced": 1, "bounced_hard": 1}
    with context.queue.read() as connection:
        assert kept_mail.count(connection) == 0


@ON_SQLITE
@pytest.mark.parametrize("can", ["everything", "nothing"])
def test_read_mail_is_moved_where_it_should_go(
    context: Context, tracked: Tracked, server: Dovecot, kind: str, can: str, certificates: Certificates
) -> None:
    """Also by a server that can neither MOVE nor IDLE nor tell what it has expunged."""
    user = f"moved-{kind}"
    if can == "everything":
        _check_moving(context, tracked, server, user)
    else:
        with running_dovecot(certificates, users=[user], capability="IMAP4rev1 AUTH=PLAIN SASL-IR STARTTLS") as old:
            _check_moving(context, tracked, old, user)


def _check_moving(context: Context, tracked: Tracked, server: Dovecot, user: str) -> None:
    server.deliver(bounce(to=tracked.bounce_address(0)), user=user)
    add(context, server, user, move_to="Erledigt, geprüft")
    with reading(context, poll_seconds=0.2):
        until(lambda: state(context, user).mails == 1)
        server.deliver(bounce(to=tracked.bounce_address(1), recipient="user1@example.com", number=1), user=user)
        until(lambda: state(context, user).matched == 2)
    assert len(server.flags(user, "Erledigt, gepr&APw-ft")) == 2
    assert [flags for flags in server.flags(user) if "Deleted" not in flags] == []
    assert state(context, user).state == MailboxState.READING


def test_folder_that_is_made_anew_is_read_again_and_counts_once(
    tracked: Tracked, context: Context, server: Dovecot, kind: str
) -> None:
    user = f"folders-{kind}"
    mails = [bounce(to=tracked.bounce_address(n), recipient=f"user{n}@example.com", number=n) for n in range(3)]
    client = server.client(user)
    client.create("Reports")
    server.deliver(*mails[:2], user=user, folder="Reports")
    add(context, server, user, folder="Reports", processed="leave")
    with reading(context, poll_seconds=0.2):
        until(lambda: state(context, user).mails == 2)
    client.delete("Reports")
    client.create("Reports")
    server.deliver(*mails, user=user, folder="Reports")
    client.logout()
    with reading(context, poll_seconds=0.2):
        until(lambda: state(context, user).mails == 5)
    assert tracked.counts() == {"bounced": 3, "bounced_hard": 3}
    assert [len(tracked.facts(n)) for n in range(3)] == [1, 1, 1]
    assert "Seen" not in " ".join(server.flags(user, "Reports"))


@ON_SQLITE
def test_mail_waits_while_the_database_is_away(
    tracked: Tracked, context: Context, server: Dovecot, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, calls = f"late-{kind}", []
    take = Intake.take

    def away_at_first(self: Intake, raw: bytes, **words: Any) -> Any:
        calls.append(raw)
        if len(calls) == 1:
            raise StoreUnavailable("away")
        return take(self, raw, **words)

    monkeypatch.setattr(Intake, "take", away_at_first)
    server.deliver(bounce(to=tracked.bounce_address(0)), user=user)
    add(context, server, user)
    with reading(context):
        until(lambda: state(context, user).matched == 1)
    assert tracked.counts() == {"bounced": 1, "bounced_hard": 1}


@ON_SQLITE
def test_login_that_is_refused_needs_a_person_and_is_told_once(context: Context, server: Dovecot, kind: str) -> None:
    user = f"broken-{kind}"
    add(context, server, user, password="wrong")
    with reading(context):
        until(lambda: state(context, user).state == MailboxState.BROKEN)
        row = state(context, user)
        assert row.reason is not None
        assert "AUTHENTICATIONFAILED" in row.reason
        assert not mailboxes.test(context, user).ok
        with context.queue.read() as connection:
            told = notices.untold(connection, 10)
        assert [(one.kind, one.data["name"]) for one in told] == [("mailbox.broken", user)]
        mailboxes.change(context, user, {"password": PASSWORD}, guarded=False)
        until(lambda: state(context, user).state == MailboxState.READING)
    assert mailboxes.test(context, user).ok


@ON_SQLITE
def test_server_that_goes_away_is_waited_for(
    tracked: Tracked, context: Context, certificates: Certificates, kind: str
) -> None:
    user = f"fragile-{kind}"
    with running_dovecot(certificates, users=[user]) as first:
        add(context, first, user)
        with reading(context):
            until(lambda: state(context, user).state == MailboxState.READING)
            first.kill_connections()
            first.deliver(bounce(to=tracked.bounce_address(0)), user=user)
            until(lambda: state(context, user).matched == 1)
            first.stop()
            until(lambda: state(context, user).state == MailboxState.FAILING)
    assert tracked.counts() == {"bounced": 1, "bounced_hard": 1}


@ON_SQLITE
def test_of_a_large_mail_only_the_beginning_is_fetched(
    tracked: Tracked, context: Context, server: Dovecot, kind: str
) -> None:
    user = f"huge-{kind}"
    server.deliver(bounce(to=tracked.bounce_address(0)) + b"x" * 70 + b"\r\n" * 1_000_000, user=user)
    add(context, server, user)
    with reading(context):
        until(lambda: state(context, user).matched == 1)


@ON_SQLITE
def test_more_mailboxes_than_connections_are_read_in_turn(
    tracked: Tracked, context: Context, server: Dovecot, kind: str
) -> None:
    names = [f"turn-{number}" for number in range(3)]
    server.deliver(bounce(to=tracked.bounce_address(4), recipient="user4@example.com"), user=f"ann-{kind}")
    for name in names:
        add(context, server, f"ann-{kind}", name=name, use="sending", processed="leave")
    with reading(context, connections=1, poll_seconds=0.3):
        until(lambda: all(state(context, name).state == MailboxState.READING for name in names))
    assert tracked.counts()["bounced"] >= 1


@ON_SQLITE
def test_guarded_mailbox_reaches_no_private_address(context: Context, server: Dovecot, kind: str) -> None:
    login = replace(server.login(f"ann-{kind}", security=Security.NONE), guarded=True)
    with pytest.raises(MailboxUnavailable, match="not a public address"):
        ImapConnection(login, guard=AddressGuard(), token=lambda: "")
    ImapConnection(login, guard=AddressGuard.from_setting("localhost"), token=lambda: "").close()
    fields = {"name": "x", "host": "127.0.0.1", "username": "x", "password": "x"}
    with pytest.raises(InputError, match="not a public address"):
        mailboxes.add(context, fields, guarded=True)
