"""Uploaded files belong to accounts: what one workspace has uploaded is no other's, whatever the phone number. Uploads start anew."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    _make("account_id", sa.BigInteger())


def downgrade() -> None:
    _make("phone_number_id", sa.Text())


def _make(owner: str, kind: sa.BigInteger | sa.Text) -> None:
    op.drop_table("whatsapp_media")
    op.create_table(
        "whatsapp_media",
        sa.Column(owner, kind, nullable=False, autoincrement=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint(owner, "digest"),
    )
