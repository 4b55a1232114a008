"""Tables of the queue as a whole: its identity, its senders, its recurring work."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Integer, SmallInteger, Table, Text, text

from paceline.store.queue.schema.base import ID, metadata

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

senders = Table(
    "senders",
    metadata,
    Column("id", ID, primary_key=True),
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
