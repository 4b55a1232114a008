"""Removing what is old from the catalogue, in small batches; walks as in store/queue/pruning.py."""

from __future__ import annotations

from collections.abc import Iterator

from paceline.store.database import Database, sql

_BATCH = 500


def idempotency_keys(database: Database, *, before: float) -> Iterator[int]:
    """Keys of requests that came before an instant: the same key may be used anew."""
    return _removed(
        database,
        "DELETE FROM idempotency_keys WHERE (workspace_id, key) IN (SELECT workspace_id, key FROM idempotency_keys "
        "WHERE created_at < :before ORDER BY created_at LIMIT :batch)",
        before,
    )


def audit(database: Database, *, before: float) -> Iterator[int]:
    """Lines of the audit log from before an instant. They lie in the order of time, so the oldest come first."""
    return _removed(
        database,
        "DELETE FROM audit WHERE at < :before AND id IN (SELECT id FROM audit ORDER BY id LIMIT :batch)",
        before,
    )


def _removed(database: Database, words: str, before: float) -> Iterator[int]:
    removed = _BATCH
    while removed == _BATCH:
        with database.write() as connection:
            removed = connection.execute(sql(words), {"before": before, "batch": _BATCH}).rowcount
        yield removed
