"""Tables of what is written before it is sent."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Table, Text, UniqueConstraint

from paceline.store.catalogue.schema.base import ID, metadata

templates = Table(
    "templates",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("content", Text, nullable=False),  # JSON
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("workspace_id", "name", name="templates_name"),
)
