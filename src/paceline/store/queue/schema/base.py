"""What all tables of this schema share: where they gather, and the types that differ between the databases."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData()

# SQLite makes only INTEGER PRIMARY KEY an alias of the rowid, so the type of ids differs by necessity.
ID = BigInteger().with_variant(Integer, "sqlite")
