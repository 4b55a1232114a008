"""The tables of the queue, for both databases.

Columns named ``*_at`` are instants: UTC seconds since the epoch. States are small integers (or words where a table is
small), so that a new one needs no rebuild of a large table; the moves between them are guarded in the statements.
"""

from __future__ import annotations

from paceline.store.queue.schema import (
    accounts,
    campaigns,
    domains,
    erasures,
    facts,
    fallbacks,
    files,
    health,
    incoming,
    installation,
    layers,
    rates,
    remote,
    reply_rules,
    whatsapp,
)
from paceline.store.queue.schema.base import metadata

__all__ = [
    "accounts",
    "campaigns",
    "domains",
    "erasures",
    "facts",
    "fallbacks",
    "files",
    "health",
    "incoming",
    "installation",
    "layers",
    "metadata",
    "rates",
    "remote",
    "reply_rules",
    "whatsapp",
]
