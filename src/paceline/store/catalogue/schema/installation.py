"""Tables of the installation: audit log, repeated requests, notifications, recurring work."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from paceline.store.catalogue.schema.base import ID, metadata

audit = Table(
    "audit",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),  # a user's or a key's name, kept when it is gone
    Column("actor_id", Text, nullable=False),  # public id
    Column("action", Text, nullable=False),  # campaign.start
    Column("subject", Text, nullable=False),  # public id, or empty
    Column("detail", Text, nullable=False, server_default=text("'{}'")),  # JSON, never a secret
    Index("audit_workspace", "workspace_id", "id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", SmallInteger),  # NULL: the first request is under way
    Column("body", Text),
    Column("created_at", Double, nullable=False),
    Index("idempotency_keys_age", "created_at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),  # JSON list of event names; empty: all
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("secret", LargeBinary, nullable=False),  # sealed, bound to this row: the secret, and the one before it
    Column("previous_until_at", Double),  # until then the secret before it signs too
    Column("enabled", SmallInteger, nullable=False, server_default=text("1")),
    Column("disabled_reason", Text),  # why Paceline switched it off by itself
    Column("created_at", Double, nullable=False),
    Index("webhooks_workspace", "workspace_id", "id"),
)

notifications = Table(
    "notifications",
    metadata,
    # One fact on its way to one receiver, kept as the delivery log.
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("webhook_id", BigInteger),  # NULL: by mail, to user_id; may be deleted meanwhile
    Column("user_id", BigInteger),
    Column("event", Text, nullable=False),
    Column("event_key", Text, nullable=False),  # the same fact is never told twice to the same receiver
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Double),  # NULL: done or given up
    Column("status", Text, nullable=False),  # waiting, delivered, failed
    Column("answer", Text),
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
    *(
        # Two indexes, because a NULL is equal to no other NULL.
        Index(
            f"notifications_{receiver}_once",
            f"{receiver}_id",
            "event_key",
            unique=True,
            sqlite_where=text(f"{receiver}_id IS NOT NULL"),
            postgresql_where=text(f"{receiver}_id IS NOT NULL"),
        )
        for receiver in ("webhook", "user")
    ),
    Index(
        "notifications_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index("notifications_webhook", "webhook_id", "id"),
    Index("notifications_age", "created_at"),
)

leaderships = Table(
    "leaderships",
    metadata,
    # Work that only one process does at a time, wherever it runs: held by a lease.
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until_at", Double, nullable=False),
)

chore_cursors = Table(
    "chore_cursors",
    metadata,
    # How far a chore is that brings facts of the queue over: (at, message) of the last one it took.
    Column("name", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("message_id", BigInteger, nullable=False),
)
