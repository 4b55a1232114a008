"""The provider's templates as far as they are known, and the stops that follow from their status."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql
from paceline.store.queue import template_stops

SENDABLE = frozenset({"APPROVED", "REINSTATED", "UNARCHIVED"})
"""With these a template may be sent; the first is a status, the others are how it comes back to it."""

_STOPPED = {
    "PAUSED": "paused by the provider for its low quality",
    "DISABLED": "disabled by the provider for good",
    "FLAGGED": "marked by the provider for its low quality",
    "REJECTED": "rejected by the provider",
    "PENDING_DELETION": "about to be deleted",
    "DELETED": "deleted",
    "LOCKED": "locked by the provider",
    "ARCHIVED": "archived",
    "LIMIT_EXCEEDED": "over the number of templates that the business account may have",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """One template as the provider has it."""

    business_account: str
    name: str
    language: str
    status: str
    quality: str
    category: str
    parameter_format: str
    components: list[dict[str, Any]]
    reason: str | None
    updated_at: float

    @property
    def key(self) -> str:
        """Name and language, by which campaigns name it."""
        return f"{self.name}/{self.language}"


_COLUMNS = (
    "business_account, name, language, status, quality, category, parameter_format, components, reason, updated_at"
)


def replace(connection: Connection, rows: Sequence[TemplateRow], *, workspace_id: int, business_account: str) -> None:
    """The whole list of a business account, as it was just read."""
    where = {"workspace": workspace_id, "business": business_account}
    connection.execute(
        sql("DELETE FROM whatsapp_templates WHERE workspace_id = :workspace AND business_account = :business"), where
    )
    for row in rows:
        values = {
            "workspace": workspace_id,
            **{name: getattr(row, name) for name in _COLUMNS.split(", ")},
            "components": json.dumps(row.components),
        }
        marks = ", ".join(f":{name}" for name in _COLUMNS.split(", "))
        connection.execute(
            sql(
                f"INSERT INTO whatsapp_templates (workspace_id, {_COLUMNS}) VALUES (:workspace, {marks}) "
                "ON CONFLICT DO NOTHING"
            ),
            values,
        )


def change(
    connection: Connection,
    *,
    workspace_id: int,
    business_account: str,
    name: str,
    language: str,
    reason: str | None,
    now: float,
    **changes: str,
) -> None:
    """What a webhook says of a template: its status, quality or category. One that is not in the list is left out."""
    if not changes:
        return
    connection.execute(
        sql(
            f"UPDATE whatsapp_templates SET {', '.join(f'{column} = :{column}' for column in sorted(changes))}, "
            "reason = :reason, updated_at = :now WHERE workspace_id = :workspace AND business_account = :business "
            "AND name = :name AND language = :language"
        ),
        {
            "workspace": workspace_id,
            "business": business_account,
            "name": name,
            "language": language,
            "reason": reason,
            "now": now,
            **changes,
        },
    )


def follow(
    connection: Connection, template: str, status: str, *, workspace_id: int, reason: str | None, now: float
) -> None:
    """Stop a template, or let it go on, as its status says; a status that says neither changes nothing."""
    if status in SENDABLE:
        template_stops.lift_providers(connection, template, workspace_id=workspace_id)
    elif status in _STOPPED:
        words = f"it is {_STOPPED[status]}" + (f" ({reason})" if reason else "")
        template_stops.stop(connection, template, workspace_id=workspace_id, reason=words, until_at=None, now=now)


def every(connection: Connection, *, workspace_id: int) -> list[TemplateRow]:
    """All known templates of a workspace by name."""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM whatsapp_templates WHERE workspace_id = :workspace "
            "ORDER BY name, language, business_account"
        ),
        {"workspace": workspace_id},
    )
    return [TemplateRow(**{**row._mapping, "components": json.loads(row.components)}) for row in rows]
