"""Tables of remote workers: at the controller its workers and what they were given, at a worker its ledger for home."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from paceline.store.queue.schema.base import ID, metadata

workers = Table(
    "workers",
    metadata,
    # At the controller: its workers, how to reach them, and what they have reported.
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("ca_file", Text, nullable=False, server_default=text("''")),
    Column("guarded", SmallInteger, nullable=False),  # 1: named through the API, so its address must be public
    Column("key_hash", Text, nullable=False),
    Column("former_key_hash", Text),  # valid until former_until_at
    Column("former_until_at", Double),
    Column("secrets", LargeBinary, nullable=False),  # sealed: the keys themselves, for what we send
    Column("incarnation", Text),  # of the worker's database
    Column("acknowledged", BigInteger, nullable=False, server_default=text("0")),  # the last sequence that was applied
    Column("reported_at", Double),
    Column("next_report_at", Double),
    Column("backlog", BigInteger, nullable=False, server_default=text("0")),
    Column("breaker", Text),
    Column("version", Text),
    Column("clock_ahead_seconds", Double),
    Column("asked_at", Double),  # when it last answered us
    Column("failures", Integer, nullable=False, server_default=text("0")),  # of our requests, in a row
    Column("failure", Text),
    Column("suppressions_cursor", Text),  # JSON: how far suppressions were carried to it
    Column("created_at", Double, nullable=False),
    Column("halted", Text),  # why it sends nothing until a person has looked
    UniqueConstraint("workspace_id", "name", name="workers_name"),
)

worker_minutes = Table(
    "worker_minutes",
    metadata,
    # How often a worker has asked, per minute; kept for a day.
    Column("worker_id", BigInteger, ForeignKey("workers.id"), primary_key=True, autoincrement=False),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("requests", Integer, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("shortest_gap_seconds", Double),
    sqlite_with_rowid=False,
)

remote_campaigns = Table(
    "remote_campaigns",
    metadata,
    # At the controller: a campaign that a worker sends. The row stays when it has come home.
    Column("campaign_id", BigInteger, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False),
    Column("worker_id", BigInteger, ForeignKey("workers.id"), nullable=False),
    Column("falls_back", SmallInteger, nullable=False),  # 1: sent from here when the worker cannot be reached
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("initialized", Integer, nullable=False, server_default=text("0")),  # the revision that the worker has
    Column("cursor", BigInteger, nullable=False, server_default=text("0")),  # the last message that may be there
    Column("handed_at", Double),  # all of them are there
    Column("start_written_at", Double),  # from here on it counts as started, answered or not
    Column("started_at", Double),  # the worker has said so
    Column("status", Text),  # as the worker last said, in the words of the wire
    Column("pause_reason", Text),
    Column("seen_at", Double),
    Column("taking_home", SmallInteger, nullable=False, server_default=text("0")),
    Column("closed_at", Double),  # nothing is at the worker any more
    Column("discard", SmallInteger, nullable=False, server_default=text("0")),  # 1: the worker is to forget it
    Column("trouble", Text),
    Column("next_try_at", Double, nullable=False, server_default=text("0")),
    Index("remote_campaigns_worker", "worker_id", "closed_at"),
)

worker_errands = Table(
    "worker_errands",
    metadata,
    # At the controller: what is to be carried to a worker besides suppressions, written with the change itself.
    Column("id", ID, primary_key=True),
    Column("worker_id", BigInteger, ForeignKey("workers.id"), nullable=False),
    Column("kind", Text, nullable=False),  # lift, erase, discard (they go when they are told), withhold (stays as told)
    Column("channel", Text),
    Column("address", Text),
    Column("campaign_id", BigInteger),
    Column("message_id", BigInteger),
    Column("reason", Text),
    Column("at", Double, nullable=False),  # of a lift: when the suppression was made that it ends
    Column("told_at", Double),
    Index(
        "worker_errands_untold",
        "worker_id",
        "id",
        sqlite_where=text("told_at IS NULL"),
        postgresql_where=text("told_at IS NULL"),
    ),
    Index("worker_errands_campaign", "campaign_id"),
)

peer_requests = Table(
    "peer_requests",
    metadata,
    # Signed requests of the last minutes, so that none is taken twice.
    Column("id", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Index("peer_requests_at", "at"),
)

home = Table(
    "home",
    metadata,
    # At a worker: one row about its controller.
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("incarnation", Text, nullable=False),  # of this database
    Column("acknowledged", BigInteger, nullable=False, server_default=text("0")),
    Column("announced", Integer, nullable=False, server_default=text("100")),
    Column("has_asked", SmallInteger, nullable=False, server_default=text("0")),
    Column("halted", Text),  # why nothing is sent until a person has looked
)

home_campaigns = Table(
    "home_campaigns",
    metadata,
    # At a worker: the campaigns that it sends for its controller.
    Column("campaign_id", BigInteger, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False),
    Column("remote_id", Text, nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    Column("released", SmallInteger, nullable=False, server_default=text("0")),  # 1: what was not sent is given back
    Column("removing", SmallInteger, nullable=False, server_default=text("0")),
)

outbox = Table(
    "outbox",
    metadata,
    # At a worker: what home does not know yet; written by triggers, in the transaction of the change itself.
    Column("sequence", ID, primary_key=True),
    Column("kind", Text, nullable=False),  # message, fact, suppression, campaign
    Column("campaign_id", BigInteger),
    Column("message_id", BigInteger),
    Column("name", Text),  # of a fact its kind, of a campaign its status, of a suppression its channel
    Column("key", Text),  # of a fact its key, of a suppression the address
    Column("urgent", SmallInteger, nullable=False, server_default=text("0")),
    Column("at", Double),
    Index("outbox_urgent", "sequence", sqlite_where=text("urgent = 1"), postgresql_where=text("urgent = 1")),
    Index("outbox_campaign", "campaign_id"),
    sqlite_autoincrement=True,
)
