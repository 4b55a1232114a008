"""The schema: migrations and tables agree on both databases, and the hot statements use their indexes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text

from paceline.settings import read_settings
from paceline.store import migrations
from paceline.store.catalogue.schema import metadata as catalogue
from paceline.store.database import Database
from paceline.store.migrations import CATALOGUE, QUEUE, Schema, upgrade
from paceline.store.opening import SchemaMismatch, open_catalogue, open_queue, schema_version
from paceline.store.queue.delivery_statements import delivery_statements
from paceline.store.queue.schema import metadata as queue


@pytest.fixture
def database(bare_database_url: str, tmp_path: Path) -> Iterator[Database]:
    opened = open_queue(read_settings({}, database=bare_database_url, data_dir=str(tmp_path)))
    open_catalogue(read_settings({}, database=bare_database_url, data_dir=str(tmp_path)), opened)
    yield opened
    opened.close()


def test_migrations_make_the_tables_that_the_program_knows(database: Database) -> None:
    with database.read() as connection:
        found = MigrationContext.configure(connection, opts={"include_object": _is_a_table_of_ours})
        differences = compare_metadata(found, _together(queue, catalogue))
    assert differences == []


def _together(*schemas: MetaData) -> MetaData:
    both = MetaData()
    for table in (table for schema in schemas for table in schema.tables.values()):
        table.to_metadata(both)
    return both


def _is_a_table_of_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    return not (kind == "table" and name in (QUEUE.version_table, CATALOGUE.version_table))


@pytest.mark.parametrize("schema", [QUEUE, CATALOGUE], ids=lambda schema: schema.name)
def test_second_upgrade_changes_nothing(database: Database, schema: Schema) -> None:
    upgrade(database, schema)
    assert schema_version(database, schema) == schema.version


@pytest.mark.parametrize("schema", [QUEUE, CATALOGUE], ids=lambda schema: schema.name)
def test_migrations_are_one_numbered_row(schema: Schema) -> None:
    folder = Path(migrations.__file__).parent / schema.name
    files = sorted(folder.glob("[0-9]*.py"))
    assert [file.name[:4] for file in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    before = None
    for file in files:
        text = file.read_text()
        assert f'revision = "{file.name[:4]}"' in text
        assert f"down_revision = {before}" in text
        before = f'"{file.name[:4]}"'


def test_names_of_the_two_schemas_do_not_meet() -> None:
    assert set(queue.tables).isdisjoint(catalogue.tables)


def test_database_of_another_version_is_refused_with_the_cure(database_url: str, tmp_path: Path) -> None:
    settings = read_settings({}, database=database_url, data_dir=str(tmp_path))
    database = open_queue(settings)
    database.execute("UPDATE queue_version SET version_num = '0000'")
    database.close()
    with pytest.raises(SchemaMismatch, match="paceline database upgrade"):
        open_queue(settings)


PLANS: dict[str, tuple[str, dict[str, Any]]] = {
    "fresh": ("messages_fresh", {"campaign": 1, "after": 0, "limit": 10}),
    "due": ("messages_due", {"campaign": 1, "now": 0.0, "limit": 10}),
    "held": ("messages_held", {"account": 1, "lease": 1}),
}


@pytest.mark.parametrize("name", PLANS)
def test_hot_statement_uses_its_partial_index(name: str, sqlite_url: str, tmp_path: Path) -> None:
    database = open_queue(read_settings({}, database=sqlite_url, data_dir=str(tmp_path)))
    index, values = PLANS[name]
    statement = str(delivery_statements(database)[name])
    with database.read() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"), values).all()
    database.close()
    assert any(index in row[3] for row in plan), plan
    assert not any(row[3].startswith("SCAN messages") for row in plan), plan


@pytest.mark.parametrize("name", PLANS)
def test_hot_statement_uses_its_partial_index_on_postgresql(name: str, postgresql_url: str, tmp_path: Path) -> None:
    database = open_queue(read_settings({}, database=postgresql_url, data_dir=str(tmp_path)))
    index, values = PLANS[name]
    statement = str(delivery_statements(database)[name])
    with database.read_much() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(connection.execute(text(f"EXPLAIN {statement}"), values).scalars())
    database.close()
    assert index in plan, plan
