"""Pace: sending windows and weights of campaigns, warm-up of accounts, limits in layers with what counts in them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("weight", sa.Double(), server_default=sa.text("1"), nullable=False))
    op.add_column("campaigns", sa.Column("pacing", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("weight", sa.Double(), server_default=sa.text("1"), nullable=False))
    op.add_column("accounts", sa.Column("warm_up", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("accounts", sa.Column("warm_up_since", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("layers", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("dealt_to", sa.BigInteger(), nullable=True))
    dealt = "state = 0 AND dealt_to IS NOT NULL"
    op.create_index(
        "messages_dealt",
        "messages",
        ["campaign_id", "dealt_to", "id"],
        sqlite_where=sa.text(dealt),
        postgresql_where=sa.text(dealt),
    )
    op.create_table(
        "layers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("minute_limit", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("hourly_limit", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("daily_limit", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("monthly_limit", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("limit_window", sa.Text(), server_default=sa.text("'calendar'"), nullable=False),
        sa.Column("timezone", sa.Text(), server_default=sa.text("'UTC'"), nullable=False),
        sa.Column("held", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("until_at", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("parked_at", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("parked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "kind", "name", name="layers_name"),
    )
    op.create_table(
        "layer_usage",
        sa.Column("layer_id", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["layer_id"], ["layers.id"]),
        sa.PrimaryKeyConstraint("layer_id", "bucket"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("layer_usage")
    op.drop_table("layers")
    op.drop_index("messages_dealt", "messages")
    for table, columns in {
        "messages": ("dealt_to", "layers"),
        "accounts": ("warm_up_since", "warm_up", "weight"),
        "campaigns": ("pacing", "weight"),
    }.items():
        for column in columns:
            op.drop_column(table, column)
