"""Tables of campaigns, their messages and their counters."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from paceline.store.queue.schema.base import ID, metadata

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column(
        "kind", Text, nullable=False, server_default=text("'file'")
    ),  # domain/campaign.py: where its people are from
    Column("priority", SmallInteger, nullable=False, server_default=text("0")),  # above 0: claimed before the others
    Column("content", Text, nullable=False),  # JSON, frozen when the campaign starts
    Column("audience", Text, nullable=False),  # JSON: path, digest, columns
    Column("message_id_domain", Text, nullable=False),
    Column("created_by", BigInteger),  # a user of the catalogue
    Column("starts_at", Double),
    Column("start_timezone", Text),  # in which starts_at was asked for
    Column("late_start", Text, nullable=False, server_default=text("'ask'")),  # or 'start': when starts_at was missed
    Column("rate_per_minute", Double, nullable=False, server_default=text("0")),
    Column("next_at", Double, nullable=False, server_default=text("0")),  # pace: the next free slot
    Column("weight", Double, nullable=False, server_default=text("1")),  # its share of accounts that others use too
    Column("pacing", Text),  # JSON: its sending window, its choice of account
    Column("max_attempts", Integer),
    Column("retry_delay_seconds", Double),
    Column("launch_cursor", BigInteger, nullable=False, server_default=text("0")),  # last line of the audience taken
    Column("launched_at", Double),
    Column("refused", BigInteger, nullable=False, server_default=text("0")),
    Column("pause_reason", Text),
    Column("resumes_at", Double),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("workspace_id", "key", name="campaigns_key"),
    Index("campaigns_workspace", "workspace_id", "kind", "id"),
    Index(
        "campaigns_scheduled",
        "starts_at",
        sqlite_where=text("status = 'scheduled'"),
        postgresql_where=text("status = 'scheduled'"),
    ),
    # Whoever looks for campaigns in a status reads nothing else: a row is as long as its content.
    Index("campaigns_status", "status", "launched_at"),
    Index("campaigns_changed", "workspace_id", "updated_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", ID, primary_key=True),
    Column("campaign_id", BigInteger, ForeignKey("campaigns.id"), nullable=False),
    Column("contact_id", BigInteger, nullable=False),  # the line of the audience file, or the contact's id
    Column("address", Text, nullable=False),
    Column("fields", Text, nullable=False),  # JSON object of strings
    Column("state", SmallInteger, nullable=False, server_default=text("0")),
    Column("account_id", BigInteger),  # who holds it, or held it last
    Column("lease", BigInteger, nullable=False, server_default=text("0")),  # the fence of the claim
    Column("attempt", Integer, nullable=False, server_default=text("0")),  # number of the last intent or refusal
    Column("charged", SmallInteger, nullable=False, server_default=text("0")),
    Column("returns", SmallInteger, nullable=False, server_default=text("0")),
    Column("first_intent_at", Double),
    Column("due_at", Double),  # set while it waits after having been touched; NULL on fresh rows
    Column("at", Double),  # last change of state that people see
    Column("part", SmallInteger, nullable=False, server_default=text("0")),  # of campaigns that are sent in parts
    Column("reply", Text),
    Column("layers", Text),  # JSON list: the layers in which it counts since its claim
    Column("dealt_to", BigInteger),  # the account that is to send it, where its campaign chooses
    CheckConstraint("state BETWEEN 0 AND 15", name="messages_state"),
    Index("messages_contact", "campaign_id", "contact_id", unique=True),
    Index(
        "messages_fresh",
        "campaign_id",
        "id",
        sqlite_where=text("state = 0 AND due_at IS NULL"),
        postgresql_where=text("state = 0 AND due_at IS NULL"),
    ),
    Index(
        "messages_due",
        "campaign_id",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "messages_held",
        "account_id",
        "lease",
        sqlite_where=text("state BETWEEN 1 AND 2"),
        postgresql_where=text("state BETWEEN 1 AND 2"),
    ),
    Index(
        "messages_dealt",
        "campaign_id",
        "dealt_to",
        "id",
        sqlite_where=text("state = 0 AND dealt_to IS NOT NULL"),
        postgresql_where=text("state = 0 AND dealt_to IS NOT NULL"),
    ),
    Index(
        "messages_uncertain",
        "campaign_id",
        "id",
        sqlite_where=text("state = 7"),
        postgresql_where=text("state = 7"),
    ),
    Index(
        "messages_failed",
        "campaign_id",
        "id",
        sqlite_where=text("state = 5"),
        postgresql_where=text("state = 5"),
    ),
)

campaign_counters = Table(
    "campaign_counters",
    metadata,
    # Counters change in the transaction of the rows they count; one row per sender slot, summed when read.
    Column("campaign_id", BigInteger, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False),
    Column("slot", SmallInteger, primary_key=True, autoincrement=False),
    Column("updated_at", Double, nullable=False),
    *(
        Column(state, BigInteger, nullable=False, server_default=text("0"))
        for state in (
            "queued",
            "sending",
            "deferred",
            "sent",
            "failed",
            "skipped",
            "uncertain",
            "cancelled",
            "delivered",
            "read",
            "bounced",
            "bounced_hard",
            "opened",
            "clicked",
            "unsubscribed",
            "complained",
            "opens",
            "clicks",
            "automatic_opens",
            "automatic_clicks",
        )
    ),
)

campaign_accounts = Table(
    "campaign_accounts",
    metadata,
    Column("campaign_id", BigInteger, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("active", SmallInteger, nullable=False, server_default=text("1")),  # 0: no longer in the campaign's file
    Column("sent", BigInteger, nullable=False, server_default=text("0")),
)

links = Table(
    "links",
    metadata,
    # Where the tracked links of a campaign lead; the content says so, and here they are counted.
    Column("campaign_id", BigInteger, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("target", Text, nullable=False),  # a URL, or the template of one
    Column("clicks", BigInteger, nullable=False, server_default=text("0")),  # of people
)
