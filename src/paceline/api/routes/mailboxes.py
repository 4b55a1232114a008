"""Mailboxes over HTTP: what is read for reports, and mail that was kept for a person."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routing import Routes
from paceline.api.schemas.mailboxes import (
    KeptMailAnswer,
    KeptMailText,
    MailboxAnswer,
    MailboxChange,
    MailboxTested,
    NewMailbox,
)
from paceline.domain.permission import Permission
from paceline.operations.ids import by_id
from paceline.operations.incoming import kept_mails, mailboxes
from paceline.operations.incoming.kept_mails import KeptMail
from paceline.operations.incoming.mailboxes import MailboxRow
from paceline.store.public_ids import IdKind

routes = Routes(tag="mailboxes")


@routes.get("/mailboxes", permission=Permission.ACCOUNTS_READ)
def list_mailboxes(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[MailboxAnswer]:
    """The mailboxes that are read for reports, in the order they were made."""
    rows = mailboxes.list_mailboxes(asked.context, after=text_after(cursor), limit=limit + 1)
    return page(
        rows,
        limit,
        position=lambda row: mailboxes.public_id(asked.context, row),
        model=lambda row: _answer(asked, row),
    )


@routes.post("/mailboxes", permission=Permission.ACCOUNTS_WRITE, status=HTTPStatus.CREATED)
def create_mailbox(asked: Asked, new: NewMailbox) -> MailboxAnswer:
    """Read a mailbox for reports from now on."""
    made = mailboxes.add(asked.context, new.given(), guarded=True)
    asked.audit("mailbox.create", mailboxes.public_id(asked.context, made), name=made.name, host=made.host)
    return _answer(asked, made)


@routes.get("/mailboxes/{mailbox_id}", permission=Permission.ACCOUNTS_READ)
def show_mailbox(asked: Asked, mailbox_id: str) -> MailboxAnswer:
    """One mailbox, with how its reader fares."""
    return _answer(asked, mailboxes.get(asked.context, by_id(asked.context, IdKind.MAILBOX, mailbox_id)))


@routes.patch("/mailboxes/{mailbox_id}", permission=Permission.ACCOUNTS_WRITE)
def change_mailbox(asked: Asked, mailbox_id: str, change: MailboxChange) -> MailboxAnswer:
    """Change what is given; another server or login needs the secret again."""
    changed = mailboxes.change(
        asked.context,
        by_id(asked.context, IdKind.MAILBOX, mailbox_id),
        change.given(),
        enabled=change.enabled,
        guarded=True,
    )
    fields = sorted(change.model_dump(exclude_none=True))
    asked.audit("mailbox.change", mailboxes.public_id(asked.context, changed), fields=fields)
    return _answer(asked, changed)


@routes.delete("/mailboxes/{mailbox_id}", permission=Permission.ACCOUNTS_WRITE)
def remove_mailbox(asked: Asked, mailbox_id: str) -> None:
    """Read a mailbox no more; what was read stays."""
    gone = mailboxes.remove(asked.context, by_id(asked.context, IdKind.MAILBOX, mailbox_id))
    asked.audit("mailbox.remove", mailboxes.public_id(asked.context, gone), name=gone.name)


@routes.post("/mailboxes/{mailbox_id}/test", permission=Permission.ACCOUNTS_WRITE)
def test_mailbox(asked: Asked, mailbox_id: str) -> MailboxTested:
    """Connect, log in and open the folder; changes nothing there."""
    result = mailboxes.test(asked.context, by_id(asked.context, IdKind.MAILBOX, mailbox_id))
    return MailboxTested(ok=result.ok, message=result.message)


@routes.get("/kept-mail", permission=Permission.CONTACTS_READ)
def list_kept_mail(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[KeptMailAnswer]:
    """Mail at bounce addresses that could not be read, or is about no message of yours, the newest first."""
    rows = kept_mails.newest(asked.context, before=text_after(cursor), limit=limit + 1)
    return page(
        rows,
        limit,
        position=lambda mail: kept_mails.public_id(asked.context, mail),
        model=lambda mail: KeptMailAnswer(**_mail(asked, mail)),
    )


@routes.get("/kept-mail/{mail_id}", permission=Permission.CONTACTS_READ)
def show_kept_mail(asked: Asked, mail_id: str) -> KeptMailText:
    """One of them, with its text."""
    mail, raw = kept_mails.get(asked.context, mail_id)
    return KeptMailText(**_mail(asked, mail), text=raw.decode("utf-8", "replace"))


@routes.delete("/kept-mail/{mail_id}", permission=Permission.CONTACTS_WRITE)
def delete_kept_mail(asked: Asked, mail_id: str) -> None:
    """Throw it away; after thirty days it goes by itself."""
    kept_mails.delete(asked.context, mail_id)
    asked.audit("kept_mail.delete", mail_id)


def _answer(asked: Asked, row: MailboxRow) -> MailboxAnswer:
    names = MailboxAnswer.model_fields.keys() - {"id"}
    fields: dict[str, Any] = {name: getattr(row, name) for name in names}
    return MailboxAnswer(id=mailboxes.public_id(asked.context, row), **fields)


def _mail(asked: Asked, mail: KeptMail) -> dict[str, Any]:
    about = None if mail.message_id is None else asked.context.ids.encode(IdKind.MESSAGE, mail.message_id)
    return {
        "id": kept_mails.public_id(asked.context, mail),
        "at": mail.at,
        "source": mail.source,
        "sent_to": mail.sent_to,
        "sender": mail.sender,
        "subject": mail.subject,
        "kind": mail.kind,
        "message_id": about,
    }
