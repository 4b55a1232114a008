"""Tables of workspaces, users and how they get in."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from paceline.store.catalogue.schema.base import ID, metadata

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("settings", Text, nullable=False, server_default=text("'{}'")),  # JSON: operations/people/workspaces.py
    Column("created_at", Double, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", ID, primary_key=True),
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
    Column("id", ID, primary_key=True),
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
    Column("id", ID, primary_key=True),
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
    Column("id", ID, primary_key=True),
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
