"""Files that phone numbers, which are accounts, have uploaded to the provider: their ids there, until they expire."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.store.database import sql


def find(connection: Connection, account_id: int, digest: str, *, now: float) -> str | None:
    """The provider's id of a file for this number; None when it was not uploaded, or expires within a day."""
    statement = sql(
        "SELECT media_id FROM whatsapp_media WHERE account_id = :account AND digest = :digest AND expires_at > :until"
    )
    values = {"account": account_id, "digest": digest, "until": now + _SPARE_SECONDS}
    found: str | None = connection.execute(statement, values).scalar()
    return found


def keep(connection: Connection, account_id: int, digest: str, media_id: str, *, now: float) -> None:
    """A file was uploaded; the id takes the place of a former one. What has expired is forgotten."""
    connection.execute(sql("DELETE FROM whatsapp_media WHERE expires_at < :now"), {"now": now})
    connection.execute(
        sql(
            "INSERT INTO whatsapp_media (account_id, digest, media_id, expires_at) "
            "VALUES (:account, :digest, :media, :expires) ON CONFLICT (account_id, digest) "
            "DO UPDATE SET media_id = excluded.media_id, expires_at = excluded.expires_at"
        ),
        {"account": account_id, "digest": digest, "media": media_id, "expires": now + LIFE_SECONDS},
    )


def forget(connection: Connection, account_id: int) -> None:
    """The provider cannot load what a number has uploaded: everything is uploaded anew when it is needed."""
    connection.execute(sql("DELETE FROM whatsapp_media WHERE account_id = :account"), {"account": account_id})


LIFE_SECONDS = 30 * 86_400.0
"""So long the provider keeps a file."""

_SPARE_SECONDS = 86_400.0
