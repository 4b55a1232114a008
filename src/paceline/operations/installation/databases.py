"""Bring the schemas of both databases to the version of this program."""

from __future__ import annotations

from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.migrations import CATALOGUE, QUEUE, Schema, upgrade as migrate
from paceline.store.opening import connect_catalogue, connect_queue, open_queue, refuse_newer, schema_version


def upgrade(settings: Settings) -> str:
    """Bring both schemas to this version; says what they were. A second call changes nothing."""
    queue = connect_queue(settings)
    catalogue = connect_catalogue(settings) if settings.has_two_databases else queue
    try:
        return "\n".join((_upgrade(queue, QUEUE, settings), _upgrade(catalogue, CATALOGUE, settings)))
    finally:
        catalogue.close()
        queue.close()


def _upgrade(database: Database, schema: Schema, settings: Settings) -> str:
    before = schema_version(database, schema)
    refuse_newer(database, schema, before)
    if before is None and schema is QUEUE:
        open_queue(settings).close()  # with the row about the installation
    elif before != schema.version:
        migrate(database, schema)
    if before is None:
        return f"{database.name}: filled, {schema.name} schema {schema.version}"
    same = before == schema.version
    return f"{database.name}: {schema.name} schema {before}" + (", nothing to do" if same else f" -> {schema.version}")
