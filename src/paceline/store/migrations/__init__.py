"""Alembic migrations of the two schemas, run from within the program: no alembic.ini, no shell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paceline.store.database import Database

_HERE = Path(__file__).parent
_ONE_AT_A_TIME = 0x7061636C
"""The number of the lock under which PostgreSQL's schemas are changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One of the two sets of tables; they may live in one database or in two."""

    name: str
    """The folder of its migrations."""
    version_table: str

    @property
    def version(self) -> str:
        """The newest migration: the files are numbered."""
        return _versions(self.name)[-1]


QUEUE = Schema(name="queue", version_table="queue_version")
"""A sender that meets another version stops claiming."""

CATALOGUE = Schema(name="catalogue", version_table="catalogue_version")


@cache
def _versions(folder: str) -> list[str]:
    return sorted(file.name[:4] for file in (_HERE / folder).glob("[0-9]*.py"))


def upgrade(database: Database, schema: Schema) -> None:
    """Bring a schema to its version in one transaction; a second call changes nothing."""
    from alembic import command  # imported here because it costs a tenth of a second and is rarely needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _quoted(_HERE))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", _quoted(_HERE / schema.name))
    with database.write() as connection:
        if database.lock_rows:  # SQLite has one writer anyway
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        config.attributes["connection"] = connection
        config.attributes["version_table"] = schema.version_table
        command.upgrade(config, "head")


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%%")
