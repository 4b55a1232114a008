"""Tables of sending accounts, their servers and their usage."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from paceline.store.queue.schema.base import ID, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("identity", Text, nullable=False),  # host:port:username, or the phone number id
    Column("name", Text, nullable=False),
    Column("login", Text, nullable=False),  # JSON without secrets
    Column("secrets", LargeBinary),  # sealed, bound to this row
    Column("from_address", Text, nullable=False, server_default=text("''")),
    Column("minute_limit", Integer, nullable=False, server_default=text("0")),
    Column("hourly_limit", Integer, nullable=False, server_default=text("0")),
    Column("daily_limit", Integer, nullable=False, server_default=text("0")),
    Column("monthly_limit", Integer, nullable=False, server_default=text("0")),
    Column("limit_window", Text, nullable=False, server_default=text("'calendar'")),
    Column("timezone", Text, nullable=False, server_default=text("'UTC'")),
    Column("rate_per_minute", Double, nullable=False, server_default=text("0")),
    Column("max_connections", Integer, nullable=False, server_default=text("1")),
    Column("weight", Double, nullable=False, server_default=text("1")),  # its share of campaigns that choose by weight
    Column("warm_up", Text, nullable=False, server_default=text("''")),  # domain/warm_up.py
    Column("warm_up_since", Text),  # the date of its first day
    Column("largest_campaign", Integer, nullable=False, server_default=text("0")),  # messages; 0: any
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("state", Text, nullable=False, server_default=text("'ready'")),
    Column("reason", Text),
    Column("until_at", Double),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    Column("next_at", Double, nullable=False, server_default=text("0")),  # pace
    Column("open_intents", Integer, nullable=False, server_default=text("0")),
    Column("lease", BigInteger, nullable=False, server_default=text("0")),  # grows with every holder
    Column("sender_id", BigInteger),  # who holds the lease
    Column("lent_to", BigInteger),  # the remote worker whose queue it belongs to; nobody here leases it then
    Column("host", Text, nullable=False, server_default=text("''")),  # the server, as ``servers`` names it
    Column("connections", Integer, nullable=False, server_default=text("0")),  # what its holder may open
    Column("tags", Text, nullable=False, server_default=text("'[]'")),  # JSON list
    Column("hidden_at", Double),  # deleted by a person; kept because messages and usage name it
    UniqueConstraint("workspace_id", "channel", "identity", name="accounts_identity"),
    # Webhooks find a phone number by its id alone, whatever the workspace.
    Index(
        "accounts_phone_number",
        "identity",
        unique=True,
        sqlite_where=text("channel = 'whatsapp' AND hidden_at IS NULL"),
        postgresql_where=text("channel = 'whatsapp' AND hidden_at IS NULL"),
    ),
)

servers = Table(
    "servers",
    metadata,
    # Only those that a person has given a limit; the others are known by their accounts.
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("host", Text, primary_key=True),
    Column("max_connections", Integer, nullable=False),  # of all its accounts together
)

server_widths = Table(
    "server_widths",
    metadata,
    # How many connections a host bears, as all senders have found out; only while something has failed lately.
    Column("host", Text, primary_key=True),
    Column("width", Double, nullable=False),  # domain/server_width.py
    Column("cut_at", Double, nullable=False),
    Column("changed_at", Double, nullable=False),
)

usage = Table(
    "usage",
    metadata,
    # Answered messages per account and 10-second bucket (UTC), only where not zero.
    Column("account_id", BigInteger, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("bucket", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)
