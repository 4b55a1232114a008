"""Tables of what has happened: events, facts that came back, suppressions, notices."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, SmallInteger, Table, Text, text

from paceline.store.queue.schema.base import ID, metadata

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
    Index("suppressions_created", "created_at"),
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
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # domain/event.py
    Column("subject_id", BigInteger, nullable=False),  # the campaign or the account
    Column("data", Text, nullable=False),  # JSON
    Column("at", Double, nullable=False),
    Column("told", SmallInteger, nullable=False),  # 0: to be turned into notifications
    Index("notices_untold", "id", sqlite_where=text("told = 0"), postgresql_where=text("told = 0")),
    Index("notices_age", "at"),
)
