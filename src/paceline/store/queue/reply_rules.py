"""Reply rules as people keep them, and the answers that count towards them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.reply_rule import ReplyRule, RuleAction, RuleScope
from paceline.store.database import sql
from paceline.store.queue import restraints


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule of one workspace."""

    id: int
    workspace_id: int
    rule: ReplyRule


_FIELDS = (
    "name",
    "code",
    "enhanced",
    "text",
    "scope",
    "after_count",
    "within_seconds",
    "action",
    "for_seconds",
    "share",
)


def every(connection: Connection, *, workspace_id: int | None = None) -> list[RuleRow]:
    """The rules of a workspace by name; None: of every workspace, for senders."""
    if workspace_id is None:
        rows = connection.execute(sql("SELECT * FROM reply_rules ORDER BY id"))
    else:
        statement = sql("SELECT * FROM reply_rules WHERE workspace_id = :workspace ORDER BY name")
        rows = connection.execute(statement, {"workspace": workspace_id})
    return [_row(row) for row in rows]


def get(connection: Connection, rule_id: int, *, workspace_id: int) -> RuleRow | None:
    """The workspace's rule of this number."""
    statement = sql("SELECT * FROM reply_rules WHERE id = :id AND workspace_id = :workspace")
    row = connection.execute(statement, {"id": rule_id, "workspace": workspace_id}).one_or_none()
    return None if row is None else _row(row)


def find(connection: Connection, name: str, *, workspace_id: int) -> RuleRow | None:
    """The workspace's rule of this name."""
    statement = sql("SELECT * FROM reply_rules WHERE name = :name AND workspace_id = :workspace")
    row = connection.execute(statement, {"name": name, "workspace": workspace_id}).one_or_none()
    return None if row is None else _row(row)


def save(connection: Connection, rule: ReplyRule, *, workspace_id: int, now: float) -> int:
    """Store a rule by its name, new or changed; returns its number.

    What a changed rule has counted and held back is over. A second call with the same rule changes nothing.
    """
    found = find(connection, rule.name, workspace_id=workspace_id)
    if found is not None and found.rule == rule:
        return found.id
    marks = ", ".join(f":{name}" for name in _FIELDS)
    changes = ", ".join(f"{name} = excluded.{name}" for name in _FIELDS)
    rule_id = connection.execute(
        sql(
            f"INSERT INTO reply_rules (workspace_id, {', '.join(_FIELDS)}) VALUES (:workspace, {marks}) "
            f"ON CONFLICT (workspace_id, name) DO UPDATE SET {changes} RETURNING id"
        ),
        {"workspace": workspace_id, **_values(rule)},
    ).scalar_one()
    if found is not None:
        forget_answers(connection, found.id)
        restraints.lift(connection, found.id, now=now)
    return int(rule_id)


def remove(connection: Connection, rule_id: int, *, now: float) -> None:
    """A rule is taken away, with what it has counted and holds back."""
    forget_answers(connection, rule_id)
    restraints.lift(connection, rule_id, now=now)
    connection.execute(sql("DELETE FROM reply_rules WHERE id = :id"), {"id": rule_id})


def lock(connection: Connection, rule_id: int) -> RuleRow | None:
    """A rule as it is now, which nobody else changes or counts for until the transaction ends; None: it is gone."""
    statement = sql("UPDATE reply_rules SET name = name WHERE id = :id RETURNING *")
    row = connection.execute(statement, {"id": rule_id}).one_or_none()
    return None if row is None else _row(row)


def count(connection: Connection, row: RuleRow, target: str, steps: Mapping[int, int], *, now: float) -> int:
    """Add answers by their step; returns how many count for this target now. Older ones are forgotten."""
    for step, number in sorted(steps.items()):
        connection.execute(
            sql(
                "INSERT INTO reply_counts (rule_id, target, step, count) VALUES (:rule, :target, :step, :count) "
                "ON CONFLICT (rule_id, target, step) DO UPDATE SET count = reply_counts.count + excluded.count"
            ),
            {"rule": row.id, "target": target, "step": step, "count": number},
        )
    values = {"rule": row.id, "target": target, "first": row.rule.first_step(now)}
    connection.execute(sql("DELETE FROM reply_counts WHERE rule_id = :rule AND step < :first"), values)
    total = connection.execute(
        sql("SELECT COALESCE(SUM(count), 0) FROM reply_counts WHERE rule_id = :rule AND target = :target"), values
    ).scalar_one()
    return int(total)


def forget_answers(connection: Connection, rule_id: int, target: str | None = None) -> None:
    """The rule has acted on a target (None: is changed): it counts anew."""
    only = "" if target is None else " AND target = :target"
    connection.execute(
        sql(f"DELETE FROM reply_counts WHERE rule_id = :rule{only}"), {"rule": rule_id, "target": target}
    )


def _values(rule: ReplyRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "code": rule.code,
        "enhanced": rule.enhanced,
        "text": rule.text,
        "scope": str(rule.scope),
        "after_count": rule.after,
        "within_seconds": rule.within_seconds,
        "action": str(rule.action),
        "for_seconds": rule.for_seconds,
        "share": rule.share,
    }


def _row(row: Any) -> RuleRow:
    return RuleRow(
        id=row.id,
        workspace_id=row.workspace_id,
        rule=ReplyRule(
            name=row.name,
            code=row.code,
            enhanced=row.enhanced,
            text=row.text,
            scope=RuleScope(row.scope),
            after=row.after_count,
            within_seconds=row.within_seconds,
            action=RuleAction(row.action),
            for_seconds=row.for_seconds,
            share=row.share,
        ),
    )
