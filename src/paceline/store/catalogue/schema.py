"""The tables of the catalogue, for both databases. No table here has the name of one in the queue: they may share a home.

Columns named ``*_at`` are instants: UTC seconds since the epoch. Every row belongs to a workspace, directly or through
the row it belongs to. Numbers of campaigns and accounts are the queue's: there is no foreign key across databases.
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
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

# SQLite makes only INTEGER PRIMARY KEY an alias of the rowid, so the type of ids differs by necessity.
_Id = BigInteger().with_variant(Integer, "sqlite")
# Searched by key, so PostgreSQL keeps it parsed; SQLite has functions over the text.
_Json = Text().with_variant(JSONB(), "postgresql")
# Ordered and searched by prefix, so PostgreSQL must not order it by a language's rules; SQLite never does.
_Bytewise = Text().with_variant(Text(collation="C"), "postgresql")

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("settings", Text, nullable=False, server_default=text("'{}'")),  # JSON: operations/people/workspaces.py
    Column("created_at", Double, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),  # case-folded
    Column("name", Text, nullable=False),
    Column("password_hash", Text),  # argon2id; NULL: logs in through an identity provider only
    Column("totp", LargeBinary),  # sealed secret of the second factor; NULL: none
    Column("totp_confirmed_at", Double),  # NULL: a first code has not been given yet, so none is asked for
    Column("totp_step", BigInteger, nullable=False, server_default=text("0")),  # the last one used: no code twice
    Column("oidc_subject", Text),  # issuer and subject
    Column("disabled_at", Double),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("email_key", name="users_email"),
    UniqueConstraint("oidc_subject", name="users_oidc_subject"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    # Each stands in for one code of the second factor, once: a used one is gone.
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("code_hash", Text, primary_key=True),
)

members = Table(
    "members",
    metadata,
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("role", Text, nullable=False),
    Column("mail_events", Text, nullable=False, server_default=text("'[]'")),  # JSON list: what to tell by mail
    Column("created_at", Double, nullable=False),
    Index("members_user", "user_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("token_hash", Text, nullable=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),  # where the person is at work
    Column(
        "client", Text, nullable=False, server_default=text("''")
    ),  # user agent and address, for the list of sessions
    Column("created_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    UniqueConstraint("token_hash", name="sessions_token"),
    Index("sessions_user", "user_id"),
    Index("sessions_age", "expires_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False),  # the part that is shown
    Column("key_hash", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # JSON list
    Column("created_by", BigInteger),
    Column("created_at", Double, nullable=False),
    Column("used_at", Double),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    UniqueConstraint("key_hash", name="api_keys_hash"),
    Index("api_keys_workspace", "workspace_id", "id"),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    # First user, invitation, password reset: works once, and not for ever.
    Column("id", _Id, primary_key=True),
    Column("token_hash", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("workspace_id", BigInteger),
    Column("user_id", BigInteger),
    Column("email", Text),
    Column("role", Text),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("used_at", Double),
    UniqueConstraint("token_hash", name="one_time_links_token"),
    Index("one_time_links_age", "expires_at"),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    # Failed logins in a row, per account name (its hash: people type passwords there) and per network address.
    Column("subject", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("blocked_until_at", Double, nullable=False),
    Index("login_attempts_age", "blocked_until_at"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("email", Text),
    Column("email_key", _Bytewise),  # as compared: case-folded
    Column("phone", _Bytewise),  # E.164
    Column("fields", _Json, nullable=False, server_default=text("'{}'")),  # JSON object of strings
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
    Column("id", _Id, primary_key=True),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("consent", Text),  # why its contacts may be written to; NULL: no consent on record
    Column("double_opt_in", SmallInteger, nullable=False, server_default=text("0")),
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
    Column("id", _Id, primary_key=True),
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

chore_cursors = Table(
    "chore_cursors",
    metadata,
    # How far a chore is that brings facts of the queue over: (at, message) of the last one it took.
    Column("name", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("message_id", BigInteger, nullable=False),
)

templates = Table(
    "templates",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("content", Text, nullable=False),  # JSON
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("workspace_id", "name", name="templates_name"),
)

imports = Table(
    "imports",
    metadata,
    Column("id", _Id, primary_key=True),
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

audit = Table(
    "audit",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),  # a user's or a key's name, kept when it is gone
    Column("actor_id", Text, nullable=False),  # public id
    Column("action", Text, nullable=False),  # campaign.start
    Column("subject", Text, nullable=False),  # public id, or empty
    Column("detail", Text, nullable=False, server_default=text("'{}'")),  # JSON, never a secret
    Index("audit_workspace", "workspace_id", "id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", SmallInteger),  # NULL: the first request is under way
    Column("body", Text),
    Column("created_at", Double, nullable=False),
    Index("idempotency_keys_age", "created_at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("workspace_id", BigInteger, ForeignKey("workspaces.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),  # JSON list of event names; empty: all
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("secret", LargeBinary, nullable=False),  # sealed, bound to this row: the secret, and the one before it
    Column("previous_until_at", Double),  # until then the secret before it signs too
    Column("enabled", SmallInteger, nullable=False, server_default=text("1")),
    Column("disabled_reason", Text),  # why Paceline switched it off by itself
    Column("created_at", Double, nullable=False),
    Index("webhooks_workspace", "workspace_id", "id"),
)

notifications = Table(
    "notifications",
    metadata,
    # One fact on its way to one receiver, kept as the delivery log.
    Column("id", _Id, primary_key=True),
    Column("workspace_id", BigInteger, nullable=False),
    Column("webhook_id", BigInteger),  # NULL: by mail, to user_id; may be deleted meanwhile
    Column("user_id", BigInteger),
    Column("event", Text, nullable=False),
    Column("event_key", Text, nullable=False),  # the same fact is never told twice to the same receiver
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Double),  # NULL: done or given up
    Column("status", Text, nullable=False),  # waiting, delivered, failed
    Column("answer", Text),
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
    *(
        # Two indexes, because a NULL is equal to no other NULL.
        Index(
            f"notifications_{receiver}_once",
            f"{receiver}_id",
            "event_key",
            unique=True,
            sqlite_where=text(f"{receiver}_id IS NOT NULL"),
            postgresql_where=text(f"{receiver}_id IS NOT NULL"),
        )
        for receiver in ("webhook", "user")
    ),
    Index(
        "notifications_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index("notifications_webhook", "webhook_id", "id"),
    Index("notifications_age", "created_at"),
)

leaderships = Table(
    "leaderships",
    metadata,
    # Work that only one process does at a time, wherever it runs: held by a lease.
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until_at", Double, nullable=False),
)
