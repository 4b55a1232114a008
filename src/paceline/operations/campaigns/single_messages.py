"""One message now: a template for one person, through the workspace's accounts, ahead of its campaigns.

All messages of one content belong to a standing campaign that nobody sees among the others: it runs while it has
messages to send, is completed when it has none, and is opened again by the next one. A template that was changed gets a
new one, because what a campaign sends never changes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from paceline.content.email import EmailContent
from paceline.content.message_id import message_id as make_message_id
from paceline.domain.address import parse_address, parse_mailbox
from paceline.domain.campaign import CampaignKind, CampaignMove, CampaignStatus
from paceline.domain.contact import check_fields
from paceline.domain.errors import InputError, Problem
from paceline.operations.audience import privacy
from paceline.operations.campaigns.email_values import content_problems, read_content
from paceline.operations.campaigns.templates import row_of
from paceline.operations.context import Context, NotPossible
from paceline.operations.ids import number_of, unknown
from paceline.store.catalogue import audiences
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaign_drafts, campaigns, installation, launching, messages
from paceline.store.queue.campaign_drafts import SendingAccount
from paceline.store.queue.campaigns import NewCampaign
from paceline.store.queue.launching import NewMessage, Placed

_CHANNEL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleMessage:
    """One message and what became of it; of any campaign of the workspace."""

    id: str
    address: str
    state: str
    account: str | None
    attempts: int
    message_id: str
    reply: str | None
    at: float | None
    due_at: float | None


def send_one(
    context: Context,
    *,
    template: str,
    to: str,
    fields: Mapping[str, str] | None = None,
    key: str | None = None,
    even_erased: bool = False,
) -> SingleMessage:
    """Queue one message and return at once. ``fields`` win over those of the contact with this address.

    ``even_erased``: an erased person has just asked for it. The same ``key`` gives the same message however often it is sent, also after a crash; with another recipient or
    other fields it is NotPossible. Raises NotFound for the template, InputError for an address or content that cannot
    be used, NotPossible without an account.
    """
    row = row_of(context, template)
    address = _address(to)
    if not even_erased:
        privacy.require_not_erased(context, address)
    given = dict(fields or {})
    if (reason := check_fields(given)) is not None:
        raise InputError([Problem(file="", field="fields", message=reason)])
    with context.catalogue.read() as connection:
        contact = audiences.contact_with(connection, address, workspace_id=context.workspace_id)
    known = dict(contact.fields) if contact is not None else {}
    message = NewMessage(contact_id=_number(key), address=address, fields={**known, **given, "email": address})
    with context.queue.write() as connection:
        earlier = launching.placed(connection, message.contact_id, workspace_id=context.workspace_id)
        if earlier is not None:
            _require_same(earlier, address, given)
            return status(context, context.ids.encode(IdKind.MESSAGE, earlier.id), connection=connection)
        content = read_content(row.content, key=f"template-{row.id}", name=row.name)
        number = _standing_campaign(context, connection, content)
        placed = launching.place(connection, number, message, now=context.clock.now())
        if placed.is_new:
            launching.count_placed(connection, context.queue, number, 1, now=context.clock.now())
            campaigns.move(connection, number, CampaignMove.REOPEN, now=context.clock.now())
        else:
            _require_same(placed, address, given)
        return status(context, context.ids.encode(IdKind.MESSAGE, placed.id), connection=connection)


def status(context: Context, message_id: str, *, connection: Connection | None = None) -> SingleMessage:
    """What became of a message. Raises NotFound."""
    number = number_of(context, IdKind.MESSAGE, message_id)
    if connection is None:
        with context.queue.read() as connection:
            return status(context, message_id, connection=connection)
    row = messages.one(connection, number, workspace_id=context.workspace_id)
    if row is None:
        raise unknown(IdKind.MESSAGE, message_id)
    secret = installation.name(connection).encode()
    return SingleMessage(
        id=message_id,
        address=row.message.address,
        state=row.message.state,
        account=row.message.account,
        attempts=row.message.attempts,
        message_id=make_message_id(str(number), domain=row.message_id_domain, secret=secret),
        reply=row.message.reply,
        at=row.message.at,
        due_at=row.message.due_at,
    )


def _standing_campaign(context: Context, connection: Connection, content: EmailContent) -> int:
    """The campaign of this content and of the workspace's accounts as they are now."""
    usable = campaign_drafts.usable_accounts(connection, workspace_id=context.workspace_id, channel=_CHANNEL)
    if not usable:
        raise NotPossible("no account can send it: add one, or enable one")
    frozen = _with_from(content, usable)
    stored = json.dumps(frozen.to_json(), sort_keys=True)
    key = f"{content.campaign_key}-{hashlib.sha256(stored.encode()).hexdigest()[:16]}"
    now = context.clock.now()
    found = campaigns.find(connection, key, workspace_id=context.workspace_id)
    if found is not None and found.status is CampaignStatus.STOPPED:
        raise NotPossible("the messages of this template were stopped by a person; change the template to send again")
    number = None if found is None else found.id
    if number is None:
        new = NewCampaign(
            workspace_id=context.workspace_id,
            key=key,
            name=content.campaign_name,
            channel=_CHANNEL,
            content=stored,
            audience="{}",
            message_id_domain=parse_mailbox(frozen.from_address).address.rpartition("@")[2],
            rate_per_minute=0.0,
            max_attempts=None,
            retry_delay_seconds=None,
            kind=CampaignKind.SINGLE,
        )
        number = campaigns.create(connection, new, now=now)
        if number is None:  # another process has just made it
            return _standing_campaign(context, connection, content)
        campaigns.move(connection, number, CampaignMove.START, now=now)
    wanted = [account.id for account in usable if account.from_address or content.from_address]
    if campaign_drafts.account_ids(connection, number) != wanted:
        accounts.attach(connection, number, wanted)
    return number


def _with_from(content: EmailContent, usable: list[SendingAccount]) -> EmailContent:
    """The content with a From: its own, or of the first account that has one."""
    own_from = next((account.from_address for account in usable if account.from_address), "")
    problems = content_problems(content, from_elsewhere=own_from, field="template")
    if problems:
        raise InputError(problems)
    return content if content.from_address else replace(content, from_address=own_from)


def _require_same(placed: Placed, address: str, given: Mapping[str, str]) -> None:
    stored = json.loads(placed.fields)
    if placed.address != address or any(stored.get(name) != value for name, value in given.items()):
        raise NotPossible("this Idempotency-Key was used for another message; use a new key for each message")


def _address(to: str) -> str:
    try:
        return parse_address(to)
    except ValueError as error:
        raise InputError([Problem(file="", field="to", message=str(error))]) from None


def _number(key: str | None) -> int:
    """The number under which a message is unique: 62 bits of its key, or of chance."""
    digest = secrets.token_bytes(32) if key is None else hashlib.sha256(b"single message " + key.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2
