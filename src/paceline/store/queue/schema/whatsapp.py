"""Tables of WhatsApp: webhooks that came, what the provider says of numbers and templates, and what messages cost."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, SmallInteger, Table, Text, text

from paceline.store.queue.schema.base import ID, metadata

received_webhooks = Table(
    "received_webhooks",
    metadata,
    # Bodies as they came, until they are worked through; one that cannot be stays, with the reason.
    Column("id", ID, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("at", Double, nullable=False),
    Column("failure", Text),
    Index(
        "received_webhooks_open",
        "id",
        sqlite_where=text("failure IS NULL"),
        postgresql_where=text("failure IS NULL"),
    ),
)

whatsapp_ids = Table(
    "whatsapp_ids",
    metadata,
    # The provider's ids of our messages, so that answers to them find them; forgotten with old facts.
    Column("wamid", Text, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Column("recipient", Text, nullable=False),  # as the provider writes it, with a "+"; "" where it keeps it back
    Column("at", Double, nullable=False),
    Index("whatsapp_ids_recipient", "recipient", "at"),
)

whatsapp_numbers = Table(
    "whatsapp_numbers",
    metadata,
    # What the provider says of a phone number, an account of ours.
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("business_account", Text, nullable=False, server_default=text("''")),  # id of its WhatsApp Business Account
    Column("display_number", Text, nullable=False, server_default=text("''")),  # digits
    Column("status", Text, nullable=False, server_default=text("''")),
    Column("quality", Text, nullable=False, server_default=text("''")),  # GREEN, YELLOW, RED
    Column("messaging_limit", Integer),  # recipients in 24 hours; -1: any number; NULL: not known
    Column("inbound_at", Double),  # the last message from a person
    Column("checked_at", Double),
    Index("whatsapp_numbers_business", "business_account"),
)

whatsapp_templates = Table(
    "whatsapp_templates",
    metadata,
    # The provider's list of templates, as it was read last and as webhooks have changed it since.
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("business_account", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("quality", Text, nullable=False, server_default=text("''")),
    Column("category", Text, nullable=False, server_default=text("''")),
    Column("parameter_format", Text, nullable=False, server_default=text("''")),
    Column("components", Text, nullable=False, server_default=text("'[]'")),  # JSON
    Column("reason", Text),
    Column("updated_at", Double, nullable=False),
)

template_stops = Table(
    "template_stops",
    metadata,
    # Templates that may not be sent now: their contacts wait.
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("template", Text, primary_key=True),  # name/language
    Column("reason", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("until_at", Double),  # NULL: until the provider or a person says otherwise
)

whatsapp_signals = Table(
    "whatsapp_signals",
    metadata,
    # What became of a campaign's last messages, one letter each, the newest at the end (domain/whatsapp_health.py).
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("recent", Text, nullable=False),
)

message_prices = Table(
    "message_prices",
    metadata,
    # How the provider charges a message; counted once it is delivered.
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("campaign_id", BigInteger, nullable=False),
    Column("category", Text, nullable=False),
    Column("country", Text, nullable=False),  # calling code of the recipient
    Column("billable", SmallInteger, nullable=False),
    Column("counted", SmallInteger, nullable=False, server_default=text("0")),
)

campaign_charges = Table(
    "campaign_charges",
    metadata,
    # Delivered messages per campaign, category and calling code: costs are these times the rate table.
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("category", Text, primary_key=True),
    Column("country", Text, primary_key=True),
    Column("billable", BigInteger, nullable=False, server_default=text("0")),
    Column("free", BigInteger, nullable=False, server_default=text("0")),
)

whatsapp_media = Table(
    "whatsapp_media",
    metadata,
    # Files that a phone number has uploaded: the provider keeps them for 30 days, for that number only.
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, primary_key=True),  # SHA-256 of the content
    Column("media_id", Text, nullable=False),
    Column("expires_at", Double, nullable=False),
)
