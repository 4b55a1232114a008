"""What all tables of this schema share: where they gather, and the types that differ between the databases."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

# SQLite makes only INTEGER PRIMARY KEY an alias of the rowid, so the type of ids differs by necessity.
ID = BigInteger().with_variant(Integer, "sqlite")
# Searched by key, so PostgreSQL keeps it parsed; SQLite has functions over the text.
JSON = Text().with_variant(JSONB(), "postgresql")
# Ordered and searched by prefix, so PostgreSQL must not order it by a language's rules; SQLite never does.
BYTEWISE = Text().with_variant(Text(collation="C"), "postgresql")
