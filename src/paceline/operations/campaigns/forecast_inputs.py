"""What a forecast is made from: accounts as they stand, with their measured speed, and the size of an audience."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from paceline.audience.audience import Audience
from paceline.audience.contact import Contact
from paceline.domain.account import Account, AccountState, Limits, WhatsAppLogin
from paceline.domain.allowance import BUCKET_SECONDS, bucket_of
from paceline.domain.errors import InputError, Problem
from paceline.domain.mail_provider import provider_of_host
from paceline.domain.warm_up import WarmUp
from paceline.engine.forecast.plan import SECONDS_PER_MESSAGE, Expectation, PlannedAccount
from paceline.operations.campaign_file.campaign_audience import open_campaign_audience
from paceline.operations.campaign_file.campaign_file import CampaignFile, StoredAccount
from paceline.operations.context import Context
from paceline.store.database import Database
from paceline.store.queue import accounts, outlook
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.outlook import Stand

_MEASURED_OVER_SECONDS = 3600.0
_ENOUGH_IN_A_BUCKET = 5
_ENOUGH_ENDED = 50
_MOST_DEFERRED = 0.5
_COUNT_SECONDS = 10.0
_BLOCK_BYTES = 1 << 20


def planned_accounts(
    connection: Connection, database: Database, standings: Sequence[AccountStanding], *, now: float
) -> tuple[PlannedAccount, ...]:
    """Stored accounts as a forecast needs them; those that wait for a person are left out."""
    usable = [s for s in standings if s.state not in (AccountState.BROKEN, AccountState.DISABLED)]
    stands = outlook.stands(connection, database, usable, now=now)
    planned = [_planned(standing, stands.get(standing.id, Stand()), now) for standing in usable]
    if not usable:
        return ()
    limits = outlook.connection_limits(connection, workspace_id=usable[0].workspace_id)
    return _within_servers(planned, [standing.host for standing in usable], limits)


def planned_of_file(context: Context, file: CampaignFile, *, now: float) -> tuple[PlannedAccount, ...]:
    """The accounts of a file: its limits and paces, with what the same logins have used and how fast they were.

    Raises InputError for a stored account that is not there.
    """
    planned: list[PlannedAccount] = []
    hosts: list[str] = []
    with context.queue.read() as connection:
        stored = {s.id: s for s in accounts.standings(connection, workspace_id=context.workspace_id)}
        numbers = outlook.numbers_of(
            connection,
            context.queue,
            [one.login.identity for one in file.accounts if isinstance(one, Account)],
            workspace_id=context.workspace_id,
            channel=file.channel,
        )
        chosen = [_stored(file, one, stored, numbers) for one in file.accounts]
        stands = outlook.stands(connection, context.queue, [s for s in chosen if s is not None], now=now)
        for account, standing in zip(file.accounts, chosen, strict=True):
            stand = Stand() if standing is None else stands.get(standing.id, Stand())
            if isinstance(account, Account):
                planned.append(_planned_anew(account, standing, stand, now))
                hosts.append(account.login.host.lower())
            elif standing is not None and standing.state not in (AccountState.BROKEN, AccountState.DISABLED):
                planned.append(_planned(standing, stand, now))
                hosts.append(standing.host)
        limits = outlook.connection_limits(connection, workspace_id=context.workspace_id)
    return _within_servers(planned, hosts, limits)


def _stored(
    file: CampaignFile,
    account: Account | StoredAccount,
    stored: Mapping[int, AccountStanding],
    numbers: Mapping[str, int],
) -> AccountStanding | None:
    if isinstance(account, Account):
        return stored.get(numbers.get(account.login.identity, 0))
    known = [standing for standing in stored.values() if standing.name == account.name]
    if len(known) != 1:
        what = "no stored account has" if not known else f"{len(known)} stored accounts have"
        message = f"{what} the name {account.name!r}; `paceline accounts list` shows them"
        raise InputError([Problem(file=str(file.path), line=account.line, field="account", message=message)])
    return known[0]


def _planned(standing: AccountStanding, stand: Stand, now: float) -> PlannedAccount:
    rests = standing.until_at is not None and standing.until_at > now
    planned = PlannedAccount(
        name=standing.name,
        id=standing.id,
        weight=standing.weight,
        provider=provider_of_host(standing.host),
        limits=_begun(standing.limits, now),
        rate_per_minute=_rate(standing.rate_per_minute, stand.messages_per_second),
        connections=standing.max_connections,
        host=standing.host,
        next_at=stand.next_at,
        usage=stand.usage,
        open_intents=standing.open_intents,
        rests_until=(standing.until_at or 0.0) if rests else 0.0,
        rests_because=(standing.reason or "") if rests else "",
        is_limited=rests and standing.state is AccountState.LIMITED,
    )
    return _measured(planned, now)


def _planned_anew(account: Account, standing: AccountStanding | None, stand: Stand, now: float) -> PlannedAccount:
    """As a file has it. Sending it again is a wish to try again, so nothing rests but what the new limits hold up."""
    own = account.login.messages_per_second if isinstance(account.login, WhatsAppLogin) else None
    planned = PlannedAccount(
        name=account.name,
        id=0 if standing is None else standing.id,
        weight=account.weight,
        provider=provider_of_host(account.login.host),
        limits=_begun(account.limits, now, None if standing is None else standing.limits.warm_up),
        rate_per_minute=_rate(account.rate_per_minute, own),
        connections=account.max_connections,
        host=account.login.host.lower(),
        next_at=stand.next_at,
        usage=stand.usage,
        open_intents=0 if standing is None else standing.open_intents,
    )
    return _measured(planned, now)


def _begun(limits: Limits, now: float, known: WarmUp | None = None) -> Limits:
    """With the first day of a ramp: the one that is on record for the same ramp, else today."""
    ramp = limits.warm_up
    if ramp is None or ramp.since is not None:
        return limits
    since = known.since if known is not None and str(known) == str(ramp) else None
    today = datetime.fromtimestamp(now, limits.timezone).date()
    return replace(limits, warm_up=replace(ramp, since=since or today))


def _rate(rate_per_minute: float, messages_per_second: float | None) -> float:
    rates = [rate for rate in (rate_per_minute, 60 * (messages_per_second or 0)) if rate > 0]
    return min(rates, default=0.0)


def _measured(account: PlannedAccount, now: float) -> PlannedAccount:
    """With the speed that it had in its busiest ten seconds of the last hour, where it was busy."""
    since = bucket_of(now - _MEASURED_OVER_SECONDS)
    busiest = max((count for bucket, count in account.usage if since <= bucket < bucket_of(now)), default=0)
    if busiest < _ENOUGH_IN_A_BUCKET:
        return account
    seconds = BUCKET_SECONDS / busiest * account.connections
    if account.rate_per_minute or account.limits != Limits(
        window=account.limits.window, timezone=account.limits.timezone
    ):
        seconds = min(seconds, SECONDS_PER_MESSAGE)  # a pace or a limit may have kept it from being faster
    return replace(account, seconds_per_message=seconds, is_measured=True)


def _within_servers(
    planned: Sequence[PlannedAccount], hosts: Sequence[str], limits: Mapping[str, int]
) -> tuple[PlannedAccount, ...]:
    """Where a server takes fewer connections than its accounts would open, each is slower by as much."""
    wanted = Counter[str]()
    for account, host in zip(planned, hosts, strict=True):
        wanted[host] += account.connections
    return tuple(
        replace(account, seconds_per_message=account.seconds_per_message * max(1.0, wanted[host] / limits[host]))
        if limits.get(host)
        else account
        for account, host in zip(planned, hosts, strict=True)
    )


def expectation(counts: Mapping[str, int]) -> Expectation:
    """What receivers refuse, measured on what has ended so far."""
    ended = counts["sent"] + counts["failed"]
    if ended < _ENOUGH_ENDED:
        return Expectation()
    deferred = min(counts["deferred"] / (ended + counts["deferred"]), _MOST_DEFERRED)
    return Expectation(refused=counts["failed"] / ended, deferred=(deferred,) if deferred else ())


def count_audience(file: CampaignFile, look_at: Callable[[str], None] = lambda address: None) -> int:
    """How many messages a file's audience becomes; of a very long one, reckoned from its beginning. Raises InputError.

    ``look_at`` is given the addresses, as far as they are read.
    """
    with open_campaign_audience(file) as audience:
        return _count(audience, look_at)


def _count(audience: Audience, look_at: Callable[[str], None]) -> int:
    began, contacts, line = time.monotonic(), 0, 0
    for batch in audience.batches(2000):
        for row in batch:
            if isinstance(row, Contact):
                contacts += 1
                look_at(row.address)
        line = batch[-1].line
        if audience.delimiter is not None and time.monotonic() - began > _COUNT_SECONDS:
            return max(contacts, round(contacts * _lines(audience) / max(line, 1)))
    return contacts


def _lines(audience: Audience) -> int:
    with audience.path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK_BYTES), b""))
