"""What is to be carried to remote workers besides suppressions, domains that a worker was lent, workers that have halted."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "worker_errands",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("told_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    untold = sa.text("told_at IS NULL")
    op.create_index(
        "worker_errands_untold", "worker_errands", ["worker_id", "id"], sqlite_where=untold, postgresql_where=untold
    )
    op.create_index("worker_errands_campaign", "worker_errands", ["campaign_id"])
    op.add_column("workers", sa.Column("halted", sa.Text(), nullable=True))
    op.add_column("sending_domains", sa.Column("lent", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("sending_domains", "lent")
    op.drop_column("workers", "halted")
    op.drop_index("worker_errands_campaign", "worker_errands")
    op.drop_index("worker_errands_untold", "worker_errands")
    op.drop_table("worker_errands")
