"""Accounts: settings, sealed logins, states, usage, and the lease by which one sender holds one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from paceline.domain.account import Account, AccountState, Limits, OAuth, Security, SmtpLogin, Window
from paceline.domain.allowance import LONGEST_WINDOW_SECONDS, bucket_of
from paceline.store.database import sql
from paceline.store.secrets import SecretBox

_SECRET_FIELDS = ("password", "client_secret", "refresh_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """How an account stands, without its login."""

    id: int
    name: str
    identity: str
    state: AccountState
    reason: str | None
    until_at: float | None
    failures: int
    revision: int
    lease: int
    sender_id: int | None
    open_intents: int
    limits: Limits
    rate_per_minute: float
    max_connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedAccount:
    """An account in the hands of one sender, with all that its worker needs."""

    account: Account
    lease: int
    next_at: float
    failures: int
    open_intents: int
    usage: tuple[tuple[int, int], ...]


_SETTINGS = (
    "name",
    "login",
    "from_address",
    "minute_limit",
    "hourly_limit",
    "daily_limit",
    "monthly_limit",
    "limit_window",
    "timezone",
    "rate_per_minute",
    "max_connections",
)


def save(connection: Connection, box: SecretBox, account: Account, *, workspace_id: int, channel: str) -> int:
    """Store an account by its identity, new or changed; returns its id.

    Changed settings raise the revision (so that intents made under the old ones are withheld) and forget a pause that
    came from them. A second call with the same settings changes nothing.
    """
    identity = account.login.identity
    where = {"workspace": workspace_id, "channel": channel, "identity": identity}
    values = _values(account)
    secrets = _secrets(account.login)
    found = connection.execute(
        sql(
            f"SELECT id, secrets, {', '.join(_SETTINGS)} FROM accounts "
            "WHERE workspace_id = :workspace AND channel = :channel AND identity = :identity"
        ),
        where,
    ).one_or_none()
    if found is None:
        names = ("workspace_id", "channel", "identity", "secrets", *_SETTINGS)
        marks = (":workspace", ":channel", ":identity", ":secrets", *(f":{name}" for name in _SETTINGS))
        sealed = box.seal(secrets, row=f"account {identity}")
        statement = (
            f"INSERT INTO accounts ({', '.join(names)}) VALUES ({', '.join(marks)}) "
            "ON CONFLICT (workspace_id, channel, identity) DO NOTHING RETURNING id"
        )
        inserted = connection.execute(sql(statement), {**where, **values, "secrets": sealed}).scalar_one_or_none()
        if inserted is None:  # another process has just stored it
            return save(connection, box, account, workspace_id=workspace_id, channel=channel)
        return int(inserted)
    same = all(getattr(found, name) == values[name] for name in _SETTINGS)
    if not same or box.open(found.secrets, row=f"account {identity}") != secrets:
        changes = ", ".join(f"{name} = :{name}" for name in _SETTINGS)
        connection.execute(
            sql(
                f"UPDATE accounts SET {changes}, secrets = :secrets, revision = revision + 1, "
                "state = CASE WHEN state = 'disabled' THEN state ELSE 'ready' END, reason = NULL, until_at = NULL, "
                "failures = 0 WHERE id = :id"
            ),
            {**values, "secrets": box.seal(secrets, row=f"account {identity}"), "id": found.id},
        )
    return int(found.id)


def attach(connection: Connection, campaign_id: int, account_ids: Sequence[int]) -> None:
    """Let exactly these accounts send a campaign, in this order; what others have sent stays on record."""
    connection.execute(
        sql("UPDATE campaign_accounts SET active = 0 WHERE campaign_id = :campaign"), {"campaign": campaign_id}
    )
    for position, account_id in enumerate(account_ids):
        connection.execute(
            sql(
                "INSERT INTO campaign_accounts (campaign_id, account_id, position) VALUES (:campaign, :account, :position) "
                "ON CONFLICT (campaign_id, account_id) DO UPDATE SET active = 1, position = excluded.position"
            ),
            {"campaign": campaign_id, "account": account_id, "position": position},
        )


def retry(connection: Connection, account_ids: Sequence[int]) -> None:
    """A person tries again: accounts that are broken or back off may be used at once."""
    for account_id in account_ids:
        connection.execute(
            sql(
                "UPDATE accounts SET state = 'ready', reason = NULL, until_at = NULL, failures = 0 "
                "WHERE id = :id AND state IN ('broken', 'backing_off')"
            ),
            {"id": account_id},
        )


def standings(connection: Connection, *, campaign_id: int | None = None) -> list[AccountStanding]:
    """How the accounts stand: those of a campaign in its order, or all by name."""
    if campaign_id is None:
        source, order, values = "accounts a", "a.name, a.id", {}
    else:
        source = "campaign_accounts ca JOIN accounts a ON a.id = ca.account_id AND ca.active = 1"
        source, order, values = f"{source} AND ca.campaign_id = :campaign", "ca.position", {"campaign": campaign_id}
    rows = connection.execute(sql(f"SELECT a.* FROM {source} ORDER BY {order}"), values)
    return [_standing(row) for row in rows]


def standings_at_work(connection: Connection, sender_id: int) -> list[AccountStanding]:
    """How the accounts stand that a running campaign may use, and those that a sender holds."""
    statement = sql(
        "SELECT a.* FROM accounts a WHERE a.sender_id = :sender OR a.id IN (SELECT ca.account_id FROM campaigns c "
        "JOIN campaign_accounts ca ON ca.campaign_id = c.id AND ca.active = 1 WHERE c.status = 'running') "
        "ORDER BY a.name, a.id"
    )
    return [_standing(row) for row in connection.execute(statement, {"sender": sender_id})]


def next_allowance_at(connection: Connection, *, now: float) -> float | None:
    """When the next account that is at a limit has allowance again."""
    statement = sql("SELECT MIN(until_at) FROM accounts WHERE state = 'limited' AND until_at > :now")
    at: float | None = connection.execute(statement, {"now": now}).scalar()
    return at


def lease(
    connection: Connection, box: SecretBox, account_id: int, *, sender_id: int, now: float
) -> LeasedAccount | None:
    """Take an account that nobody holds and that may send; None when it is held or not usable.

    Every lease has a higher number than the one before: the fence of the claims made under it.
    """
    row = connection.execute(
        sql(
            "UPDATE accounts SET lease = lease + 1, sender_id = :sender, "
            "state = 'ready', reason = NULL, until_at = NULL "
            "WHERE id = :id AND sender_id IS NULL AND state NOT IN ('broken', 'disabled') "
            "AND (until_at IS NULL OR until_at <= :now) RETURNING *"
        ),
        {"sender": sender_id, "id": account_id, "now": now},
    ).one_or_none()
    if row is None:
        return None
    return LeasedAccount(
        account=_account(row, box),
        lease=row.lease,
        next_at=row.next_at,
        failures=row.failures,
        open_intents=row.open_intents,
        usage=usage(connection, account_id, now=now),
    )


def set_state(
    connection: Connection,
    account_id: int,
    *,
    lease: int,
    state: AccountState,
    reason: str | None,
    until_at: float | None,
    failures: int,
) -> bool:
    """What a worker has learnt about its account; False when it no longer holds it. A person's "disabled" stays."""
    return (
        connection.execute(
            sql(
                "UPDATE accounts SET state = :state, reason = :reason, until_at = :until, failures = :failures "
                "WHERE id = :id AND lease = :lease AND state <> 'disabled'"
            ),
            {
                "state": state,
                "reason": reason,
                "until": until_at,
                "failures": failures,
                "id": account_id,
                "lease": lease,
            },
        ).rowcount
        == 1
    )


