"""Reputation: the signs that harm it, and how campaigns and accounts stand."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "health_signs",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sign", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=False),
        sa.Column("noted_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "sign"),
        sqlite_with_rowid=False,
    )
    op.create_index("health_signs_campaign", "health_signs", ["campaign_id", "sent_at"])
    op.create_index("health_signs_account", "health_signs", ["account_id", "sent_at"])
    op.create_index("health_signs_noted", "health_signs", ["noted_at"])
    op.create_table(
        "health",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("since_at", sa.Double(), nullable=False),
        sa.Column("anchors", sa.Text(), nullable=False),
        sa.Column("warned_at", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "subject_id"),
    )
