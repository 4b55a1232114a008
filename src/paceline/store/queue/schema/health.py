"""Tables of reputation: the signs that harm it, and how campaigns and accounts stand."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, SmallInteger, Table, Text, text

from paceline.store.queue.schema.base import metadata

health_signs = Table(
    "health_signs",
    metadata,
    # Complaints, hard bounces, refusals as spam: each once per message. Few rows; nothing is written for a good message.
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sign", Text, primary_key=True),  # domain/reputation.py
    Column("campaign_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("refused", SmallInteger, nullable=False),  # 1: the message was never accepted, so nothing else counts it
    Column("sent_at", Double, nullable=False),  # when its message was sent, or refused
    Column("noted_at", Double, nullable=False),
    Index("health_signs_campaign", "campaign_id", "sent_at"),
    Index("health_signs_account", "account_id", "sent_at"),
    Index("health_signs_noted", "noted_at"),
    sqlite_with_rowid=False,
)

health = Table(
    "health",
    metadata,
    Column("subject", Text, primary_key=True),  # campaign, account
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("level", SmallInteger, nullable=False),  # domain/reputation.py
    Column("evidence", Text, nullable=False),
    Column("since_at", Double, nullable=False),  # what was sent before is forgiven: a person has let it go on
    Column("anchors", Text, nullable=False),  # JSON, of campaigns: from where on messages are counted
    Column("warned_at", Double, nullable=False, server_default=text("0")),  # when people were told last
    Column("updated_at", Double, nullable=False),
)
