"""Drafts of campaigns: written, changed, copied and deleted until they start. They live in the queue (decision 5)."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.content.email import EmailContent
from paceline.domain.campaign import CampaignKind, CampaignStatus, LateStart
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.errors import InputError, Problem
from paceline.launch.catalogue_audience import AudienceChoice, read_choice
from paceline.operations.campaigns import assigning
from paceline.operations.campaigns.email_values import content_values, read_content
from paceline.operations.campaigns.pace_values import read_pace, shown_window
from paceline.operations.campaigns.templates import checked_name, row_of as template_row
from paceline.operations.context import Context, NotPossible
from paceline.operations.ids import number_of, unknown
from paceline.store.catalogue import segments
from paceline.store.catalogue.audiences import MOST_LISTS
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaign_drafts, campaigns
from paceline.store.queue.campaign_drafts import DraftValues
from paceline.store.queue.campaigns import CampaignRow, NewCampaign

MOST_ACCOUNTS = 1000

_CHANNEL = "email"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")
_CHANGEABLE = (
    "name",
    "content",
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
_AUDIENCE = ("lists", "segment", "exclude_lists", "exclude_segment")
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
    audience: dict[str, Any] | None
    accounts: list[str]
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
    template: str | None = None,
    created_by: int | None = None,
    **values: Any,
) -> Campaign:
    """A new draft; whatever is not given is empty. ``template`` gives the content that ``content`` does not.

    ``values`` are those that ``change`` takes. Raises InputError, NotFound, or NotPossible when the key is taken.
    """
    name = checked_name(name)
    own_key = _checked_key(key) if key is not None else _made_key(name)
    start = dict(template_row(context, template).content) if template is not None else {}
    content = read_content({**start, **(values.get("content") or {})}, key=own_key, name=name)
    choice = read_audience(context, values.get("audience") or {})
    numbers = _numbers(values)
    worker_id = assigning.chosen_worker(context, values)
    new = NewCampaign(
        workspace_id=context.workspace_id,
        key=own_key,
        name=name,
        channel=_CHANNEL,
        content=json.dumps(content.to_json()),
        audience=choice.to_json(),
        message_id_domain="",
        rate_per_minute=numbers.get("rate_per_minute") or 0.0,
        max_attempts=numbers.get("max_attempts"),
        retry_delay_seconds=numbers.get("retry_delay_seconds"),
        weight=numbers.get("weight") or 1.0,
        pacing=read_pace(values, CampaignPacing()),
        kind=CampaignKind.CATALOGUE,
        created_by=created_by,
    )
    with context.queue.write() as connection:
        account_ids = _account_numbers(context, connection, values.get("accounts") or [])
        number = campaigns.create(connection, new, now=context.clock.now())
        if number is None:
            raise NotPossible(f"there is a campaign with the key {own_key!r}; choose another key")
        accounts.attach(connection, number, account_ids)
        assigning.assign(connection, number, values, worker_id, now=context.clock.now())
    return get(context, context.ids.encode(IdKind.CAMPAIGN, number))


def change(context: Context, campaign_id: str, **changes: Any) -> Campaign:
    """Change a draft: name, content, audience (each as a whole), accounts, rate_per_minute, max_attempts, retry_delay_seconds,
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
    content = content_values(stored_content(row)) if changes.get("content") is None else changes["content"]
    choice = (
        read_choice(row.audience) if changes.get("audience") is None else read_audience(context, changes["audience"])
    )
    numbers = {name: getattr(row, name) for name in _NUMBERS} | _numbers(changes)
    values = DraftValues(
        name=name,
        content=json.dumps(read_content(content, key=row.key, name=name).to_json()),
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
            accounts.attach(connection, row.id, _account_numbers(context, connection, changes["accounts"]))
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
        created_by=created_by,
        content=seen.content,
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
        account_ids = campaign_drafts.account_ids(connection, row.id)
        worker, worker_fallback = assigning.assigned(context, connection, row.id)
    return Campaign(
        id=context.ids.encode(IdKind.CAMPAIGN, row.id),
        key=row.key,
        name=row.name,
        kind=row.kind,
        channel=row.channel,
        status=row.status,
        content=content_values(stored_content(row)),
        audience=_shown_audience(context, row),
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


def stored_content(row: CampaignRow) -> EmailContent:
    """The content of a campaign."""
    return EmailContent.from_json(json.loads(row.content))


def read_audience(context: Context, values: Mapping[str, Any]) -> AudienceChoice:
    """An audience as it is given, by public ids. Raises InputError for what is not there, naming the field."""
    problems = [
        Problem(file="", field=f"audience.{given}", message=f"is not known; accepted are {', '.join(_AUDIENCE)}")
        for given in values
        if given not in _AUDIENCE
    ]
    found: dict[str, Any] = {}
    with context.catalogue.read() as connection:
        for field in ("lists", "exclude_lists"):
            given = values.get(field) or []
            numbers = [context.ids.decode(IdKind.LIST, one) for one in given]
            there = segments.lists_there(
                connection, {n for n in numbers if n is not None}, workspace_id=context.workspace_id
            )
            strange = [one for one, number in zip(given, numbers, strict=True) if number not in there]
            problems += [_not_there(field, "list", one) for one in strange[:5]]
            if len(given) > MOST_LISTS:
                message = f"accepts at most {MOST_LISTS} lists"
                problems.append(Problem(file="", field=f"audience.{field}", message=message))
            found[field] = tuple(dict.fromkeys(n for n in numbers if n is not None))
        for field in ("segment", "exclude_segment"):
            one = values.get(field)
            number = None if one is None else context.ids.decode(IdKind.SEGMENT, one)
            known = number is not None and segments.get(connection, number, workspace_id=context.workspace_id)
            if one is not None and not known:
                problems.append(_not_there(field, "segment", one))
            found[field] = number
    if problems:
        raise InputError(problems)
    return AudienceChoice(
        list_ids=found["lists"],
        segment_id=found["segment"],
        exclude_list_ids=found["exclude_lists"],
        exclude_segment_id=found["exclude_segment"],
    )


def _shown_audience(context: Context, row: CampaignRow) -> dict[str, Any] | None:
    if row.kind is not CampaignKind.CATALOGUE:
        return None
    choice = read_choice(row.audience)

    def segment(number: int | None) -> str | None:
        return None if number is None else context.ids.encode(IdKind.SEGMENT, number)

    return {
        "lists": [context.ids.encode(IdKind.LIST, number) for number in choice.list_ids],
        "segment": segment(choice.segment_id),
        "exclude_lists": [context.ids.encode(IdKind.LIST, number) for number in choice.exclude_list_ids],
        "exclude_segment": segment(choice.exclude_segment_id),
    }


def _account_numbers(context: Context, connection: Connection, given: Sequence[str]) -> list[int]:
    """The numbers of these accounts, which must be the workspace's own."""
    if len(given) > MOST_ACCOUNTS:
        raise InputError([Problem(file="", field="accounts", message=f"accepts at most {MOST_ACCOUNTS} accounts")])
    numbers = [context.ids.decode(IdKind.ACCOUNT, one) for one in given]
    there = campaign_drafts.accounts_there(connection, [n for n in numbers if n is not None], context.workspace_id)
    strange = [one for one, number in zip(given, numbers, strict=True) if number not in there]
    if strange:
        message = f"there is no account {strange[0][:60]}"
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


def _not_there(field: str, noun: str, public_id: Any) -> Problem:
    return Problem(file="", field=f"audience.{field}", message=f"there is no {noun} {str(public_id)[:60]}")
