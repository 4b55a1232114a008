"""WhatsApp: received webhooks, ids, numbers, templates and their stops, signals, prices; campaigns in parts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("messages", sa.Column("part", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    _webhooks()
    _numbers_and_templates()
    _health_and_prices()


def _webhooks() -> None:
    op.create_table(
        "received_webhooks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    open_ones = sa.text("failure IS NULL")
    op.create_index(
        "received_webhooks_open", "received_webhooks", ["id"], sqlite_where=open_ones, postgresql_where=open_ones
    )
    op.create_table(
        "whatsapp_ids",
        sa.Column("wamid", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("wamid"),
    )
    op.create_index("whatsapp_ids_recipient", "whatsapp_ids", ["recipient", "at"])


def _numbers_and_templates() -> None:
    empty = sa.text("''")
    op.create_table(
        "whatsapp_numbers",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_account", sa.Text(), server_default=empty, nullable=False),
        sa.Column("display_number", sa.Text(), server_default=empty, nullable=False),
        sa.Column("status", sa.Text(), server_default=empty, nullable=False),
        sa.Column("quality", sa.Text(), server_default=empty, nullable=False),
        sa.Column("messaging_limit", sa.Integer(), nullable=True),
        sa.Column("inbound_at", sa.Double(), nullable=True),
        sa.Column("checked_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_index("whatsapp_numbers_business", "whatsapp_numbers", ["business_account"])
    op.create_table(
        "whatsapp_templates",
        sa.Column("workspace_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_account", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("quality", sa.Text(), server_default=empty, nullable=False),
        sa.Column("category", sa.Text(), server_default=empty, nullable=False),
        sa.Column("parameter_format", sa.Text(), server_default=empty, nullable=False),
        sa.Column("components", sa.Text(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "business_account", "name", "language"),
    )
    op.create_table(
        "template_stops",
        sa.Column("workspace_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("until_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "template"),
    )


def _health_and_prices() -> None:
    op.create_table(
        "whatsapp_signals",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_table(
        "message_prices",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("billable", sa.SmallInteger(), nullable=False),
        sa.Column("counted", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_table(
        "campaign_charges",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("billable", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("free", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "category", "country"),
    )
