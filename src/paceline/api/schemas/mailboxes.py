"""Shapes of mailboxes that are read for reports, and of mail that was kept for a person."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from paceline.api.schemas.accounts import Line, Secret, SecurityName
from paceline.api.schemas.base import Answer, Instant, Request
from paceline.domain.mailbox import MailboxState, MailboxUse, Processed

UseName = Annotated[MailboxUse, Field(strict=False)]
ProcessedName = Annotated[Processed, Field(strict=False)]
Host = Annotated[str, Field(min_length=1, max_length=253, examples=["imap.example.com"])]
Port = Annotated[int, Field(ge=1, le=65535)]


class MailboxFields(Request):
    """The fields of a mailbox that may be given or left out."""

    port: Port | None = Field(default=None, description="Absent: 993.")
    security: SecurityName | None = Field(default=None, description="Absent: tls on port 993, else starttls.")
    password: Secret | None = Field(default=None, description="Sealed when it is stored and never shown again.")
    oauth: Line | None = Field(default=None, description="google or microsoft, instead of a password.")
    client_id: Line | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    tenant: Line | None = None
    scope: Line | None = None
    folder: Line | None = Field(default=None, description="Absent: INBOX.")
    use: UseName | None = Field(
        default=None,
        description="bounces: a bounce address, where every mail is for Paceline; sending: people use it, too, and only "
        "reports about your messages are touched.",
    )
    processed: ProcessedName | None = Field(
        default=None, description="What becomes of mail that was taken: seen, move or leave."
    )
    move_to: Line | None = Field(default=None, description="The folder for processed = move.")

    def given(self) -> dict[str, Any]:
        """The fields that were sent."""
        sent = self.model_dump(exclude_none=True, exclude={"enabled"})
        return {name: value if isinstance(value, int) else str(value) for name, value in sent.items()}


class NewMailbox(MailboxFields):
    """A mailbox to read from now on."""

    name: Line
    host: Host
    username: Line


class MailboxChange(MailboxFields):
    """What is to change; another server or login needs the secret again."""

    name: Line | None = None
    host: Host | None = None
    username: Line | None = None
    enabled: bool | None = None


class MailboxAnswer(Answer):
    """A mailbox without its secrets."""

    id: str
    name: str
    host: str
    port: int
    security: str
    username: str
    oauth: bool
    folder: str
    use: MailboxUse
    processed: Processed
    move_to: str
    enabled: bool
    state: MailboxState
    reason: str | None = Field(description="Why it cannot be read.")
    since_at: Instant = Field(description="Since when it is in this state.")
    read_at: Instant | None = Field(description="When it was looked into for the last time.")
    mails: int = Field(description="How many mails were looked at.")
    matched: int = Field(description="How many of them were about a message of yours.")
    created_at: Instant


class MailboxTested(Answer):
    """How the test of a mailbox ended."""

    ok: bool
    message: str


class KeptMailAnswer(Answer):
    """A mail at a bounce address that could not be read, or is about no message of yours."""

    id: str
    at: Instant
    source: str = Field(description="pipe, lmtp, or the mailbox's name.")
    sent_to: str
    sender: str
    subject: str
    kind: str = Field(description="What it was taken for.")
    message_id: str | None = Field(description="The message that it is about, where that is known.")


class KeptMailText(KeptMailAnswer):
    """The same with its text."""

    text: str = Field(description="The mail as it came, its first 256 KiB.")
