"""Accounts as programs see them: by public id, with everything but the secrets; pages, usage over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from paceline.channels.smtp.oauth import PRESETS
from paceline.domain.account import AccountState, WhatsAppLogin
from paceline.domain.allowance import calendar_start
from paceline.operations.campaigns.summary import AccountSummary, account_summaries
from paceline.operations.context import Context, NotFound
from paceline.store.public_ids import IdKind
from paceline.store.queue import account_records, whatsapp_numbers
from paceline.store.queue.account_records import AccountRecord
from paceline.store.queue.whatsapp_numbers import NumberRow

USAGE_DAYS = 30
_DAY_SECONDS = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """A phone number's own settings, and how it stood when the provider was asked last; "" and None: not known."""

    phone_number_id: str
    api_url: str
    api_version: str
    messages_per_second: float
    business_account_id: str
    display_number: str
    status: str
    quality: str
    messaging_limit: int | None
    inbound_at: float | None
    checked_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetails:
    """One account without its secrets. ``guarded``: it was named through the API, so its host must be public."""

    id: str
    number: int
    name: str
    channel: str
    host: str
    port: int
    security: str
    username: str
    oauth: str | None
    from_address: str
    window: str
    timezone: str
    rate_per_minute: float
    max_connections: int
    largest_campaign: int
    weight: float
    warm_up: str
    warm_up_since: str | None
    tags: tuple[str, ...]
    guarded: bool
    summary: AccountSummary
    whatsapp: PhoneNumber | None
    """Of an account that is a phone number."""

    @property
    def enabled(self) -> bool:
        """Whether a person lets it be used."""
        return self.summary.state is not AccountState.DISABLED


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUsage:
    """What an account has sent on one day of its time zone; ``date`` as 2027-03-01."""

    date: str
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUsage:
    """What an account has sent: now, and day by day, the oldest first."""

    sent_this_hour: int
    sent_today: int
    hourly_limit: int
    daily_limit: int
    timezone: str
    days: tuple[DayUsage, ...]


def page(
    context: Context, *, after: str | None = None, limit: int, tag: str | None = None, host: str | None = None
) -> list[AccountDetails]:
    """Accounts of the workspace in the order they were made, after the one of this id. Raises NotFound."""
    with context.queue.read() as connection:
        records = account_records.page(
            connection,
            workspace_id=context.workspace_id,
            after=0 if after is None else account_number(context, after),
            limit=limit,
            tag=tag,
            host=None if host is None else host.lower(),
        )
        return _details(context, connection, records)


def get(context: Context, account_id: str) -> AccountDetails:
    """One account. Raises NotFound."""
    number = account_number(context, account_id)
    with context.queue.read() as connection:
        return _details(context, connection, [require(context, connection, number)])[0]


def usage(context: Context, account_id: str) -> AccountUsage:
    """What an account has sent in this hour, today, and on each of the last 30 days. Raises NotFound."""
    number, now = account_number(context, account_id), context.clock.now()
    with context.queue.read() as connection:
        record = require(context, connection, number)
        (summary,) = account_summaries(connection, context.queue, [record.standing], sent={}, now=now)
        quarters = account_records.used_by_quarter(connection, number, since=now - (USAGE_DAYS + 1) * _DAY_SECONDS)
    zone = record.standing.limits.timezone
    today = datetime.fromtimestamp(calendar_start("day", record.standing.limits, now), UTC).astimezone(zone).date()
    counts = {(today - timedelta(days=back)).isoformat(): 0 for back in reversed(range(USAGE_DAYS))}
    for start, count in quarters:
        date = datetime.fromtimestamp(start, UTC).astimezone(zone).date().isoformat()
        if date in counts:
            counts[date] += count
    return AccountUsage(
        sent_this_hour=summary.sent_this_hour,
        sent_today=summary.sent_today,
        hourly_limit=summary.hourly_limit,
        daily_limit=summary.daily_limit,
        timezone=zone.key,
        days=tuple(DayUsage(date=date, messages=messages) for date, messages in counts.items()),
    )


def account_number(context: Context, account_id: str) -> int:
    """The account's number, whatever its workspace. Raises NotFound for what is no account's id."""
    number = context.ids.decode(IdKind.ACCOUNT, account_id)
    if number is None:
        raise unknown()
    return number


def require(context: Context, connection: Connection, number: int) -> AccountRecord:
    """One account of the workspace. Raises NotFound."""
    record = account_records.get(connection, number, workspace_id=context.workspace_id)
    if record is None:
        raise unknown()
    return record


def unknown() -> NotFound:
    """What is said of an account that is not there or not theirs."""
    return NotFound("there is no such account in this workspace")


def _details(context: Context, connection: Connection, records: Sequence[AccountRecord]) -> list[AccountDetails]:
    standings = [record.standing for record in records]
    summaries = account_summaries(connection, context.queue, standings, sent={}, now=context.clock.now())
    known = {row.account_id: row for row in whatsapp_numbers.of_workspace(connection, context.workspace_id)}
    return [
        _one(context, record, summary, known.get(record.standing.id))
        for record, summary in zip(records, summaries, strict=True)
    ]


def _one(context: Context, record: AccountRecord, summary: AccountSummary, number: NumberRow | None) -> AccountDetails:
    standing, login, warm_up = record.standing, record.login, record.standing.limits.warm_up
    return AccountDetails(
        id=context.ids.encode(IdKind.ACCOUNT, standing.id),
        number=standing.id,
        name=standing.name,
        channel="email" if number is None else "whatsapp",
        host=standing.host,
        port=login.get("port") or WhatsAppLogin(**login, token="").port,
        security=login.get("security", "tls"),
        username=login.get("username", login.get("phone_number_id", "")),
        oauth=_provider(login["oauth"]["token_url"]) if login.get("oauth") else None,
        from_address=record.from_address,
        window=str(standing.limits.window),
        timezone=standing.limits.timezone.key,
        rate_per_minute=standing.rate_per_minute,
        max_connections=standing.max_connections,
        largest_campaign=standing.largest_campaign,
        weight=standing.weight,
        warm_up="" if warm_up is None else str(warm_up),
        warm_up_since=None if warm_up is None or warm_up.since is None else warm_up.since.isoformat(),
        tags=standing.tags,
        guarded=login.get("guarded", False),
        summary=summary,
        whatsapp=None if number is None else _phone_number(login, number),
    )


def _phone_number(login: Mapping[str, Any], known: NumberRow) -> PhoneNumber:
    return PhoneNumber(
        phone_number_id=known.phone_number_id,
        api_url=login["api_url"],
        api_version=login["api_version"],
        messages_per_second=login["messages_per_second"],
        business_account_id=login["business_account_id"] or known.business_account,
        display_number=known.display_number,
        status=known.status,
        quality=known.quality,
        messaging_limit=known.messaging_limit,
        inbound_at=known.inbound_at,
        checked_at=known.checked_at,
    )


def _provider(token_url: str) -> str:
    host = urlsplit(token_url).hostname
    return next((name for name, preset in PRESETS.items() if urlsplit(preset.token_url).hostname == host), "other")
