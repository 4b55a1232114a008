"""The audit log: what was appended comes back newest first, page by page, and never from another workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from paceline.settings import read_settings
from paceline.store.catalogue import audit
from paceline.store.database import Database
from paceline.store.opening import open_catalogue, open_queue


@pytest.fixture
def catalogue(database_url: str, tmp_path: Path) -> Iterator[Database]:
    settings = read_settings({}, database=database_url, data_dir=str(tmp_path))
    opened = open_catalogue(settings, open_queue(settings))
    yield opened
    opened.close()


def _append(database: Database, action: str, *, at: float, workspace_id: int = 1, subject: str = "") -> None:
    with database.write() as connection:
        audit.append(
            connection,
            workspace_id=workspace_id,
            at=at,
            actor="Ann",
            actor_id="usr_a",
            action=action,
            subject=subject,
            detail='{"name": "ü", "count": 3}',
        )


def test_rows_come_back_newest_first_page_by_page(catalogue: Database) -> None:
    for number in range(5):
        _append(catalogue, f"list.create{number}", at=float(number))
    with catalogue.read() as connection:
        first = audit.listing(connection, workspace_id=1, limit=3)
        rest = audit.listing(connection, workspace_id=1, limit=3, before=first[-1].id)
    assert [row.at for row in first + rest] == [4.0, 3.0, 2.0, 1.0, 0.0]
    assert first[0].detail == {"name": "ü", "count": 3}
    assert (first[0].actor, first[0].actor_id) == ("Ann", "usr_a")


def test_another_workspace_sees_nothing(catalogue: Database) -> None:
    _append(catalogue, "list.create", at=1.0)
    with catalogue.read() as connection:
        assert audit.listing(connection, workspace_id=2, limit=10) == []


def test_filters_narrow_the_rows(catalogue: Database) -> None:
    _append(catalogue, "list.create", at=1.0, subject="lst_a")
    _append(catalogue, "list.delete", at=2.0, subject="lst_a")
    _append(catalogue, "list.create", at=3.0, subject="lst_b")
    with catalogue.read() as connection:
        by_action = audit.listing(connection, workspace_id=1, limit=10, action="list.create")
        by_both = audit.listing(connection, workspace_id=1, limit=10, action="list.create", subject="lst_a")
        by_actor = audit.listing(connection, workspace_id=1, limit=10, actor_id="usr_b")
    assert [row.at for row in by_action] == [3.0, 1.0]
    assert [row.at for row in by_both] == [1.0]
    assert by_actor == []
