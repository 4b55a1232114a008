"""What became of the last messages of each campaign, as domain/whatsapp_health.py judges it."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.domain.whatsapp_health import with_endings
from paceline.store.database import Database, sql


def add(connection: Connection, database: Database, campaign_id: int, endings: str) -> str:
    """Take note of endings, the newest last; returns the campaign's last ones. The row is locked from here on."""
    connection.execute(
        sql("INSERT INTO whatsapp_signals (campaign_id, recent) VALUES (:id, '') ON CONFLICT DO NOTHING"),
        {"id": campaign_id},
    )
    found = sql(f"SELECT recent FROM whatsapp_signals WHERE campaign_id = :id {database.lock_rows}")
    recent = with_endings(str(connection.execute(found, {"id": campaign_id}).scalar_one()), endings)
    _set(connection, campaign_id, recent)
    return recent


def forget(connection: Connection, campaign_id: int) -> None:
    """Begin anew: what was seen has had its consequence."""
    _set(connection, campaign_id, "")


def _set(connection: Connection, campaign_id: int, recent: str) -> None:
    statement = sql("UPDATE whatsapp_signals SET recent = :recent WHERE campaign_id = :id")
    connection.execute(statement, {"id": campaign_id, "recent": recent})
