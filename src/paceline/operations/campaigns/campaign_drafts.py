"""Drafts of campaigns: written, changed, copied and deleted until they start. They live in the queue (decision 5)."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.campaign import CampaignKind, CampaignStatus, LateStart
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.errors import InputError, Problem
from paceline.domain.retry_policy import usual_retries
from paceline.launch.catalogue_audience import AudienceChoice, read_choice
from paceline.operations.campaigns import assigning
from paceline.operations.campaigns.draft_audience import changed_choice, shown_audience
from paceline.operations.campaigns.draft_content import DraftContent, content_of, read_draft_content, second_of
from paceline.operations.campaigns.email_values import content_values
from paceline.operations.campaigns.pace_values import read_pace, shown_window
from paceline.operations.campaigns.templates import checked_name, row_of as template_row
from paceline.operations.context import Context, NotPossible
from paceline.operations.ids import number_of, unknown
from paceline.operations.whatsapp.template_values import template_values
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaign_drafts, campaigns
from paceline.store.queue.campaign_drafts import DraftValues
from paceline.store.queue.campaigns import CampaignRow, NewCampaign

MOST_ACCOUNTS = 1000

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")
_CHANGEABLE = (
    "name",
    "content",
    "templates",
    "fallback",
    "default_country",
    "audience",
    "accounts",
    "rate_per_minute",
    "max_attempts",
    "retry_delay_seconds",
    "weight",
    "account_choice",
    "window",
    "worker",
    "worker_fallback",
)
_NUMBERS = {
    "rate_per_minute": (0.0, 1e6),
    "max_attempts": (1, 100),
    "retry_delay_seconds": (0.0, 604_800.0),
    "weight": (0.001, 1000.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as people see it; ids are public. ``audience`` is None where it comes from a file."""

    id: str
    key: str
    name: str
    kind: CampaignKind
    channel: str
    status: CampaignStatus
    content: dict[str, Any]
    """Of its e-mail part; empty where it has none."""
    templates: list[dict[str, Any]]
    """Of its WhatsApp part; none where it has none."""
    fallback: str
    """The channel that takes over for those whom the campaign cannot reach; "" for none."""
    fallback_campaign: str | None
    """The campaign that the second channel has become; None before the start."""
    default_country: str
    audience: dict[str, Any] | None
    accounts: list[str]
    """Of both channels."""
    rate_per_minute: float
    max_attempts: int | None
    retry_delay_seconds: float | None
    weight: float
    account_choice: str
    window: dict[str, Any] | None
    starts_at: float | None
    start_timezone: str | None
    late_start: LateStart
    worker: str | None
    """The remote worker that sends it; None: this installation does."""
    worker_fallback: bool
    pause_reason: str | None
    created_at: float
    updated_at: float
    started_at: float | None
    finished_at: float | None


def create(
    context: Context,
    *,
    name: str,
    key: str | None = None,
    channel: str = "email",
    template: str | None = None,
    created_by: int | None = None,
    **values: Any,
) -> Campaign:
    """A new draft; whatever is not given is empty. ``template`` gives the content that ``content`` does not.

    ``channel`` (email or whatsapp) stays; ``values`` are those that ``change`` takes. Raises InputError, NotFound, or
    NotPossible when the key is taken.
    """
    name = checked_name(name)
    own_key = _checked_key(key) if key is not None else _made_key(name)
    start = dict(template_row(context, template).content) if template is not None else {}
    content = read_draft_content(
        channel=channel,
        fallback=values.get("fallback") or "",
        content={**start, **(values.get("content") or {})},
        templates=values.get("templates"),
        key=own_key,
        name=name,
    )
    choice = changed_choice(context, AudienceChoice(), {"audience": {}, **values})
    numbers = _numbers(values)
    usual, delay = usual_retries(channel), numbers.get("retry_delay_seconds")
    worker_id = assigning.chosen_worker(context, values)
    new = NewCampaign(
        workspace_id=context.workspace_id,
        key=own_key,
        name=name,
        channel=channel,
        content=content.to_stored(),
        audience=choice.to_json(),
        message_id_domain="",
        rate_per_minute=numbers.get("rate_per_minute") or 0.0,
        max_attempts=numbers.get("max_attempts") or usual.max_attempts,
        retry_delay_seconds=usual.retry_delay_seconds if delay is None else delay,
        weight=numbers.get("weight") or 1.0,
        pacing=read_pace(values, CampaignPacing()),
        kind=CampaignKind.CATALOGUE,
        created_by=created_by,
    )
    with context.queue.write() as connection:
        account_ids = _account_numbers(context, connection, values.get("accounts") or [], content.channels)
        number = campaigns.create(connection, new, now=context.clock.now())
        if number is None:
            raise NotPossible(f"there is a campaign with the key {own_key!r}; choose another key")
        accounts.attach(connection, number, account_ids)
        assigning.assign(connection, number, values, worker_id, now=context.clock.now())
    return get(context, context.ids.encode(IdKind.CAMPAIGN, number))


