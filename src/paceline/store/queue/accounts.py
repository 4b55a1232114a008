"""Accounts: settings, sealed logins, states, usage, and the lease by which one sender holds one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from paceline.domain.account import Account, AccountState, Limits
from paceline.domain.allowance import LONGEST_WINDOW_SECONDS, bucket_of
from paceline.store.database import sql
from paceline.store.queue import notices, restraints, servers
from paceline.store.queue.account_rows import SETTINGS, account_of, limits_of, secrets_of, since_of, values_of
from paceline.store.queue.taken_logins import refusing_taken
from paceline.store.secrets import SecretBox

_PLENTY = 1_000_000


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
    largest_campaign: int
    weight: float
    workspace_id: int
    host: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedAccount:
    """An account in the hands of one sender, with all that its worker needs.

    ``account.max_connections`` is what its server has room for now, if that is less than what the account may use.
    """

    account: Account
    lease: int
    next_at: float
    failures: int
    open_intents: int
    usage: tuple[tuple[int, int], ...]


def save(connection: Connection, box: SecretBox, account: Account, *, workspace_id: int, channel: str) -> int:
    """Store an account by its identity, new or changed; returns its id.

    Changed settings raise the revision (so that intents made under the old ones are withheld) and forget a pause that
    came from them. A deleted account comes back, with what it has used. A second call with the same settings changes
    nothing. Raises LoginTaken for a phone number of another workspace; the transaction is of no more use then.
    """
    identity = account.login.identity
    where = {"workspace": workspace_id, "channel": channel, "identity": identity}
    values = values_of(account)
    secrets, since = secrets_of(account.login), since_of(account)
    found = connection.execute(
        sql(
            f"SELECT id, secrets, hidden_at, warm_up_since, {', '.join(SETTINGS)} FROM accounts "
            "WHERE workspace_id = :workspace AND channel = :channel AND identity = :identity"
        ),
        where,
    ).one_or_none()
    if found is None:
        names = ("workspace_id", "channel", "identity", "secrets", "warm_up_since", *SETTINGS)
        marks = (":workspace", ":channel", ":identity", ":secrets", ":since", *(f":{name}" for name in SETTINGS))
        sealed = box.seal(secrets, row=f"account {identity}")
        statement = (
            f"INSERT INTO accounts ({', '.join(names)}) VALUES ({', '.join(marks)}) "
            "ON CONFLICT (workspace_id, channel, identity) DO NOTHING RETURNING id"
        )
        with refusing_taken(account):
            inserted = connection.execute(
                sql(statement), {**where, **values, "secrets": sealed, "since": since}
            ).scalar_one_or_none()
        if inserted is None:  # another process has just stored it
            return save(connection, box, account, workspace_id=workspace_id, channel=channel)
        return int(inserted)
    same = found.hidden_at is None and all(getattr(found, name) == values[name] for name in SETTINGS)
    same = same and since in (None, found.warm_up_since)
    if not same or box.open(found.secrets, row=f"account {identity}") != secrets:
        change(connection, box, int(found.id), account)
    return int(found.id)


def change(connection: Connection, box: SecretBox, account_id: int, account: Account) -> None:
    """Give a stored account these settings, its login included, and a new revision. Raises LoginTaken as ``save`` does."""
    identity = account.login.identity
    restraints.lift_of_account(connection, account_id)
    changes = ", ".join(f"{name} = :{name}" for name in SETTINGS)
    statement = sql(
        f"UPDATE accounts SET {changes}, identity = :identity, secrets = :secrets, revision = revision + 1, "
        "warm_up_since = COALESCE(CAST(:since AS text), CASE WHEN warm_up = :warm_up THEN warm_up_since END), "
        "state = CASE WHEN state = 'disabled' AND hidden_at IS NULL THEN state ELSE 'ready' END, "
        "hidden_at = NULL, reason = NULL, until_at = NULL, failures = 0 WHERE id = :id"
    )
    values = {
        **values_of(account),
        "identity": identity,
        "secrets": box.seal(secrets_of(account.login), row=f"account {identity}"),
        "since": since_of(account),
        "id": account_id,
    }
    with refusing_taken(account):
        connection.execute(statement, values)


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


def retry(connection: Connection, account_ids: Sequence[int], *, now: float) -> None:
    """A person tries again: accounts that are broken or back off may be used at once."""
    for account_id in account_ids:
        if _state(connection, account_id) not in ("broken", "backing_off"):
            continue
        notices.note_account(connection, account_id, state=AccountState.READY, reason=None, now=now)
        connection.execute(
            sql(
                "UPDATE accounts SET state = 'ready', reason = NULL, until_at = NULL, failures = 0 "
                "WHERE id = :id AND state IN ('broken', 'backing_off')"
            ),
            {"id": account_id},
        )


def _state(connection: Connection, account_id: int) -> str:
    statement = sql("SELECT state FROM accounts WHERE id = :id")
    return str(connection.execute(statement, {"id": account_id}).scalar_one())


def standings(
    connection: Connection, *, campaign_id: int | None = None, workspace_id: int | None = None
) -> list[AccountStanding]:
    """How the accounts stand: those of a campaign in its order, or by name those of a workspace.

    Without either, those of every workspace: for senders and the health check only.
    """
    values: dict[str, object] = {}
    if campaign_id is None:
        source, order = "accounts a WHERE a.hidden_at IS NULL", "a.name, a.id"
        if workspace_id is not None:
            source, values = f"{source} AND a.workspace_id = :workspace", {"workspace": workspace_id}
    else:
        source = "campaign_accounts ca JOIN accounts a ON a.id = ca.account_id AND ca.active = 1"
        source, order, values = f"{source} AND ca.campaign_id = :campaign", "ca.position", {"campaign": campaign_id}
    rows = connection.execute(sql(f"SELECT a.* FROM {source} ORDER BY {order}"), values)
    return [standing_of(row) for row in rows]


class AccountGlance(NamedTuple):
    """As much of an account as somebody sees who watches many."""

    id: int
    name: str
    state: AccountState
    reason: str | None
    until_at: float | None


def glances(connection: Connection, *, workspace_id: int) -> list[AccountGlance]:
    """Every account of a workspace at a glance: asked several times a second."""
    rows = connection.execute(
        sql(
            "SELECT id, name, state, reason, until_at FROM accounts "
            "WHERE workspace_id = :workspace AND hidden_at IS NULL ORDER BY id"
        ),
        {"workspace": workspace_id},
    )
    return [AccountGlance(row[0], row[1], AccountState(row[2]), row[3], row[4]) for row in rows]


def standings_at_work(connection: Connection, sender_id: int, *, now: float) -> list[AccountStanding]:
    """How the accounts stand that a sender holds, and those that it might take for a running campaign."""
    statement = sql(
        "SELECT a.* FROM accounts a WHERE a.sender_id = :sender OR (a.sender_id IS NULL AND a.lent_to IS NULL "
        "AND a.state NOT IN ('broken', 'disabled') AND (a.until_at IS NULL OR a.until_at <= :now) "
        "AND a.id IN (SELECT ca.account_id FROM campaigns c "
        "JOIN campaign_accounts ca ON ca.campaign_id = c.id AND ca.active = 1 WHERE c.status = 'running')) "
        "ORDER BY a.name, a.id"
    )
    return [standing_of(row) for row in connection.execute(statement, {"sender": sender_id, "now": now})]


def next_allowance_at(connection: Connection, *, now: float) -> float | None:
    """When the next account that is at a limit has allowance again."""
    statement = sql("SELECT MIN(until_at) FROM accounts WHERE state = 'limited' AND until_at > :now")
    at: float | None = connection.execute(statement, {"now": now}).scalar()
    return at


def lease(
    connection: Connection, box: SecretBox, account_id: int, *, sender_id: int, now: float
) -> LeasedAccount | None:
    """Take an account that nobody holds and that may send; None when it is held or not usable.

    Every lease has a higher number than the one before: the fence of the claims made under it. Where its server has a
    limit, the account gets the connections that the server's other accounts leave, and None when there is none.
    """
    room = servers.room(connection, account_id)
    if room == 0:
        return None
    row = connection.execute(
        sql(
            "UPDATE accounts SET lease = lease + 1, sender_id = :sender, "
            "connections = CASE WHEN :room < max_connections THEN :room ELSE max_connections END, "
            "state = 'ready', reason = NULL, until_at = NULL "
            "WHERE id = :id AND sender_id IS NULL AND lent_to IS NULL AND state NOT IN ('broken', 'disabled') "
            "AND (until_at IS NULL OR until_at <= :now) RETURNING *"
        ),
        {"sender": sender_id, "id": account_id, "now": now, "room": _PLENTY if room is None else room},
    ).one_or_none()
    if row is None:
        return None
    account = begin_warm_up(connection, account_of(row, box), now=now)
    return LeasedAccount(
        account=replace(account, max_connections=row.connections),
        lease=row.lease,
        next_at=row.next_at,
        failures=row.failures,
        open_intents=row.open_intents,
        usage=usage(connection, account_id, now=now),
    )


def begin_warm_up(connection: Connection, account: Account, *, now: float) -> Account:
    """The first day of a ramp is that of the account's first lease with it (or loan), where no person has named another."""
    warm_up = account.limits.warm_up
    if warm_up is None or warm_up.since is not None:
        return account
    today = datetime.fromtimestamp(now, account.limits.timezone).date()
    statement = sql("UPDATE accounts SET warm_up_since = :today WHERE id = :id")
    connection.execute(statement, {"today": today.isoformat(), "id": account.id})
    return replace(account, limits=replace(account.limits, warm_up=replace(warm_up, since=today)))


