"""Table of how fast campaigns went."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, SmallInteger, Table

from paceline.store.queue.schema.base import metadata

rate_samples = Table(
    "rate_samples",
    metadata,
    # How many messages of a campaign had ended at an instant, written every few seconds while that number grows.
    Column("campaign_id", BigInteger, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False),
    Column("at", Double, primary_key=True, autoincrement=False),
    Column("ended", BigInteger, nullable=False),
    Column("grain", SmallInteger, nullable=False),  # how long it is kept: store/queue/rate_samples.py
    Index("rate_samples_age", "grain", "at"),
    sqlite_with_rowid=False,
)
