"""Tables of sending domains and the keys that sign their messages: in the queue, because a sender knows nothing else."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from paceline.store.queue.schema.base import ID, metadata

sending_domains = Table(
    "sending_domains",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("domain", Text, nullable=False),  # lower-case ASCII
    Column("created_at", Double, nullable=False),
    Column("lent", SmallInteger, nullable=False, server_default=text("0")),  # 1: at a worker, by its controller
    UniqueConstraint("workspace_id", "domain", name="sending_domains_domain"),
)

dkim_keys = Table(
    "dkim_keys",
    metadata,
    Column("id", ID, primary_key=True),
    Column("domain_id", BigInteger, ForeignKey("sending_domains.id"), nullable=False),
    Column("selector", Text, nullable=False),
    Column("kind", Text, nullable=False),  # rsa, ed25519
    Column("public_key", Text, nullable=False),  # base 64, as DNS shows it
    Column("secrets", LargeBinary),  # the private key, sealed, bound to domain and selector; NULL once it is retired
    Column("state", Text, nullable=False),  # pending (not yet published), active (signs), retired
    Column("created_at", Double, nullable=False),
    Column("activated_at", Double),
    Column("retired_at", Double),
    UniqueConstraint("domain_id", "selector", name="dkim_keys_selector"),
)