def set_state(
    connection: Connection,
    account_id: int,
    *,
    lease: int,
    state: AccountState,
    reason: str | None,
    until_at: float | None,
    failures: int,
    now: float,
) -> bool:
    """What a worker has learnt about its account; False when it no longer holds it.

    What others have said meanwhile stays: "disabled" by a person, "broken" for its reputation, "limited" by what it
    shares with others.
    """
    held = sql(
        "SELECT 1 FROM accounts WHERE id = :id AND lease = :lease AND state NOT IN ('disabled', 'broken', 'limited')"
    )
    if connection.execute(held, {"id": account_id, "lease": lease}).one_or_none() is not None:
        notices.note_account(connection, account_id, state=state, reason=reason, now=now)
    return (
        connection.execute(
            sql(
                "UPDATE accounts SET state = :state, reason = :reason, until_at = :until, failures = :failures "
                "WHERE id = :id AND lease = :lease AND state NOT IN ('disabled', 'broken', 'limited')"
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


def workspace_of(connection: Connection, account_id: int) -> int:
    """The workspace of an account."""
    statement = sql("SELECT workspace_id FROM accounts WHERE id = :id")
    return int(connection.execute(statement, {"id": account_id}).scalar_one())


def condemn(connection: Connection, account_id: int, *, reason: str, now: float) -> None:
    """An account must not go on until a person has looked; its worker leaves within a second, intents are withheld at once."""
    notices.note_account(connection, account_id, state=AccountState.BROKEN, reason=reason, now=now)
    connection.execute(
        sql(
            "UPDATE accounts SET state = 'broken', reason = :reason, until_at = NULL, revision = revision + 1 "
            "WHERE id = :id AND state <> 'disabled'"
        ),
        {"id": account_id, "reason": reason},
    )


def set_enabled(connection: Connection, account_id: int, *, enabled: bool, now: float) -> None:
    """A person switches an account on or off; a running worker notices within a second."""
    state = AccountState.READY if enabled else AccountState.DISABLED
    notices.note_account(connection, account_id, state=state, reason=None, now=now)
    restraints.lift_of_account(connection, account_id)
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


def load(connection: Connection, box: SecretBox, account_id: int) -> Account:
    """An account with its login."""
    return account_of(connection.execute(sql("SELECT * FROM accounts WHERE id = :id"), {"id": account_id}).one(), box)


def find(connection: Connection, name: str, *, workspace_id: int) -> list[AccountStanding]:
    """The accounts of this name; several logins may share one."""
    rows = connection.execute(
        sql(
            "SELECT * FROM accounts WHERE workspace_id = :workspace AND name = :name AND hidden_at IS NULL ORDER BY id"
        ),
        {"workspace": workspace_id, "name": name},
    )
    return [standing_of(row) for row in rows]


def standing_of(row: Any) -> AccountStanding:
    """A whole row of accounts, without its login."""
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
        limits=limits_of(row),
        rate_per_minute=row.rate_per_minute,
        max_connections=row.max_connections,
        largest_campaign=row.largest_campaign,
        weight=row.weight,
        workspace_id=row.workspace_id,
        host=row.host,
        tags=tuple(json.loads(row.tags)),
    )
