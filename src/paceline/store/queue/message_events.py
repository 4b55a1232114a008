"""What has happened to a message: one row per event, kept once however often it is told."""

from __future__ import annotations

from paceline.store.database import Database


def insert_events(database: Database) -> str:
    """The statement that keeps events; ``:rows`` are [message_id, attempt, kind, campaign_id, account_id, at, detail]."""
    events = database.rows(
        "rows",
        message_id="integer",
        attempt="integer",
        kind="text",
        campaign_id="integer",
        account_id="integer",
        at="number",
        detail="text",
    )
    return f"""
        INSERT INTO events (message_id, attempt, kind, campaign_id, account_id, at, detail)
        SELECT message_id, attempt, kind, campaign_id, account_id, at, detail FROM ({events}) AS r WHERE true
        ON CONFLICT DO NOTHING"""
