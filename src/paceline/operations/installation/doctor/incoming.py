"""Checks of what comes back: mailboxes that cannot be read, and mail that waits for a person."""

from __future__ import annotations

from collections.abc import Iterator

from paceline.clock import iso
from paceline.domain.mailbox import MailboxState
from paceline.domain.wording import counted
from paceline.operations.installation.doctor.finding import Finding, failed, fine, warning
from paceline.operations.installation.doctor.surroundings import time_in_use
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.queue import kept_mail, mailboxes as stored_mailboxes

_SILENT_SECONDS = 900.0


def mailboxes(database: Database, settings: Settings) -> Iterator[Finding]:
    """Mailboxes whose reports nobody sees, and how much was kept for a person."""
    now = time_in_use(database)[0].now()
    with database.read() as connection:
        found = [one for one in stored_mailboxes.every(connection, workspace_id=None) if one.enabled]
        kept = kept_mail.count(connection)
    for one in found:
        if one.state in (MailboxState.BROKEN, MailboxState.FAILING):
            sentence = f"{one.name} at {one.host} cannot be read since {iso(one.since_at)}: {one.reason}"
            by_itself = one.state == MailboxState.FAILING
            cure = (
                "it is tried again by itself" if by_itself else f"mend it, then `paceline mailboxes enable {one.name}`"
            )
            yield (warning if by_itself else failed)("mailboxes", sentence, cure)
        elif now - (one.read_at or one.created_at) > max(_SILENT_SECONDS, 3 * settings.mailbox_poll_seconds):
            sentence = f"{one.name} at {one.host} was last looked into {iso(one.read_at) if one.read_at else 'never'}"
            yield warning("mailboxes", sentence, "`paceline serve` does the reading: is it running?")
    waiting = f"; {counted(kept, 'mail')} kept for a person (`paceline mailboxes kept`)" if kept else ""
    yield fine("mailboxes", f"mailboxes to read: {len(found)}{waiting}")
