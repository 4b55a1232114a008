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


def sessions(database: Database, *, before: float) -> Iterator[int]:
    """Sessions that nobody can use any more since before an instant."""
    return _removed(database, _BY_MOMENT.format(table="sessions", key="id", moment="expires_at"), before)


def one_time_links(database: Database, *, before: float) -> Iterator[int]:
    """Links that have expired before an instant, used or not."""
    return _removed(database, _BY_MOMENT.format(table="one_time_links", key="id", moment="expires_at"), before)


def login_attempts(database: Database, *, before: float) -> Iterator[int]:
    """Failed logins whose pause was over before an instant: strangers make them up by the thousand."""
    words = _BY_MOMENT.format(table="login_attempts", key="subject", moment="blocked_until_at")
    return _removed(database, words, before)


_BY_MOMENT = (
    "DELETE FROM {table} WHERE {moment} < :before AND {key} IN "
    "(SELECT {key} FROM {table} WHERE {moment} < :before ORDER BY {moment} LIMIT :batch)"
)


def _removed(database: Database, words: str, before: float) -> Iterator[int]:
    removed = _BATCH
    while removed == _BATCH:
        with database.write() as connection:
            removed = connection.execute(sql(words), {"before": before, "batch": _BATCH}).rowcount
        yield removed
