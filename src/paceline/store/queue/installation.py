"""The one row about the installation: its name, which store this is, and the time that was last used."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.clock import Reading
from paceline.store.database import Database, sql


def name(connection: Connection) -> str:
    """The installation's random name: the secret of its Message-IDs."""
    return str(connection.execute(sql("SELECT name FROM installation")).scalar_one())


def clock(connection: Connection) -> Reading:
    """The time that was last used."""
    row = connection.execute(sql("SELECT clock_at, clock_boot, clock_boot_id FROM installation")).one()
    return Reading(at=row.clock_at, boot=row.clock_boot, boot_id=row.clock_boot_id)


def remember_clock(connection: Connection, stored: Reading) -> None:
    """Keep the time that is in use."""
    connection.execute(
        sql("UPDATE installation SET clock_at = :at, clock_boot = :boot, clock_boot_id = :boot_id"),
        {"at": stored.at, "boot": stored.boot, "boot_id": stored.boot_id},
    )


def why_it_went_back(database: Database, connection: Connection) -> str | None:
    """Whether this is an old or a moved copy of the store; the reason in words, or None when all is as it was left.

    ``connection`` must not have read anything yet: what it sees must not be older than what is remembered.
    """
    remembered = database.remembered_commits()
    row = connection.execute(sql("SELECT store_identity, commits FROM installation")).one()
    if row.commits < remembered:
        return f"{database.name} is an older copy: it has {row.commits} transactions, {remembered} are on record"
    if row.store_identity != database.identity(connection):
        return f"{database.name} was moved, copied or restored"
    return None


def accept_identity(database: Database, connection: Connection) -> None:
    """A person may go on with this copy: from now on it is the one."""
    row = connection.execute(
        sql("UPDATE installation SET store_identity = :identity RETURNING commits"),
        {"identity": database.identity(connection)},
    ).one()
    database.remember_commits(row.commits)


def key_check(connection: Connection) -> str | None:
    """The fingerprint of the secret key; None before the first use of one."""
    found: str | None = connection.execute(sql("SELECT key_check FROM installation")).scalar_one_or_none()
    return found


def backed_up_at(connection: Connection) -> float | None:
    """When the last backup was made; None when none is on record."""
    at: float | None = connection.execute(sql("SELECT backed_up_at FROM installation")).scalar_one()
    return at


def note_backup(connection: Connection, *, now: float) -> None:
    """A backup has been made."""
    connection.execute(sql("UPDATE installation SET backed_up_at = :now"), {"now": now})
