"""Public ids given from outside become rows' numbers, or a NotFound that names them."""

from __future__ import annotations

from paceline.operations.context import Context, NotFound
from paceline.store.public_ids import IdKind

_NOUNS = {
    IdKind.ACCOUNT: "account",
    IdKind.CAMPAIGN: "campaign",
    IdKind.CONTACT: "contact",
    IdKind.DOMAIN: "domain",
    IdKind.ERASURE: "erasure",
    IdKind.FILE: "file",
    IdKind.LIST: "list",
    IdKind.MAILBOX: "mailbox",
    IdKind.MESSAGE: "message",
    IdKind.REPLY_RULE: "reply rule",
    IdKind.SEGMENT: "segment",
    IdKind.TEMPLATE: "template",
    IdKind.WORKER: "worker",
}


def number_of(context: Context, kind: IdKind, public_id: str) -> int:
    """The row's number; whether there is such a row in this workspace is for the statement to say."""
    number = context.ids.decode(kind, public_id)
    if number is None:
        raise unknown(kind, public_id)
    return number


def by_id(context: Context, kind: IdKind, public_id: str) -> str:
    """For what the command line names by its name as well: over the API it has its id only."""
    number_of(context, kind, public_id)
    return public_id


def unknown(kind: IdKind, public_id: str) -> NotFound:
    """There is nothing of this id in this workspace."""
    return NotFound(f"there is no {_NOUNS[kind]} {public_id[:60]}")
