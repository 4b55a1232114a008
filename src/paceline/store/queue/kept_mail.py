"""Mail at a bounce address that could not be read, or is about no message of ours: kept for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import Database, sql

MOST_KEPT = 10_000
"""Of a workspace. What comes when there are so many is not kept: a flood must not fill the disk."""
_BATCH = 200
_COLUMNS = "id, at, source, sent_to, sender, subject, kind, message_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """A mail without its text. ``kind`` is what it was taken for."""

    id: int
    at: float
    source: str
    sent_to: str
    sender: str
    subject: str
    kind: str
    message_id: int | None


def keep(
    connection: Connection,
    *,
    workspace_id: int,
    digest: str,
    at: float,
    source: str,
    sent_to: str,
    sender: str,
    subject: str,
    kind: str,
    message_id: int | None,
    raw: bytes,
) -> bool:
    """Keep a mail; the same one again, or one too many, changes nothing. Returns whether it is kept now."""
    statement = (
        "INSERT INTO kept_mail (workspace_id, digest, at, source, sent_to, sender, subject, kind, message_id, raw) "
        "SELECT :workspace_id, :digest, :at, :source, :sent_to, :sender, :subject, :kind, CAST(:message_id AS BIGINT), :raw "
        "WHERE (SELECT COUNT(*) FROM kept_mail WHERE workspace_id = :workspace_id) < :most ON CONFLICT DO NOTHING"
    )
    values = {
        "workspace_id": workspace_id,
        "digest": digest,
        "at": at,
        "source": source,
        "sent_to": sent_to,
        "sender": sender,
        "subject": subject,
        "kind": kind,
        "message_id": message_id,
        "raw": raw,
        "most": MOST_KEPT,
    }
    return connection.execute(sql(statement), values).rowcount > 0


def newest(connection: Connection, *, workspace_id: int, before: int | None, limit: int) -> list[KeptMail]:
    """The kept mail of a workspace, the newest first, from before a number on."""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM kept_mail WHERE workspace_id = :workspace AND id < :before "
            "ORDER BY id DESC LIMIT :limit"
        ),
        {"workspace": workspace_id, "before": (1 << 62) if before is None else before, "limit": limit},
    )
    return [KeptMail(**row._mapping) for row in rows]


def get(connection: Connection, mail_id: int, *, workspace_id: int) -> tuple[KeptMail, bytes] | None:
    """One mail with its text."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS}, raw FROM kept_mail WHERE id = :id AND workspace_id = :workspace"),
        {"id": mail_id, "workspace": workspace_id},
    ).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    raw = bytes(values.pop("raw"))
    return KeptMail(**values), raw


def delete(connection: Connection, mail_id: int, *, workspace_id: int) -> bool:
    """Forget a mail; returns whether it was there."""
    statement = "DELETE FROM kept_mail WHERE id = :id AND workspace_id = :workspace"
    return connection.execute(sql(statement), {"id": mail_id, "workspace": workspace_id}).rowcount > 0


def count(connection: Connection) -> int:
    """How many there are in the whole installation."""
    return int(connection.execute(sql("SELECT COUNT(*) FROM kept_mail")).scalar_one())


def prune(database: Database, *, before: float) -> Iterator[int]:
    """Forget what came before an instant, some at a time; yields how many went each time."""
    removed = _BATCH
    while removed == _BATCH:
        with database.write() as connection:
            removed = connection.execute(
                sql("DELETE FROM kept_mail WHERE id IN (SELECT id FROM kept_mail WHERE at < :before LIMIT :batch)"),
                {"before": before, "batch": _BATCH},
            ).rowcount
        yield removed
