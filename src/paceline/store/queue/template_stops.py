"""Templates that may not be sent now, per workspace: why, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One stopped template, by name/language. ``until_at`` None: until the provider or a person says otherwise."""

    template: str
    reason: str
    at: float
    until_at: float | None


def stop(
    connection: Connection, template: str, *, workspace_id: int, reason: str, until_at: float | None, now: float
) -> bool:
    """Stop a template; one that is stopped for as long or longer keeps its reason. False when nothing has changed."""
    changed = connection.execute(
        sql(
            "INSERT INTO template_stops (workspace_id, template, reason, at, until_at) "
            "VALUES (:workspace, :template, :reason, :now, :until) ON CONFLICT (workspace_id, template) DO UPDATE SET "
            "reason = excluded.reason, at = excluded.at, until_at = excluded.until_at "
            "WHERE template_stops.until_at IS NOT NULL AND (CAST(:until AS double precision) IS NULL "
            "OR template_stops.until_at < :until)"
        ),
        {"workspace": workspace_id, "template": template, "reason": reason, "now": now, "until": until_at},
    )
    return changed.rowcount == 1


def lift(connection: Connection, templates: Iterable[str], *, workspace_id: int) -> None:
    """Let templates be sent again. A second call changes nothing."""
    for template in sorted(set(templates)):
        connection.execute(
            sql("DELETE FROM template_stops WHERE workspace_id = :workspace AND template = :template"),
            {"workspace": workspace_id, "template": template},
        )


def lift_providers(connection: Connection, template: str, *, workspace_id: int) -> None:
    """Let a template be sent again, if the provider's own status or refusal had stopped it."""
    connection.execute(
        sql(
            "DELETE FROM template_stops WHERE workspace_id = :workspace AND template = :template AND (reason LIKE 'it is %' "
            "OR reason LIKE '132015:%' OR reason LIKE '132016:%' OR reason LIKE '132001:%')"
        ),
        {"workspace": workspace_id, "template": template},
    )


def active(connection: Connection, *, workspace_id: int, now: float) -> dict[str, Stop]:
    """The stopped templates of a workspace."""
    rows = connection.execute(
        sql(
            "SELECT template, reason, at, until_at FROM template_stops WHERE workspace_id = :workspace "
            "AND (until_at IS NULL OR until_at > :now) ORDER BY template"
        ),
        {"workspace": workspace_id, "now": now},
    )
    return {row.template: Stop(**row._mapping) for row in rows}
