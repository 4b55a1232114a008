"""What the provider says of numbers and templates: asked for now and then, and before a campaign starts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.channels.whatsapp.limits import WhatsAppLimits
from paceline.channels.whatsapp.management import CannotRead, ListedTemplate, Management, NumberState
from paceline.domain.account import WhatsAppLogin
from paceline.domain.wording import counted
from paceline.operations.context import QueueContext
from paceline.outbound.address_guard import AddressGuard
from paceline.store.queue import accounts, whatsapp_alarms, whatsapp_numbers, whatsapp_templates
from paceline.store.queue.whatsapp_numbers import NumberRow
from paceline.store.queue.whatsapp_templates import TemplateRow
from paceline.store.secrets import SecretsUnreadable
from paceline.tracking.whatsapp.envelope import messaging_limit

_SECONDS = 10.0
_AT_ONCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of one number. ``failure`` says why nothing, or not all, was."""

    name: str
    state: NumberState | None = None
    templates: tuple[ListedTemplate, ...] | None = None
    failure: str = ""


async def read(context: QueueContext, name: str, login: WhatsAppLogin, *, business_account: str = "") -> Reading:
    """Ask the provider about a number, and about the templates of its business account where that is known."""
    from paceline.channels.whatsapp.client import CloudApiClient  # imported here: most commands need no HTTP client

    guard = AddressGuard.from_setting(context.settings.private_hosts) if login.guarded else None
    limits = WhatsAppLimits(activity_seconds=_SECONDS, connect_seconds=_SECONDS, longest_answer=4 << 20)
    client = CloudApiClient(f"{login.api_url.rstrip('/')}/{login.api_version}", login.token, limits, guard=guard)
    state, templates = None, None
    try:
        management = Management(client)
        state = await management.number(login.phone_number_id)
        business = login.business_account_id or business_account
        if business:
            templates = tuple(await management.templates(business))
    except CannotRead as error:
        return Reading(name=name, state=state, failure=str(error))
    finally:
        await client.close()
    return Reading(name=name, state=state, templates=templates)


async def refresh(context: QueueContext, numbers: Sequence[NumberRow]) -> list[Reading]:
    """Read these stored numbers and keep what is learnt: one that would do harm stops, templates stop or go on."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(number: NumberRow) -> Reading:
        async with room:
            return await _refresh(context, number)

    return list(await asyncio.gather(*map(one, numbers)))


async def ask_number(context: QueueContext, account_id: int) -> tuple[bool, str]:
    """Ask the provider how a stored number stands, and keep the answer: whether it may send, and a sentence."""

    def find() -> NumberRow:
        with context.queue.read() as connection:
            return whatsapp_numbers.of_account(connection, account_id)

    reading = await _refresh(context, await asyncio.to_thread(find))
    if reading.state is None:
        return False, f"{reading.name}: {reading.failure}"
    return reading.state.harm is None, in_words(reading)


def in_words(reading: Reading) -> str:
    """What was read, as a sentence."""
    state = reading.state
    if state is None:
        return f"{reading.name}: {reading.failure}"
    limit = None if state.messaging_limit is None else messaging_limit(state.messaging_limit)
    parts = [
        f"{reading.name}: {state.status or 'of unknown status'}",
        f"quality {state.quality or 'not known'}",
        ""
        if limit is None
        else "any number of recipients"
        if limit < 0
        else f"{counted(limit, 'recipient')} in 24 hours",
        "its business account is not known"
        if reading.templates is None
        else counted(len(reading.templates), "template"),
    ]
    trouble = state.harm or reading.failure
    return ", ".join(filter(None, parts)) + (f"; {trouble}" if trouble else "")


async def _refresh(context: QueueContext, number: NumberRow) -> Reading:
    try:
        login = await asyncio.to_thread(_login, context, number)
    except SecretsUnreadable as error:
        return Reading(name=number.name, failure=str(error))
    reading = await read(context, number.name, login, business_account=number.business_account)
    await asyncio.to_thread(keep, context, number, login, reading)
    return reading


def _login(context: QueueContext, number: NumberRow) -> WhatsAppLogin:
    with context.queue.read() as connection:
        login = accounts.load(connection, context.box, number.account_id).login
    assert isinstance(login, WhatsAppLogin)
    return login


def keep(context: QueueContext, number: NumberRow, login: WhatsAppLogin, reading: Reading) -> None:
    """Keep what was read of a stored number, and draw the consequences."""
    now, state = context.clock.now(), reading.state
    if state is None:
        return
    business = login.business_account_id or number.business_account
    known = {"business_account": business} if business else {}
    limit = None if state.messaging_limit is None else messaging_limit(state.messaging_limit)
    with context.queue.write() as connection:
        whatsapp_numbers.learn(
            connection,
            number.account_id,
            display_number=state.display_number,
            status=state.status,
            quality=state.quality,
            messaging_limit=number.messaging_limit if limit is None else limit,
            checked_at=now,
            **known,
        )
        if state.harm is not None:
            reason = f"{number.name}: {state.harm}; look into WhatsApp Manager, then enable the number"
            whatsapp_alarms.break_number(connection, number.account_id, reason=reason, now=now)
        if reading.templates:
            _keep_templates(context, connection, number.workspace_id, business, reading.templates)


def _keep_templates(
    context: QueueContext,
    connection: Connection,
    workspace_id: int,
    business: str,
    templates: Sequence[ListedTemplate],
) -> None:
    now = context.clock.now()
    rows = [row_of(one, business=business, now=now) for one in templates]
    whatsapp_templates.replace(connection, rows, workspace_id=workspace_id, business_account=business)
    for row in rows:
        whatsapp_templates.follow(
            connection, row.key, row.status, workspace_id=workspace_id, reason=row.reason, now=now
        )


def row_of(one: ListedTemplate, *, business: str, now: float) -> TemplateRow:
    """A template of the list as it is kept."""
    return TemplateRow(
        business_account=business,
        name=one.name,
        language=one.language,
        status=one.status,
        quality=one.quality,
        category=one.category,
        parameter_format=one.parameter_format,
        components=one.components,
        reason=one.reason or None,
        updated_at=now,
    )
