"""A mailbox that is read for reports: its login, what it is there for, and how its reader fares."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from paceline.domain.account import OAuth, Security


class MailboxUse(StrEnum):
    """What a mailbox is there for."""

    BOUNCES = "bounces"  # a bounce address: every mail is for Paceline, and kept where it cannot be read
    SENDING = "sending"  # people use it, too: only reports about messages of ours are touched


class Processed(StrEnum):
    """What becomes of a mail that was taken."""

    SEEN = "seen"  # marked as read
    MOVE = "move"  # moved to another folder
    LEAVE = "leave"  # nothing: the mailbox is opened for reading only


class MailboxState(StrEnum):
    """How the reader of a mailbox fares."""

    NEW = "new"  # not looked into yet
    READING = "reading"  # connected, and waiting for mail
    FAILING = "failing"  # cannot be read now; tried again by itself
    BROKEN = "broken"  # login or certificate refused: needs a person


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapLogin:
    """Where and as whom to log in. ``ca_file`` adds a certificate authority of one's own."""

    host: str
    port: int
    security: Security
    username: str
    password: str = field(default="", repr=False)
    oauth: OAuth | None = None
    ca_file: str = ""
    guarded: bool = False
    """Named through the API: connects only to addresses that the address guard allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox as its reader uses it."""

    id: int
    workspace_id: int
    name: str
    login: ImapLogin
    folder: str = "INBOX"
    use: MailboxUse = MailboxUse.BOUNCES
    processed: Processed = Processed.SEEN
    move_to: str = ""
    revision: int = 1
    """Counts the changes of its settings; a reader of an older one writes nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxPlace:
    """How far a mailbox was read: UIDs up to ``last_uid`` of the folder that ``uid_validity`` names (RFC 9051 section 2.3.1.1)."""

    uid_validity: int | None
    last_uid: int
