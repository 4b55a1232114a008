"""Reply rules: what a person adds to the tables of replies, the answers that count, and what is held back for a time."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reply_rules",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("enhanced", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("after_count", sa.Integer(), nullable=False),
        sa.Column("within_seconds", sa.Double(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("for_seconds", sa.Double(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", name="reply_rules_name"),
    )
    op.create_table(
        "reply_counts",
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["reply_rules.id"]),
        sa.PrimaryKeyConstraint("rule_id", "target", "step"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "restraints",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rate_per_minute", sa.Double(), nullable=True),
        sa.Column("until_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["reply_rules.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("rule_id", "scope", "target", name="restraints_target"),
    )
    op.create_index("restraints_workspace", "restraints", ["workspace_id", "until_at"])


def downgrade() -> None:
    op.drop_table("restraints")
    op.drop_table("reply_counts")
    op.drop_table("reply_rules")
