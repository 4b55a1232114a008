"""Mailboxes that are read for reports: add, list, change, test, remove. Their secrets are sealed and never shown."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import Any

from paceline.domain.errors import InputError, Problem
from paceline.domain.mailbox import Mailbox, Processed
from paceline.operations.context import NotFound, NotPossible, QueueContext
from paceline.operations.incoming.mailbox_input import fields_of, mailbox_from_fields
from paceline.operations.people.login_limits import TooManyAttempts
from paceline.outbound.address_guard import AddressGuard, AddressRefused
from paceline.store.public_ids import IdKind
from paceline.store.queue import mailboxes
from paceline.store.queue.mailboxes import MailboxRow
from paceline.tracking.bounce_mailbox import Connector
from paceline.tracking.imap_client import MailboxUnavailable

_MOST_MAILBOXES = 1000
_TEST_SECONDS = 15.0
_PLACES = BoundedSemaphore(4)
_AGAIN_SECONDS = 10.0
_WHERE = ("host", "port", "security", "username", "token_url", "ca_file")
_SECRETS = ("password", "refresh_token")

__all__ = ["MailboxCheck", "MailboxRow", "add", "change", "get", "list_mailboxes", "public_id", "remove", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxCheck:
    """How a test ended, in words."""

    ok: bool
    message: str


def list_mailboxes(context: QueueContext, *, after: str | None = None, limit: int = 10_000) -> list[MailboxRow]:
    """The mailboxes of the workspace in the order they were made, after the one of this id."""
    start = 0 if after is None else _number(context, after)
    with context.queue.read() as connection:
        return mailboxes.every(connection, workspace_id=context.workspace_id, after=start, limit=limit)


def public_id(context: QueueContext, row: MailboxRow) -> str:
    """The id that people and programs outside know it by."""
    return context.box.public_ids().encode(IdKind.MAILBOX, row.id)


def get(context: QueueContext, name_or_id: str) -> MailboxRow:
    """One mailbox, by its id or its name. Raises NotFound."""
    number = context.box.public_ids().decode(IdKind.MAILBOX, name_or_id)
    with context.queue.read() as connection:
        if number is None:
            found = mailboxes.named(connection, name_or_id, workspace_id=context.workspace_id)
        else:
            found = mailboxes.get(connection, number, workspace_id=context.workspace_id)
    if found is None:
        raise NotFound(f"there is no mailbox {name_or_id[:60]!r} in this workspace")
    return found


def add(context: QueueContext, fields: Mapping[str, Any], *, guarded: bool) -> MailboxRow:
    """Store a mailbox; it is read from now on. ``guarded``: it was named through the API.

    Raises InputError naming the fields, NotPossible when the name is taken or there are too many.
    """
    mailbox = _checked(context, mailbox_from_fields(fields, workspace_id=context.workspace_id), guarded=guarded)
    with context.queue.write() as connection:
        if mailboxes.named(connection, mailbox.name, workspace_id=context.workspace_id) is not None:
            raise NotPossible(f"there is a mailbox with the name {mailbox.name!r} already")
        if mailboxes.count(connection, workspace_id=context.workspace_id) >= _MOST_MAILBOXES:
            raise NotPossible(f"a workspace has {_MOST_MAILBOXES} mailboxes at most: remove one first")
        number = mailboxes.create(connection, context.box, mailbox, now=context.clock.now())
        found = mailboxes.get(connection, number, workspace_id=context.workspace_id)
    assert found is not None
    return found


def change(
    context: QueueContext, name_or_id: str, fields: Mapping[str, Any], *, enabled: bool | None = None, guarded: bool
) -> MailboxRow:
    """Change the fields that are given, and switch it on or off. Another login needs its secret again.

    Raises NotFound, InputError, NotPossible when the new name is taken.
    """
    row = get(context, name_or_id)
    with context.queue.read() as connection:
        opened = mailboxes.open_one(connection, context.box, row.id)
    if opened is None:
        raise NotFound("this mailbox was just removed")
    before = opened[0]
    if fields:
        known = _still_meant(fields_of(before), fields)
        goes_elsewhere = any(name in fields and fields[name] != known.get(name) for name in _WHERE)
        if goes_elsewhere and not any(fields.get(secret) for secret in _SECRETS):
            message = "is missing; another server or login needs the password (or the refresh token) again"
            raise InputError([Problem(file="mailbox", field="password", message=message)])
        wanted = mailbox_from_fields({**known, **fields}, workspace_id=context.workspace_id)
        is_guarded = guarded and (before.login.guarded or goes_elsewhere)
        mailbox = replace(_checked(context, wanted, guarded=is_guarded), id=row.id, revision=before.revision)
        _change(context, mailbox)
    if enabled is not None:
        with context.queue.write() as connection:
            mailboxes.set_enabled(connection, row.id, enabled=enabled, now=context.clock.now())
    with context.queue.read() as connection:
        found = mailboxes.get(connection, row.id, workspace_id=context.workspace_id)
    if found is None:
        raise NotFound("this mailbox was just removed")
    return found


def _still_meant(known: dict[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """What is known without the fields that others, given now, replace."""
    replaced = set()
    if changed.get("processed", Processed.MOVE) != Processed.MOVE:
        replaced.add("move_to")
    if "oauth" in changed:
        replaced |= {"password", "token_url", "scope"}
    if "password" in changed:
        replaced |= {"oauth", "client_id", "client_secret", "refresh_token", "token_url", "scope"}
    if "tenant" in changed:
        replaced.add("token_url")
    return {name: value for name, value in known.items() if name not in replaced}


def _change(context: QueueContext, mailbox: Mailbox) -> None:
    with context.queue.write() as connection:
        other = mailboxes.named(connection, mailbox.name, workspace_id=context.workspace_id)
        if other is not None and other.id != mailbox.id:
            raise NotPossible(f"there is a mailbox with the name {mailbox.name!r} already")
        mailboxes.change(connection, context.box, mailbox, now=context.clock.now())


def remove(context: QueueContext, name_or_id: str) -> MailboxRow:
    """Read a mailbox no more; what was read stays. Raises NotFound."""
    row = get(context, name_or_id)
    with context.queue.write() as connection:
        mailboxes.delete(connection, row.id)
    return row


def test(context: QueueContext, name_or_id: str) -> MailboxCheck:
    """Connect, log in, open the folder; changes nothing there. Raises NotFound, TooManyAttempts while others are tested."""
    row = get(context, name_or_id)
    with context.queue.read() as connection:
        opened = mailboxes.open_one(connection, context.box, row.id)
    if opened is None:
        raise NotFound("this mailbox was just removed")
    if not _PLACES.acquire(blocking=False):
        raise TooManyAttempts("other mailboxes are being tested", retry_after_seconds=_AGAIN_SECONDS)
    try:
        return _tested(context, opened[0])
    finally:
        _PLACES.release()


def _tested(context: QueueContext, mailbox: Mailbox) -> MailboxCheck:
    connect = Connector(AddressGuard.from_setting(context.settings.private_hosts), seconds=_TEST_SECONDS)
    try:
        with closing(connect(mailbox.login)) as connection:
            connection.open_folder(mailbox.folder, read_only=mailbox.processed is Processed.LEAVE)
            news = "tells of new mail at once" if connection.can_idle else "is asked for new mail now and then"
    except MailboxUnavailable as error:
        return MailboxCheck(ok=False, message=str(error))
    return MailboxCheck(
        ok=True, message=f"logged in to {mailbox.login.host}, {mailbox.folder} can be read; the server {news}"
    )


def _checked(context: QueueContext, mailbox: Mailbox, *, guarded: bool) -> Mailbox:
    if guarded:
        try:
            AddressGuard.from_setting(context.settings.private_hosts).check_host(mailbox.login.host)
        except AddressRefused as error:
            raise InputError([Problem(file="mailbox", field="host", message=str(error))]) from None
    return replace(mailbox, login=replace(mailbox.login, guarded=guarded))


def _number(context: QueueContext, mailbox_id: str) -> int:
    number = context.box.public_ids().decode(IdKind.MAILBOX, mailbox_id)
    if number is None:
        raise NotFound("there is no such mailbox in this workspace")
    return number
