"""Tables of fallbacks: which campaign takes over the contacts that another one cannot reach."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, text

from paceline.store.queue.schema.base import metadata

fallbacks = Table(
    "fallbacks",
    metadata,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("fallback_id", BigInteger, nullable=False, unique=True),  # the campaign on the other channel
    # As many had failed or bounced when it was last looked for contacts to hand over.
    Column("seen", BigInteger, nullable=False, server_default=text("-1")),
)
