"""Where the tracked links of a campaign lead, and how often people followed them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import Database, sql


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One link of a campaign's content."""

    number: int
    target: str
    clicks: int


def save(connection: Connection, database: Database, campaign_id: int, targets: Sequence[str]) -> None:
    """Keep the links of a content by number; a second call changes nothing."""
    rows = database.rows("rows", number="integer", target="text")
    connection.execute(
        sql(
            f"INSERT INTO links (campaign_id, number, target) SELECT {int(campaign_id)}, number, target "
            f"FROM ({rows}) AS r WHERE true ON CONFLICT DO NOTHING"
        ),
        {"rows": json.dumps(list(enumerate(targets)))},
    )


def of_campaign(connection: Connection, campaign_id: int) -> list[LinkRow]:
    """The links of a campaign by number."""
    rows = connection.execute(
        sql("SELECT number, target, clicks FROM links WHERE campaign_id = :id ORDER BY number"), {"id": campaign_id}
    )
    return [LinkRow(**row._mapping) for row in rows]


def content_of(connection: Connection, campaign_id: int) -> tuple[int, str] | None:
    """The workspace of a campaign and its frozen content; None when there is no such campaign."""
    row = connection.execute(
        sql("SELECT workspace_id, content FROM campaigns WHERE id = :id"), {"id": campaign_id}
    ).one_or_none()
    return None if row is None else (int(row.workspace_id), str(row.content))
