"""Tables of hosted files: in the queue, because every machine that sends or serves reaches it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text

from paceline.store.queue.schema.base import ID, metadata

files = Table(
    "files",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),  # bytes
    Column("digest", Text, nullable=False),  # SHA-256 of the content
    Column("created_at", Double, nullable=False),
    Column("complete_at", Double),  # NULL while parts are missing
    Index("files_workspace", "workspace_id", "id"),
)

file_parts = Table(
    "file_parts",
    metadata,
    # A content in parts, so that no write holds the database for long.
    Column("file_id", BigInteger, ForeignKey("files.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
