"""Mail that comes back: mailboxes that are read, and mail that a person should look at."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("id", _id(), nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("oauth", sa.Text(), nullable=True),
        sa.Column("ca_file", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("guarded", sa.SmallInteger(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("processed", sa.Text(), nullable=False),
        sa.Column("move_to", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("enabled", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("since_at", sa.Double(), nullable=False),
        sa.Column("read_at", sa.Double(), nullable=True),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("mails", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("matched", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", name="mailboxes_name"),
    )
    op.create_table(
        "kept_mail",
        sa.Column("id", _id(), nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sent_to", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "digest", name="kept_mail_once"),
    )
    op.create_index("kept_mail_age", "kept_mail", ["at"])


def downgrade() -> None:
    op.drop_table("kept_mail")
    op.drop_table("mailboxes")
