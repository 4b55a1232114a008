"""Files that phone numbers have uploaded to the provider: their ids there, until they expire."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.store.database import sql


def find(connection: Connection, phone_number_id: str, digest: str, *, now: float) -> str | None:
    """The provider's id of a file for this number; None when it was not uploaded, or expires within a day."""
    statement = sql(
        "SELECT media_id FROM whatsapp_media "
        "WHERE phone_number_id = :number AND digest = :digest AND expires_at > :until"
    )
    values = {"number": phone_number_id, "digest": digest, "until": now + _SPARE_SECONDS}
    found: str | None = connection.execute(statement, values).scalar()
    return found


def keep(connection: Connection, phone_number_id: str, digest: str, media_id: str, *, now: float) -> None:
    """A file was uploaded; the id takes the place of a former one. What has expired is forgotten."""
    connection.execute(sql("DELETE FROM whatsapp_media WHERE expires_at < :now"), {"now": now})
    connection.execute(
        sql(
            "INSERT INTO whatsapp_media (phone_number_id, digest, media_id, expires_at) "
            "VALUES (:number, :digest, :media, :expires) ON CONFLICT (phone_number_id, digest) "
            "DO UPDATE SET media_id = excluded.media_id, expires_at = excluded.expires_at"
        ),
        {"number": phone_number_id, "digest": digest, "media": media_id, "expires": now + LIFE_SECONDS},
    )


def forget(connection: Connection, phone_number_id: str) -> None:
    """The provider cannot load what a number has uploaded: everything is uploaded anew when it is needed."""
    connection.execute(sql("DELETE FROM whatsapp_media WHERE phone_number_id = :number"), {"number": phone_number_id})


LIFE_SECONDS = 30 * 86_400.0
"""So long the provider keeps a file."""

_SPARE_SECONDS = 86_400.0
