"""Tables of limits that stand above single accounts: of a server, workspace, campaign, recipient domain or provider."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, Table, Text, UniqueConstraint, text

from paceline.store.queue.schema.base import ID, metadata

layers = Table(
    "layers",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # domain/layer.py
    Column(
        "name", Text, nullable=False
    ),  # the host, the campaign's id, the domain or the provider; a workspace has none
    Column("minute_limit", Integer, nullable=False, server_default=text("0")),
    Column("hourly_limit", Integer, nullable=False, server_default=text("0")),
    Column("daily_limit", Integer, nullable=False, server_default=text("0")),
    Column("monthly_limit", Integer, nullable=False, server_default=text("0")),
    Column("limit_window", Text, nullable=False, server_default=text("'calendar'")),
    Column("timezone", Text, nullable=False, server_default=text("'UTC'")),
    Column("held", Integer, nullable=False, server_default=text("0")),  # claimed and not ended: counts in every window
    Column("changes", BigInteger, nullable=False, server_default=text("0")),  # grows with every change of its usage
    Column("until_at", Double),  # a claim has found it full until then
    Column("reason", Text),
    Column("parked_at", Double, nullable=False, server_default=text("0")),  # to when messages are put off now
    Column("parked", Integer, nullable=False, server_default=text("0")),  # how many to that moment
    UniqueConstraint("workspace_id", "kind", "name", name="layers_name"),
)

mail_operators = Table(
    "mail_operators",
    metadata,
    # The host that takes the mail of a domain, "" where there is none: what name servers have said.
    Column("domain", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("looked_up_at", Double, nullable=False),
)

layer_usage = Table(
    "layer_usage",
    metadata,
    # Charged messages per layer and 10-second bucket (UTC), only where not zero.
    Column("layer_id", BigInteger, ForeignKey("layers.id"), primary_key=True, autoincrement=False),
    Column("bucket", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)
