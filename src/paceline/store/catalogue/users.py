"""Users: who a person is, and how they prove it. What they may do is in members.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.address import address_key
from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """One person. The secrets in it are a hash and a sealed text."""

    id: int
    email: str
    name: str
    password_hash: str | None
    totp: bytes | None
    totp_confirmed_at: float | None
    oidc_subject: str | None
    disabled_at: float | None
    created_at: float

    @property
    def has_second_factor(self) -> bool:
        """Whether a login needs a code besides the password."""
        return self.totp is not None and self.totp_confirmed_at is not None


_COLUMNS = "id, email, name, password_hash, totp, totp_confirmed_at, oidc_subject, disabled_at, created_at"


def insert(
    connection: Connection,
    *,
    email: str,
    name: str,
    password_hash: str | None,
    now: float,
    oidc_subject: str | None = None,
) -> int | None:
    """Add a person; None when somebody has this address already (or this identity)."""
    added = connection.execute(
        sql(
            "INSERT INTO users (email, email_key, name, password_hash, oidc_subject, created_at) "
            "VALUES (:email, :key, :name, :password, :subject, :now) ON CONFLICT DO NOTHING RETURNING id"
        ),
        {
            "email": email,
            "key": address_key(email),
            "name": name,
            "password": password_hash,
            "subject": oidc_subject,
            "now": now,
        },
    ).scalar_one_or_none()
    return None if added is None else int(added)


def any_exists(connection: Connection) -> bool:
    """Whether there is a user at all."""
    return connection.execute(sql("SELECT 1 FROM users LIMIT 1")).one_or_none() is not None


def by_id(connection: Connection, user_id: int) -> UserRow | None:
    """The user of this number."""
    return _one(connection, "id = :value", user_id)


def by_email(connection: Connection, email: str) -> UserRow | None:
    """The user with this address, without regard to case."""
    return _one(connection, "email_key = :value", address_key(email))


def by_oidc_subject(connection: Connection, subject: str) -> UserRow | None:
    """The user who is this identity at the identity provider."""
    return _one(connection, "oidc_subject = :value", subject)


def every(connection: Connection) -> list[UserRow]:
    """All users of the installation by address, for its operator."""
    return [_row(row) for row in connection.execute(sql(f"SELECT {_COLUMNS} FROM users ORDER BY email_key"))]


def set_name(connection: Connection, user_id: int, name: str) -> None:
    """What the person is called."""
    connection.execute(sql("UPDATE users SET name = :name WHERE id = :id"), {"name": name, "id": user_id})


def set_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """The password from now on."""
    connection.execute(
        sql("UPDATE users SET password_hash = :password WHERE id = :id"), {"password": password_hash, "id": user_id}
    )


def rehash_password(connection: Connection, user_id: int, *, former: str, password_hash: str) -> None:
    """The same password under other parameters; nothing happens when it was changed in the meantime."""
    connection.execute(
        sql("UPDATE users SET password_hash = :password WHERE id = :id AND password_hash = :former"),
        {"password": password_hash, "id": user_id, "former": former},
    )


def set_disabled(connection: Connection, user_id: int, at: float | None) -> None:
    """Whether the person may come in at all; None: yes."""
    connection.execute(sql("UPDATE users SET disabled_at = :at WHERE id = :id"), {"at": at, "id": user_id})


def link_identity(connection: Connection, user_id: int, subject: str) -> bool:
    """Tie a user to an identity at the provider, and drop the password; False when they are tied to another one."""
    changed = connection.execute(
        sql(
            "UPDATE users SET oidc_subject = :subject, password_hash = NULL, totp = NULL, totp_confirmed_at = NULL "
            "WHERE id = :id AND oidc_subject IS NULL"
        ),
        {"subject": subject, "id": user_id},
    )
    return changed.rowcount == 1


def begin_totp(connection: Connection, user_id: int, sealed: bytes) -> bool:
    """Keep the secret of a second factor that is being set up; False when there is one in force."""
    changed = connection.execute(
        sql("UPDATE users SET totp = :totp, totp_step = 0 WHERE id = :id AND totp_confirmed_at IS NULL"),
        {"totp": sealed, "id": user_id},
    )
    return changed.rowcount == 1


def confirm_totp(connection: Connection, user_id: int, *, sealed: bytes, now: float) -> bool:
    """From now on a login needs a code; False when another request was faster."""
    changed = connection.execute(
        sql("UPDATE users SET totp_confirmed_at = :now WHERE id = :id AND totp = :totp AND totp_confirmed_at IS NULL"),
        {"now": now, "id": user_id, "totp": sealed},
    )
    return changed.rowcount == 1


def clear_totp(connection: Connection, user_id: int) -> None:
    """Take the second factor away, with its recovery codes."""
    connection.execute(sql("UPDATE users SET totp = NULL, totp_confirmed_at = NULL WHERE id = :id"), {"id": user_id})
    connection.execute(sql("DELETE FROM recovery_codes WHERE user_id = :id"), {"id": user_id})


def use_totp_step(connection: Connection, user_id: int, step: int) -> bool:
    """Note that the code of a time step was given; False when it, or a later one, was given before."""
    changed = connection.execute(
        sql("UPDATE users SET totp_step = :step WHERE id = :id AND totp_step < :step"), {"step": step, "id": user_id}
    )
    return changed.rowcount == 1


def set_recovery_codes(connection: Connection, user_id: int, hashes: list[str]) -> None:
    """These recovery codes instead of all former ones."""
    connection.execute(sql("DELETE FROM recovery_codes WHERE user_id = :id"), {"id": user_id})
    connection.execute(
        sql("INSERT INTO recovery_codes (user_id, code_hash) VALUES (:id, :hash)"),
        [{"id": user_id, "hash": one} for one in hashes],
    )


def use_recovery_code(connection: Connection, user_id: int, code_hash: str) -> bool:
    """Use a recovery code up; False when there is no such code (any more)."""
    changed = connection.execute(
        sql("DELETE FROM recovery_codes WHERE user_id = :id AND code_hash = :hash"), {"id": user_id, "hash": code_hash}
    )
    return changed.rowcount == 1


def count_recovery_codes(connection: Connection, user_id: int) -> int:
    """How many recovery codes are left."""
    statement = sql("SELECT COUNT(*) FROM recovery_codes WHERE user_id = :id")
    return int(connection.execute(statement, {"id": user_id}).scalar_one())


def _one(connection: Connection, condition: str, value: int | str) -> UserRow | None:
    statement = sql(f"SELECT {_COLUMNS} FROM users WHERE {condition}")
    row = connection.execute(statement, {"value": value}).one_or_none()
    return None if row is None else _row(row)


def _row(row: Any) -> UserRow:
    return UserRow(**row._mapping)