def set_enabled(connection: Connection, account_id: int, *, enabled: bool) -> None:
    """A person switches an account on or off; a running worker notices within a second."""
    state = AccountState.READY if enabled else AccountState.DISABLED
    connection.execute(
        sql(
            "UPDATE accounts SET state = :state, reason = NULL, until_at = NULL, failures = 0, "
            "revision = revision + 1 WHERE id = :id"
        ),
        {"state": state, "id": account_id},
    )


def usage(connection: Connection, account_id: int, *, now: float) -> tuple[tuple[int, int], ...]:
    """(bucket, count) of every bucket that can still count in a window."""
    rows = connection.execute(
        sql("SELECT bucket, count FROM usage WHERE account_id = :id AND bucket >= :first ORDER BY bucket"),
        {"id": account_id, "first": bucket_of(now - LONGEST_WINDOW_SECONDS)},
    )
    return tuple((row[0], row[1]) for row in rows)


def used_since(connection: Connection, account_id: int, *, hour: float, day: float) -> tuple[int, int]:
    """Messages answered since the start of an hour and of the day around it."""
    row = connection.execute(
        sql(
            "SELECT COALESCE(SUM(CASE WHEN bucket >= :hour THEN count ELSE 0 END), 0), COALESCE(SUM(count), 0) "
            "FROM usage WHERE account_id = :id AND bucket >= :day"
        ),
        {"id": account_id, "hour": bucket_of(hour), "day": bucket_of(min(hour, day))},
    ).one()
    return int(row[0]), int(row[1])


