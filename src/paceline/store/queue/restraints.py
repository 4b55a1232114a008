"""What reply rules hold back for a time: kept, so that no restart ends it, and lifted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from paceline.domain.allowance import BUCKET_SECONDS, bucket_of
from paceline.domain.reply_rule import RuleScope, Target
from paceline.domain.restraint import Restraint
from paceline.store.database import sql
from paceline.store.queue import notices

_MEASURED_BUCKETS = 6
"""Without a pace of its own, something is slowed down from what it has sent in the last minute."""


def active(connection: Connection, *, workspace_id: int, now: float) -> list[Restraint]:
    """What is held back in a workspace, that which ends last first."""
    statement = sql(
        "SELECT * FROM restraints WHERE workspace_id = :workspace AND until_at > :now ORDER BY until_at DESC, id"
    )
    return [_restraint(row) for row in connection.execute(statement, {"workspace": workspace_id, "now": now})]


def by_workspace(connection: Connection, *, now: float) -> dict[int, list[Restraint]]:
    """Workspace -> what is held back there: for senders, which ask several times a second."""
    found: dict[int, list[Restraint]] = {}
    for row in connection.execute(sql("SELECT * FROM restraints WHERE until_at > :now"), {"now": now}):
        found.setdefault(row.workspace_id, []).append(_restraint(row))
    return found


def by_rule(connection: Connection, *, workspace_id: int, now: float) -> dict[int, list[Restraint]]:
    """Rule -> what it holds back now."""
    found: dict[int, list[Restraint]] = {}
    statement = sql("SELECT * FROM restraints WHERE workspace_id = :workspace AND until_at > :now ORDER BY id")
    for row in connection.execute(statement, {"workspace": workspace_id, "now": now}):
        found.setdefault(row.rule_id, []).append(_restraint(row))
    return found


def is_active(connection: Connection, rule_id: int, target: Target, *, now: float) -> bool:
    """Whether this rule holds this back now."""
    statement = sql(
        "SELECT 1 FROM restraints WHERE rule_id = :rule AND scope = :scope AND target = :target AND until_at > :now"
    )
    values = {"rule": rule_id, "scope": str(target.scope), "target": target.name, "now": now}
    return connection.execute(statement, values).one_or_none() is not None


def keep(connection: Connection, rule_id: int, restraint: Restraint, *, workspace_id: int, now: float) -> None:
    """Hold something back from now on; what is over anyway is forgotten."""
    connection.execute(sql("DELETE FROM restraints WHERE until_at <= :now"), {"now": now})
    connection.execute(
        sql(
            "INSERT INTO restraints (workspace_id, rule_id, scope, target, reason, rate_per_minute, until_at) "
            "VALUES (:workspace, :rule, :scope, :target, :reason, :rate, :until) "
            "ON CONFLICT (rule_id, scope, target) DO UPDATE SET reason = excluded.reason, "
            "rate_per_minute = excluded.rate_per_minute, until_at = excluded.until_at"
        ),
        {
            "workspace": workspace_id,
            "rule": rule_id,
            "scope": str(restraint.scope),
            "target": restraint.target,
            "reason": restraint.reason,
            "rate": restraint.rate_per_minute,
            "until": restraint.until_at,
        },
    )


def suspend_accounts(
    connection: Connection, account_ids: Iterable[int], *, reason: str, until_at: float, now: float
) -> None:
    """These accounts send nothing until then: their intents are withheld at once, their workers leave.

    What keeps them longer anyway stays: a later moment, a person.
    """
    for account_id in sorted(account_ids):
        may = "state NOT IN ('broken', 'disabled') AND (state = 'ready' OR until_at IS NULL OR until_at < :until)"
        values = {"id": account_id, "reason": reason, "until": until_at}
        if connection.execute(sql(f"SELECT 1 FROM accounts WHERE id = :id AND {may}"), values).one_or_none() is None:
            continue
        notices.note_account(connection, account_id, state="limited", reason=reason, now=now)
        connection.execute(
            sql(
                "UPDATE accounts SET state = 'limited', reason = :reason, until_at = :until, revision = revision + 1 "
                f"WHERE id = :id AND {may}"
            ),
            values,
        )


def pace_of(connection: Connection, account_ids: Iterable[int], *, now: float) -> dict[int, float]:
    """Account -> its messages a minute: its pace, or what it has sent in the last minute where it has none."""
    found = {}
    for account_id in account_ids:
        statement = sql(
            "SELECT a.rate_per_minute, (SELECT COALESCE(SUM(u.count), 0) FROM usage u WHERE u.account_id = a.id "
            "AND u.bucket > :first) AS used FROM accounts a WHERE a.id = :id"
        )
        values = {"id": account_id, "first": bucket_of(now) - _MEASURED_BUCKETS}
        row: Any = connection.execute(statement, values).one_or_none()
        if row is not None:  # otherwise somebody has just removed it
            found[account_id] = row.rate_per_minute or row.used * 60 / (_MEASURED_BUCKETS * BUCKET_SECONDS)
    return found


def lift(connection: Connection, rule_id: int, *, now: float) -> None:
    """What a rule holds back goes on at once, unless something else holds it back too.

    Campaigns that pause because of it are looked at by the caller.
    """
    rows = connection.execute(sql("DELETE FROM restraints WHERE rule_id = :rule RETURNING *"), {"rule": rule_id}).all()
    for row in rows:
        if row.rate_per_minute is not None:
            continue
        freed = connection.execute(
            sql(
                "UPDATE accounts SET state = 'ready', reason = NULL, until_at = NULL "
                "WHERE workspace_id = :workspace AND state = 'limited' AND reason = :reason RETURNING id, host"
            ),
            {"workspace": row.workspace_id, "reason": row.reason},
        ).all()
        _suspend_again(connection, freed, workspace_id=row.workspace_id, now=now)
        if row.scope == RuleScope.DOMAIN:
            connection.execute(
                sql(
                    "UPDATE messages SET due_at = :now WHERE state IN (0, 3) AND due_at = :until "
                    "AND campaign_id IN (SELECT id FROM campaigns "
                    "WHERE workspace_id = :workspace AND status NOT IN ('stopped', 'completed'))"
                ),
                {"now": now, "until": row.until_at, "workspace": row.workspace_id},
            )


def _suspend_again(connection: Connection, freed: Sequence[Any], *, workspace_id: int, now: float) -> None:
    """Those of these accounts that another rule suspends; of several rules the one that ends last comes first."""
    concerned: dict[tuple[RuleScope, str], list[int]] = {}
    for row in freed:
        concerned.setdefault((RuleScope.ACCOUNT, str(row.id)), []).append(row.id)
        concerned.setdefault((RuleScope.SERVER, row.host), []).append(row.id)
    for one in active(connection, workspace_id=workspace_id, now=now):
        if one.is_suspension:
            ids = concerned.get((one.scope, one.target), [])
            suspend_accounts(connection, ids, reason=one.reason, until_at=one.until_at, now=now)


def lift_of_account(connection: Connection, account_id: int) -> None:
    """A person has changed an account or switched it on: it may send."""
    connection.execute(sql("DELETE FROM restraints WHERE scope = 'account' AND target = :id"), {"id": str(account_id)})


def _restraint(row: Any) -> Restraint:
    return Restraint(
        scope=RuleScope(row.scope),
        target=row.target,
        reason=row.reason,
        rate_per_minute=row.rate_per_minute,
        until_at=row.until_at,
    )
