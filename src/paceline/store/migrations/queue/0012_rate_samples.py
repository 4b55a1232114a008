"""How fast campaigns went."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "rate_samples",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), autoincrement=False, nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("grain", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"]),
        sa.PrimaryKeyConstraint("campaign_id", "at"),
        sqlite_with_rowid=False,
    )
    op.create_index("rate_samples_age", "rate_samples", ["grain", "at"])


def downgrade() -> None:
    op.drop_index("rate_samples_age", "rate_samples")
    op.drop_table("rate_samples")
