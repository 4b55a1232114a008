"""Tables of contacts, lists, segments and imports."""

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

from paceline.store.catalogue.schema.base import BYTEWISE, ID, JSON, metadata

contacts = Table(
    "contacts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("email", Text),
    Column("email_key", BYTEWISE),  # as compared: case-folded
    Column("phone", BYTEWISE),  # E.164
    Column("fields", JSON, nullable=False, server_default=text("'{}'")),  # JSON object of strings
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    CheckConstraint("email IS NOT NULL OR phone IS NOT NULL", name="contacts_address"),
    Index("contacts_email", "workspace_id", "email_key", unique=True),
    Index("contacts_workspace", "workspace_id", "id"),
    Index(
        "contacts_phone",
        "workspace_id",
        "phone",
        unique=True,
        sqlite_where=text("phone IS NOT NULL"),
        postgresql_where=text("phone IS NOT NULL"),
    ),
)

lists = Table(
    "lists",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("consent", Text),  # why its contacts may be written to; NULL: no consent on record
    Column("double_opt_in", SmallInteger, nullable=False, server_default=text("0")),
    Column("confirmation_template_id", BigInteger),  # set: people may join by themselves
    # Kept in the transaction of the rows they count, so that a list of lists counts nothing.
    Column("confirmed", BigInteger, nullable=False, server_default=text("0")),
    Column("unconfirmed", BigInteger, nullable=False, server_default=text("0")),
    Column("unsubscribed", BigInteger, nullable=False, server_default=text("0")),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("workspace_id", "name", name="lists_name"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("list_id", BigInteger, ForeignKey("lists.id"), primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    Column("state", SmallInteger, nullable=False),  # domain/contact.py: unconfirmed, confirmed, unsubscribed
    Column("source", Text, nullable=False, server_default=text("''")),  # import, API, form …
    Column("at", Double, nullable=False),
    CheckConstraint("state BETWEEN 0 AND 15", name="subscriptions_state"),
    Index("subscriptions_contact", "contact_id"),
    sqlite_with_rowid=False,
)

segments = Table(
    "segments",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("filter", Text, nullable=False),  # JSON: domain/segment.py
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("workspace_id", "name", name="segments_name"),
)

activity = Table(
    "activity",
    metadata,
    # What is known of a contact per campaign (sent, opened, clicked …), brought over from the queue's facts.
    Column("contact_id", BigInteger, ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("first_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("count", Integer, nullable=False),
    Index("activity_campaign", "campaign_id", "kind", "contact_id"),
    sqlite_with_rowid=False,
)

imports = Table(
    "imports",
    metadata,
    Column("id", ID, primary_key=True),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),
    Column("list_id", BigInteger),
    Column("file", Text, nullable=False),  # where the upload lies; removed when the import has ended
    Column("file_name", Text, nullable=False),  # as the person called it
    Column("options", Text, nullable=False),  # JSON: mapping, mode, consent
    Column("status", Text, nullable=False),  # waiting, running, completed, cancelled, failed
    Column("reason", Text),
    Column("digest", Text, nullable=False),  # of the file: an import never goes on with another one
    # How far it is: every line up to cursor; of the lines up to part_end, ordered by address, the first part_done.
    *(
        Column(place, BigInteger, nullable=False, server_default=text("0"))
        for place in ("cursor", "part_end", "part_done")
    ),
    *(
        Column(count, BigInteger, nullable=False, server_default=text("0"))
        for count in ("rows", "imported", "updated", "duplicates", "refused")
    ),
    Column("holder", Text),  # the process that works on it
    Column("held_until_at", Double),  # after this another one may take it over
    Column("created_by", BigInteger),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("told", SmallInteger, nullable=False, server_default=text("0")),  # its end was made known
    Index(
        "imports_untold",
        "id",
        sqlite_where=text("told = 0 AND finished_at IS NOT NULL"),
        postgresql_where=text("told = 0 AND finished_at IS NOT NULL"),
    ),
    Index("imports_workspace", "workspace_id", "id"),
    Index(
        "imports_unfinished",
        "id",
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
)