def load(connection: Connection, box: SecretBox, account_id: int) -> Account:
    """An account with its login."""
    return _account(connection.execute(sql("SELECT * FROM accounts WHERE id = :id"), {"id": account_id}).one(), box)


def find(connection: Connection, name: str, *, workspace_id: int) -> list[AccountStanding]:
    """The accounts of this name; several logins may share one."""
    rows = connection.execute(
        sql("SELECT * FROM accounts WHERE workspace_id = :workspace AND name = :name ORDER BY id"),
        {"workspace": workspace_id, "name": name},
    )
    return [_standing(row) for row in rows]


def _values(account: Account) -> dict[str, Any]:
    login = {key: value for key, value in asdict(account.login).items() if key not in _SECRET_FIELDS}
    if account.login.oauth is not None:
        login["oauth"] = {key: value for key, value in login["oauth"].items() if key not in _SECRET_FIELDS}
    return {
        "name": account.name,
        "login": json.dumps(login, sort_keys=True),
        "from_address": account.from_address,
        "minute_limit": account.limits.minute,
        "hourly_limit": account.limits.hour,
        "daily_limit": account.limits.day,
        "monthly_limit": account.limits.month,
        "limit_window": account.limits.window.value,
        "timezone": account.limits.timezone.key,
        "rate_per_minute": float(account.rate_per_minute),
        "max_connections": account.max_connections,
    }


def _secrets(login: SmtpLogin) -> dict[str, str]:
    secrets = {"password": login.password}
    if login.oauth is not None:
        secrets |= {"client_secret": login.oauth.client_secret, "refresh_token": login.oauth.refresh_token}
    return secrets


def _account(row: Any, box: SecretBox) -> Account:
    stored = json.loads(row.login)
    secrets = box.open(row.secrets, row=f"account {row.identity}")
    oauth = stored.pop("oauth", None)
    if oauth is not None:
        names = {item.name for item in fields(OAuth)}
        oauth = OAuth(**oauth, **{name: value for name, value in secrets.items() if name in names})
    login = SmtpLogin(**{**stored, "security": Security(stored["security"])}, password=secrets["password"], oauth=oauth)
    return Account(
        id=row.id,
        name=row.name,
        login=login,
        from_address=row.from_address,
        limits=_limits(row),
        rate_per_minute=row.rate_per_minute,
        max_connections=row.max_connections,
        revision=row.revision,
    )


def _limits(row: Any) -> Limits:
    return Limits(
        minute=row.minute_limit,
        hour=row.hourly_limit,
        day=row.daily_limit,
        month=row.monthly_limit,
        window=Window(row.limit_window),
        timezone=ZoneInfo(row.timezone),
    )


def _standing(row: Any) -> AccountStanding:
    return AccountStanding(
        id=row.id,
        name=row.name,
        identity=row.identity,
        state=AccountState(row.state),
        reason=row.reason,
        until_at=row.until_at,
        failures=row.failures,
        revision=row.revision,
        lease=row.lease,
        sender_id=row.sender_id,
        open_intents=row.open_intents,
        limits=_limits(row),
        rate_per_minute=row.rate_per_minute,
        max_connections=row.max_connections,
    )