def change(context: Context, campaign_id: str, **changes: Any) -> Campaign:
    """Change a draft: name, content, templates, audience (each as a whole), fallback, default_country, accounts, rate_per_minute, max_attempts, retry_delay_seconds,
    weight, account_choice, window, worker (its name or id; None: this installation sends it) and worker_fallback.

    What is not given stays. Raises NotPossible for a campaign that is no draft any more.
    """
    row = row_of(context, campaign_id)
    if unknown_names := [given for given in changes if given not in _CHANGEABLE]:
        message = f"is not known; accepted are {', '.join(_CHANGEABLE)}"
        raise InputError([Problem(file="", field=unknown_names[0], message=message)])
    _require_draft(row)
    worker_id = assigning.chosen_worker(context, changes)
    name = checked_name(changes["name"]) if "name" in changes else row.name
    content = _changed_content(row, name, changes)
    choice = changed_choice(context, read_choice(row.audience), changes)
    numbers = {name: getattr(row, name) for name in _NUMBERS} | _numbers(changes)
    values = DraftValues(
        name=name,
        content=content.to_stored(),
        audience=choice.to_json(),
        rate_per_minute=numbers["rate_per_minute"] or 0.0,
        max_attempts=numbers["max_attempts"],
        retry_delay_seconds=numbers["retry_delay_seconds"],
        weight=numbers["weight"] or 1.0,
        pacing=read_pace(changes, row.pacing),
    )
    with context.queue.write() as connection:
        if not campaign_drafts.change(connection, row.id, values, now=context.clock.now()):
            _require_draft(campaigns.get(connection, row.id))
        if changes.get("accounts") is not None:
            accounts.attach(
                connection, row.id, _account_numbers(context, connection, changes["accounts"], content.channels)
            )
        assigning.assign(connection, row.id, changes, worker_id, now=context.clock.now())
    return get(context, campaign_id)


def delete(context: Context, campaign_id: str) -> None:
    """Delete a draft; what was started stays on record."""
    row = row_of(context, campaign_id)
    with context.queue.write() as connection:
        if not campaign_drafts.delete(connection, row.id, now=context.clock.now()):
            raise NotPossible(f"{row.key} is {row.status}: only drafts can be deleted")


def duplicate(
    context: Context, campaign_id: str, *, name: str | None = None, created_by: int | None = None
) -> Campaign:
    """A new draft with the content, audience and accounts of any campaign; one from a file leaves its audience behind."""
    row = row_of(context, campaign_id)
    seen = get(context, campaign_id)
    return create(
        context,
        name=name or f"{row.name} (copy)"[:200],
        channel=row.channel,
        created_by=created_by,
        content=seen.content if "email" in (row.channel, seen.fallback) else None,
        templates=seen.templates,
        fallback=seen.fallback,
        default_country=seen.default_country,
        audience=seen.audience or {},
        accounts=seen.accounts,
        rate_per_minute=row.rate_per_minute,
        max_attempts=row.max_attempts,
        retry_delay_seconds=row.retry_delay_seconds,
        weight=row.weight,
        account_choice=seen.account_choice,
        window=seen.window,
    )


def get(context: Context, campaign_id: str) -> Campaign:
    """One campaign, whatever its status."""
    return shown(context, row_of(context, campaign_id))


def row_of(context: Context, campaign_id: str) -> CampaignRow:
    """The campaign as it is stored; not one of test or single messages."""
    number = number_of(context, IdKind.CAMPAIGN, campaign_id)
    with context.queue.read() as connection:
        row = campaigns.numbered(connection, number, workspace_id=context.workspace_id)
    if row is None or not row.kind.is_listed:
        raise unknown(IdKind.CAMPAIGN, campaign_id)
    return row


