"""A look at a draft in a real mailbox: its content as it is now, to a few addresses, through one account.

It is a campaign of its own that nobody sees among the others: the same engine, the account's own limits and pace, ahead
of other campaigns; and it changes no count of the campaign that it shows.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from paceline.content.email import EmailContent
from paceline.content.whatsapp import WhatsAppContent
from paceline.domain.address import parse_address, parse_mailbox
from paceline.domain.campaign import CampaignKind, CampaignMove
from paceline.domain.errors import InputError, Problem
from paceline.domain.phone import parse_phone
from paceline.operations.campaigns.campaign_checks import template_problems
from paceline.operations.campaigns.campaign_drafts import row_of
from paceline.operations.campaigns.draft_content import content_of
from paceline.operations.campaigns.email_values import content_problems
from paceline.operations.context import Context, NotFound
from paceline.operations.ids import number_of, unknown
from paceline.operations.whatsapp.media_files import media_problems
from paceline.store.catalogue import audiences
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaign_drafts, campaigns, launching
from paceline.store.queue.campaigns import CampaignRow, NewCampaign
from paceline.store.queue.launching import NewMessage

MOST_ADDRESSES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMessage:
    """One message under way; ``operations/campaigns/single_messages.py`` says what became of it."""

    __test__ = False  # not one of pytest's

    id: str
    address: str


def send_test(
    context: Context,
    campaign_id: str,
    addresses: Sequence[str],
    *,
    account: str,
    contact_id: str | None = None,
    fields: Mapping[str, str] | None = None,
) -> list[TestMessage]:
    """Queue the campaign's content for these addresses, rendered for a contact or for sample fields.

    Returns at once. Raises InputError for addresses or a content that cannot be used, NotFound for the account.
    """
    row = row_of(context, campaign_id)
    content = content_of(row)
    account_number = number_of(context, IdKind.ACCOUNT, account)
    with context.queue.read() as connection:
        own_from = campaign_drafts.from_of_account(connection, account_number, workspace_id=context.workspace_id)
        found = campaign_drafts.accounts_there(connection, [account_number], context.workspace_id)
    if own_from is None:
        raise unknown(IdKind.ACCOUNT, account)
    channel = found[account_number]
    if channel not in content.channels:
        message = f"it sends by {channel}, and this campaign goes by {' and '.join(content.channels)}"
        raise InputError([Problem(file="", field="account", message=message)])
    country = str(json.loads(row.audience).get("default_country", ""))
    recipients = _addresses(addresses, channel, country)
    known = {**_fields(context, contact_id), **(fields or {})}
    frozen = content.whatsapp if channel == "whatsapp" else _with_from(content.email, own_from)
    _check(context, frozen)
    column = "phone" if channel == "whatsapp" else "email"
    now = context.clock.now()
    with context.queue.write() as connection:
        number = campaigns.create(connection, _campaign(row, channel, frozen), now=now)
        if number is None:
            raise NotFound("the test could not be stored; try again")
        accounts.attach(connection, number, [account_number])
        placed = [
            launching.place(
                connection,
                number,
                NewMessage(contact_id=place, address=address, fields={**known, column: address}),
                now=now,
            )
            for place, address in enumerate(recipients, 1)
        ]
        campaigns.move(connection, number, CampaignMove.START, now=now)
        launching.count_placed(connection, context.queue, number, len(placed), now=now)
    return [TestMessage(id=context.ids.encode(IdKind.MESSAGE, one.id), address=one.address) for one in placed]


def _check(context: Context, content: EmailContent | WhatsAppContent) -> None:
    """Raises InputError for a content that cannot be sent as it is."""
    if isinstance(content, WhatsAppContent):
        problems = template_problems(content) + media_problems(context, content)
    else:
        problems = content_problems(content)
    if problems:
        raise InputError(problems)


def _campaign(row: CampaignRow, channel: str, content: EmailContent | WhatsAppContent) -> NewCampaign:
    """The campaign of its own that shows ``row``'s content."""
    return NewCampaign(
        workspace_id=row.workspace_id,
        key=f"test-{secrets.token_hex(8)}",
        name=row.name,
        channel=channel,
        content=json.dumps(content.to_json()),
        audience=json.dumps({"test_of": row.id}),
        message_id_domain=_domain(content),
        rate_per_minute=0.0,
        max_attempts=row.max_attempts,
        retry_delay_seconds=row.retry_delay_seconds,
        kind=CampaignKind.TEST,
    )


def _with_from(content: EmailContent, own_from: str) -> EmailContent:
    return content if content.from_address else replace(content, from_address=own_from)


def _domain(content: EmailContent | WhatsAppContent) -> str:
    if isinstance(content, WhatsAppContent):
        return ""
    return parse_mailbox(content.from_address).address.rpartition("@")[2]


def _addresses(given: Sequence[str], channel: str, country: str) -> list[str]:
    if not 0 < len(given) <= MOST_ADDRESSES:
        raise InputError([Problem(file="", field="addresses", message=f"accepts 1 to {MOST_ADDRESSES} addresses")])
    found, problems = [], []
    for place, address in enumerate(given):
        try:
            is_phone = channel == "whatsapp"
            found.append(parse_phone(address, country=country) if is_phone else parse_address(address))
        except ValueError as error:
            problems.append(Problem(file="", field=f"addresses[{place}]", message=str(error)))
    if problems:
        raise InputError(problems)
    return list(dict.fromkeys(found))


def _fields(context: Context, contact_id: str | None) -> dict[str, str]:
    if contact_id is None:
        return {}
    number = number_of(context, IdKind.CONTACT, contact_id)
    with context.catalogue.read() as connection:
        contact = audiences.contact(connection, number, workspace_id=context.workspace_id)
    if contact is None:
        raise unknown(IdKind.CONTACT, contact_id)
    return dict(contact.fields)
