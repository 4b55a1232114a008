"""Login attempts: how many in a row a subject (a hashed account name, a network address) has made without success."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What is on record of one subject."""

    failures: int
    blocked_until_at: float


def find(connection: Connection, subject: str) -> Attempts:
    """What is on record."""
    statement = sql("SELECT failures, blocked_until_at FROM login_attempts WHERE subject = :subject")
    row = connection.execute(statement, {"subject": subject}).one_or_none()
    return Attempts(failures=0, blocked_until_at=0.0) if row is None else Attempts(**row._mapping)


def locked(connection: Connection, subject: str) -> Attempts:
    """What is on record, kept from changing until the transaction ends."""
    row = connection.execute(
        sql(
            "INSERT INTO login_attempts (subject, failures, blocked_until_at) VALUES (:subject, 0, 0) "
            "ON CONFLICT (subject) DO UPDATE SET failures = login_attempts.failures RETURNING failures, blocked_until_at"
        ),
        {"subject": subject},
    ).one()
    return Attempts(**row._mapping)


def save(connection: Connection, subject: str, attempts: Attempts) -> None:
    """Put this on record."""
    connection.execute(
        sql("UPDATE login_attempts SET failures = :failures, blocked_until_at = :until WHERE subject = :subject"),
        {"failures": attempts.failures, "until": attempts.blocked_until_at, "subject": subject},
    )


def forget(connection: Connection, subject: str) -> None:
    """Nothing is on record any more."""
    connection.execute(sql("DELETE FROM login_attempts WHERE subject = :subject"), {"subject": subject})


def take_back(connection: Connection, subject: str, *, now: float) -> None:
    """One attempt was none: it succeeded. The pause that was counted for it is over."""
    connection.execute(
        sql(
            "UPDATE login_attempts SET failures = failures - 1, blocked_until_at = "
            "CASE WHEN blocked_until_at > :now THEN :now ELSE blocked_until_at END "
            "WHERE subject = :subject AND failures > 0"
        ),
        {"subject": subject, "now": now},
    )
