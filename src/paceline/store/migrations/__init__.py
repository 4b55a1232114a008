"""Alembic migrations of the queue, run from within the program: no alembic.ini, no shell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paceline.store.database import Database

SCHEMA_VERSION = "0001"
"""The newest migration; a sender that meets another one stops claiming."""

_ONE_AT_A_TIME = 0x7061636C
"""The number of the lock under which PostgreSQL's schema is changed."""


def upgrade(database: Database) -> None:
    """Bring the schema to SCHEMA_VERSION in one transaction; a second call changes nothing."""
    from alembic import command  # imported here because it costs a tenth of a second and is rarely needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with database.write() as connection:
        if database.lock_rows:  # SQLite has one writer anyway
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
