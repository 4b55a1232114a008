"""The tables of the queue, for both databases.

Columns named ``*_at`` are instants: UTC seconds since the epoch. States are small integers (or words where a table is
small), so that a new one needs no rebuild of a large table; the moves between them are guarded in the statements.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# SQLite makes only INTEGER PRIMARY KEY an alias of the rowid, so the type of ids differs by necessity.
_Id = BigInteger().with_variant(Integer, "sqlite")

installation = Table(
    "installation",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),  # random; part of every Message-ID key
    Column("store_identity", Text, nullable=False),  # machine and file, or cluster and timeline, at the last start
    Column("key_check", Text),  # fingerprint of the secret key, so that another key is noticed before it is used
    Column("commits", BigInteger, nullable=False, server_default=text("0")),
    Column("clock_at", Double, nullable=False),  # the last time that was used, and the boot clock that went with it
    Column("clock_boot", Double, nullable=False),
    Column("clock_boot_id", Text, nullable=False),
    Column("backed_up_at", Double),
    CheckConstraint("id = 1", name="installation_is_one_row"),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", _Id, primary_key=True),
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
    Column("id", _Id, primary_key=True),
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
    Column("reply", Text),
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
        "messages_uncertain",
        "campaign_id",
        "id",
        sqlite_where=text("state = 7"),
        postgresql_where=text("state = 7"),
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

accounts = Table(
    "accounts",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("identity", Text, nullable=False),  # host:port:username, or the phone number id
    Column("name", Text, nullable=False),
    Column("login", Text, nullable=False),  # JSON without secrets
    Column("secrets", LargeBinary),  # sealed, bound to this row
    Column("from_address", Text, nullable=False, server_default=text("''")),
    Column("minute_limit", Integer, nullable=False, server_default=text("0")),
    Column("hourly_limit", Integer, nullable=False, server_default=text("0")),
    Column("daily_limit", Integer, nullable=False, server_default=text("0")),
    Column("monthly_limit", Integer, nullable=False, server_default=text("0")),
    Column("limit_window", Text, nullable=False, server_default=text("'calendar'")),
    Column("timezone", Text, nullable=False, server_default=text("'UTC'")),
    Column("rate_per_minute", Double, nullable=False, server_default=text("0")),
    Column("max_connections", Integer, nullable=False, server_default=text("1")),
    Column("largest_campaign", Integer, nullable=False, server_default=text("0")),  # messages; 0: any
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("state", Text, nullable=False, server_default=text("'ready'")),
    Column("reason", Text),
    Column("until_at", Double),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    Column("next_at", Double, nullable=False, server_default=text("0")),  # pace
    Column("open_intents", Integer, nullable=False, server_default=text("0")),
    Column("lease", BigInteger, nullable=False, server_default=text("0")),  # grows with every holder
    Column("sender_id", BigInteger),  # who holds the lease
    Column("host", Text, nullable=False, server_default=text("''")),  # the server, as ``servers`` names it
    Column("connections", Integer, nullable=False, server_default=text("0")),  # what its holder may open
    Column("tags", Text, nullable=False, server_default=text("'[]'")),  # JSON list
    Column("hidden_at", Double),  # deleted by a person; kept because messages and usage name it
    UniqueConstraint("workspace_id", "channel", "identity", name="accounts_identity"),
)

servers = Table(
    "servers",
    metadata,
    # Only those that a person has given a limit; the others are known by their accounts.
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("host", Text, primary_key=True),
    Column("max_connections", Integer, nullable=False),  # of all its accounts together
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

usage = Table(
    "usage",
    metadata,
    # Answered messages per account and 10-second bucket (UTC), only where not zero.
    Column("account_id", BigInteger, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("bucket", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),  # case-folded
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
)

events = Table(
    "events",
    metadata,
    # Facts, never changed; the key makes a replayed group harmless.
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("campaign_id", BigInteger, nullable=False),
    Column("account_id", BigInteger),
    Column("at", Double, nullable=False),
    Column("detail", Text),
    Index("events_at", "at"),
    sqlite_with_rowid=False,
)

facts = Table(
    "facts",
    metadata,
    # What came back about a message: opens, clicks, bounces, complaints … The key makes a repeated one harmless.
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),  # domain/fact.py
    Column("key", Text, primary_key=True),
    Column("campaign_id", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("doer", Text),  # of opens and clicks: person, prefetch, proxy, scanner
    Column("rule", Text),  # that recognised the doer, or the kind of a bounce
    Column("link", Integer),
    Column("detail", Text),
    Index("facts_at", "at"),
    sqlite_with_rowid=False,
)

delivery_facts = Table(
    "delivery_facts",
    metadata,
    # Per message the first time of each kind of fact, beside its state; each is set once, so counts stay exact.
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("campaign_id", BigInteger, nullable=False),
    *(
        Column(f"{kind}_at", Double)
        for kind in (
            "delivered",
            "read",
            "bounced",
            "bounced_hard",
            "opened",
            "clicked",
            "unsubscribed",
            "complained",
        )
    ),
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

soft_bounces = Table(
    "soft_bounces",
    metadata,
    # Temporary troubles of an address, counted until they are enough to suppress it.
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("address", Text, primary_key=True),  # case-folded
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Index("soft_bounces_age", "at"),
    sqlite_with_rowid=False,
)

notices = Table(
    "notices",
    metadata,
    # What has happened to campaigns and accounts, written in the transaction of the change; pruned by age.
    Column("id", _Id, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # domain/event.py
    Column("subject_id", BigInteger, nullable=False),  # the campaign or the account
    Column("data", Text, nullable=False),  # JSON
    Column("at", Double, nullable=False),
    Column("told", SmallInteger, nullable=False),  # 0: to be turned into notifications
    Index("notices_untold", "id", sqlite_where=text("told = 0"), postgresql_where=text("told = 0")),
    Index("notices_age", "at"),
)

senders = Table(
    "senders",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("slot", SmallInteger, nullable=False),
    Column(
        "process", Text, nullable=False
    ),  # machine, boot, namespace, pid, start: tells a dead process from a mute one
    Column("campaign_id", BigInteger),  # it sends only this campaign's accounts; NULL: everybody's
    Column("started_at", Double, nullable=False),
    Column("lease_until", Double, nullable=False),
    Column("ended_at", Double),
    Column("commits", BigInteger, nullable=False, server_default=text("0")),
)

queue_leaderships = Table(
    "queue_leaderships",
    metadata,
    # Work on the queue that only one process does at a time, wherever it runs: held by a lease.
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until_at", Double, nullable=False),
)

chore_failures = Table(
    "chore_failures",
    metadata,
    # Recurring work that fails now; its row goes when it succeeds.
    Column("name", Text, primary_key=True),
    Column("since_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    Column("reason", Text, nullable=False),
)
