"""Table of people who were erased."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Table, Text, UniqueConstraint, text

from paceline.store.queue.schema.base import ID, metadata

erasures = Table(
    "erasures",
    metadata,
    # One row per address. The address itself stands here only until it is gone everywhere else; the digest stays.
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),  # keyed by the installation's secret key
    Column("address", Text),
    Column("requested_at", Double, nullable=False),
    Column("done_at", Double),
    Column("cursor", BigInteger, nullable=False, server_default=text("0")),  # the last message looked at
    Column("messages", BigInteger, nullable=False, server_default=text("0")),  # that were made nobody's
    UniqueConstraint("workspace_id", "digest", name="erasures_digest"),
    Index(
        "erasures_unfinished",
        "id",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
)