def shown(context: Context, row: CampaignRow) -> Campaign:
    """A stored campaign as people see it."""
    with context.queue.read() as connection:
        second = second_of(connection, row)
        account_ids = campaign_drafts.account_ids(connection, row.id)
        if second is not None:
            account_ids += campaign_drafts.account_ids(connection, second.id)
        worker, worker_fallback = assigning.assigned(context, connection, row.id)
    content = content_of(row, second)
    return Campaign(
        id=context.ids.encode(IdKind.CAMPAIGN, row.id),
        key=row.key,
        name=row.name,
        kind=row.kind,
        channel=row.channel,
        status=row.status,
        content=content_values(content.email),
        templates=template_values(content.whatsapp),
        fallback=content.fallback,
        fallback_campaign=None if second is None else context.ids.encode(IdKind.CAMPAIGN, second.id),
        default_country=str(json.loads(row.audience).get("default_country", "")),
        audience=shown_audience(context, row),
        accounts=[context.ids.encode(IdKind.ACCOUNT, number) for number in account_ids],
        rate_per_minute=row.rate_per_minute,
        max_attempts=row.max_attempts,
        retry_delay_seconds=row.retry_delay_seconds,
        weight=row.weight,
        account_choice=str(row.pacing.account_choice),
        window=shown_window(row.pacing),
        starts_at=row.starts_at,
        start_timezone=row.start_timezone,
        late_start=row.late_start,
        worker=worker,
        worker_fallback=worker_fallback,
        pause_reason=row.pause_reason,
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _changed_content(row: CampaignRow, name: str, changes: Mapping[str, Any]) -> DraftContent:
    before = content_of(row)
    fallback = before.fallback if changes.get("fallback") is None else changes["fallback"]
    kept = (row.channel, fallback)
    content, templates = changes.get("content"), changes.get("templates")
    if content is None and "email" in kept:
        content = content_values(before.email)
    if templates is None and "whatsapp" in kept:
        templates = template_values(before.whatsapp)
    return read_draft_content(
        channel=row.channel, fallback=fallback, content=content, templates=templates, key=row.key, name=name
    )


def _account_numbers(
    context: Context, connection: Connection, given: Sequence[str], channels: Sequence[str]
) -> list[int]:
    """The numbers of these accounts, which must be the workspace's own and of the campaign's channels."""
    if len(given) > MOST_ACCOUNTS:
        raise InputError([Problem(file="", field="accounts", message=f"accepts at most {MOST_ACCOUNTS} accounts")])
    numbers = [context.ids.decode(IdKind.ACCOUNT, one) for one in given]
    there = campaign_drafts.accounts_there(connection, [n for n in numbers if n is not None], context.workspace_id)
    strange = [one for one, number in zip(given, numbers, strict=True) if number not in there]
    if strange:
        message = f"there is no account {strange[0][:60]}"
        raise InputError([Problem(file="", field="accounts", message=message)])
    for one, number in zip(given, numbers, strict=True):
        if number is not None and there[number] not in channels:
            message = f"{one[:60]} sends by {there[number]}, the campaign goes by {' and '.join(channels)}"
            raise InputError([Problem(file="", field="accounts", message=message)])
    return list(dict.fromkeys(number for number in numbers if number is not None))


def _numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, (least, most) in _NUMBERS.items():
        if name not in values:
            continue
        value = values[name]
        if value is not None and not least <= value <= most:
            message = f"accepts a number from {least:g} to {most:g}, got {value:g}"
            raise InputError([Problem(file="", field=name, message=message)])
        found[name] = value
    return found


def _require_draft(row: CampaignRow) -> None:
    if row.status is CampaignStatus.SCHEDULED:
        raise NotPossible(f"{row.key} is scheduled: take its start back first, then change it")
    if row.status is not CampaignStatus.DRAFT or row.kind is not CampaignKind.CATALOGUE:
        raise NotPossible(f"{row.key} is {row.status}: only drafts can be changed; duplicate it to make another one")


def _checked_key(key: str) -> str:
    if _KEY.fullmatch(key) is None:
        message = "accepts letters, digits, point, hyphen and underscore, 100 at most, the first a letter or digit"
        raise InputError([Problem(file="", field="key", message=message)])
    return key


def _made_key(name: str) -> str:
    label = _NOT_IN_KEY.sub("-", name.lower()).strip("-")[:60].strip("-") or "campaign"
    return f"{label}-{secrets.token_hex(4)}"
