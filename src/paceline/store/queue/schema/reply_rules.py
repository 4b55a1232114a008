"""Tables of reply rules: the rules of people, the answers that count towards them, and what they hold back for a time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from paceline.store.queue.schema.base import ID, metadata

reply_rules = Table(
    "reply_rules",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("code", Text, nullable=False),  # domain/reply_rule.py says what all of these mean
    Column("enhanced", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("after_count", Integer, nullable=False),
    Column("within_seconds", Double, nullable=False),
    Column("action", Text, nullable=False),
    Column("for_seconds", Double, nullable=False),
    Column("share", Double, nullable=False),
    UniqueConstraint("workspace_id", "name", name="reply_rules_name"),
)

reply_counts = Table(
    "reply_counts",
    metadata,
    # Matching answers per rule, target and step of time; only as long as they count.
    Column("rule_id", BigInteger, ForeignKey("reply_rules.id"), primary_key=True, autoincrement=False),
    Column("target", Text, primary_key=True),  # the account's or campaign's number, the host or the domain
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

restraints = Table(
    "restraints",
    metadata,
    # What a rule holds back now. The row stays until it is over; a rule that acts again prolongs it.
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("rule_id", BigInteger, ForeignKey("reply_rules.id"), nullable=False),
    Column("scope", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("reason", Text, nullable=False),  # names the rule
    Column("rate_per_minute", Double),  # NULL: nothing is sent
    Column("until_at", Double, nullable=False),
    UniqueConstraint("rule_id", "scope", "target", name="restraints_target"),
    Index("restraints_workspace", "workspace_id", "until_at"),
)
