"""Tables of mail that comes back: mailboxes that are read, and mail that a person should look at."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
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

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("security", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("oauth", Text),  # JSON without secrets; NULL: a password
    Column("ca_file", Text, nullable=False, server_default=text("''")),
    Column("secrets", LargeBinary, nullable=False),  # sealed, bound to this row
    Column("guarded", SmallInteger, nullable=False),
    Column("folder", Text, nullable=False),
    Column("use", Text, nullable=False),  # domain/mailbox.py
    Column("processed", Text, nullable=False),
    Column("move_to", Text, nullable=False, server_default=text("''")),
    Column("enabled", SmallInteger, nullable=False, server_default=text("1")),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("created_at", Double, nullable=False),
    # how its reader fares
    Column("state", Text, nullable=False, server_default=text("'new'")),
    Column("reason", Text),
    Column("since_at", Double, nullable=False),  # in this state
    Column("read_at", Double),  # looked into for the last time
    Column("uid_validity", BigInteger),
    Column("last_uid", BigInteger, nullable=False, server_default=text("0")),
    Column("mails", BigInteger, nullable=False, server_default=text("0")),  # looked at
    Column("matched", BigInteger, nullable=False, server_default=text("0")),  # about a message of ours
    UniqueConstraint("workspace_id", "name", name="mailboxes_name"),
)

kept_mail = Table(
    "kept_mail",
    metadata,
    # Mail at a bounce address that could not be read, or about no message of ours: for a person to look at.
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("source", Text, nullable=False),  # pipe, lmtp, or the mailbox's name
    Column("sent_to", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),  # what it was taken for
    Column("message_id", BigInteger),  # the message that it is about, where that is known
    Column("raw", LargeBinary, nullable=False),  # its beginning
    UniqueConstraint("workspace_id", "digest", name="kept_mail_once"),
    Index("kept_mail_age", "at"),
)
