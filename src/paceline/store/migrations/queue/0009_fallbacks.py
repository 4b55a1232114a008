"""Fallbacks: which campaign takes over the contacts that another one cannot reach."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "fallbacks",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fallback_id", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), server_default=sa.text("-1"), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id"),
        sa.UniqueConstraint("fallback_id"),
    )
