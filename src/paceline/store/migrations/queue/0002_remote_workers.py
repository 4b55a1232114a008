"""Remote workers: the controller's list of them and what they were given, a worker's ledger for home, lent accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("accounts", sa.Column("lent_to", sa.BigInteger(), nullable=True))
    _workers()
    _campaigns_at_workers()
    _at_the_worker()


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("id", _id(), nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("ca_file", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("guarded", sa.SmallInteger(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("former_key_hash", sa.Text(), nullable=True),
        sa.Column("former_until_at", sa.Double(), nullable=True),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=True),
        sa.Column("acknowledged", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reported_at", sa.Double(), nullable=True),
        sa.Column("next_report_at", sa.Double(), nullable=True),
        sa.Column("backlog", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("breaker", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("clock_ahead_seconds", sa.Double(), nullable=True),
        sa.Column("asked_at", sa.Double(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("suppressions_cursor", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", name="workers_name"),
    )
    op.create_table(
        "worker_minutes",
        sa.Column("worker_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Double(), nullable=False),
        sa.Column("shortest_gap_seconds", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"]),
        sa.PrimaryKeyConstraint("worker_id", "minute"),
        sqlite_with_rowid=False,
    )


def _campaigns_at_workers() -> None:
    op.create_table(
        "remote_campaigns",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("falls_back", sa.SmallInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("initialized", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cursor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("handed_at", sa.Double(), nullable=True),
        sa.Column("start_written_at", sa.Double(), nullable=True),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.Double(), nullable=True),
        sa.Column("taking_home", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("discard", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("next_try_at", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"]),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"]),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_index("remote_campaigns_worker", "remote_campaigns", ["worker_id", "closed_at"])
    op.create_table(
        "peer_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("peer_requests_at", "peer_requests", ["at"])
    op.create_index("suppressions_created", "suppressions", ["created_at"])


def _at_the_worker() -> None:
    op.create_table(
        "home",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("acknowledged", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("announced", sa.Integer(), server_default=sa.text("100"), nullable=False),
        sa.Column("has_asked", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("halted", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "home_campaigns",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("released", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("removing", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"]),
        sa.PrimaryKeyConstraint("campaign_id"),
        sa.UniqueConstraint("remote_id"),
    )
    op.create_table(
        "outbox",
        sa.Column("sequence", _id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("urgent", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
        sqlite_autoincrement=True,
    )
    urgent = sa.text("urgent = 1")
    op.create_index("outbox_urgent", "outbox", ["sequence"], sqlite_where=urgent, postgresql_where=urgent)
    op.create_index("outbox_campaign", "outbox", ["campaign_id"])


def downgrade() -> None:
    for table in (
        "outbox",
        "home_campaigns",
        "home",
        "peer_requests",
        "remote_campaigns",
        "worker_minutes",
        "workers",
    ):
        op.drop_table(table)
    op.drop_index("suppressions_created", "suppressions")
    op.drop_column("accounts", "lent_to")
