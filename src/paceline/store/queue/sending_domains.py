"""Sending domains of a workspace and the keys that sign for them, private halves sealed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql
from paceline.store.secrets import SecretBox


class KeyState(StrEnum):
    """Whether a key signs."""

    PENDING = "pending"  # its record is to be published; it signs nothing yet
    ACTIVE = "active"  # signs every message of its domain
    RETIRED = "retired"  # replaced; its record stays published until all it has signed has arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key without its private half."""

    id: int
    selector: str
    kind: str
    public_key: str
    state: KeyState
    created_at: float
    activated_at: float | None
    retired_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRow:
    """One domain with its keys, the oldest first."""

    id: int
    domain: str
    created_at: float
    keys: tuple[KeyRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveKey:
    """A key that signs. ``private`` is sealed: ``private_key`` opens it."""

    id: int
    workspace_id: int
    domain: str
    selector: str
    kind: str
    public_key: str
    private: bytes

    def private_key(self, box: SecretBox) -> bytes:
        """PKCS #8, DER. Raises SecretsUnreadable."""
        opened = box.open(self.private, row=sealed_row(self.workspace_id, self.domain, self.selector))
        return base64.b64decode(opened["private_key"])


def add(connection: Connection, domain: str, *, workspace_id: int, now: float) -> int | None:
    """A new domain's number; None where the workspace has it already."""
    number: int | None = connection.execute(
        sql(
            "INSERT INTO sending_domains (workspace_id, domain, created_at) VALUES (:workspace, :domain, :now) "
            "ON CONFLICT (workspace_id, domain) DO NOTHING RETURNING id"
        ),
        {"workspace": workspace_id, "domain": domain, "now": now},
    ).scalar_one_or_none()
    return number


def add_key(
    connection: Connection,
    box: SecretBox,
    domain: DomainRow,
    *,
    workspace_id: int,
    selector: str,
    kind: str,
    public_key: str,
    private_key: bytes,
    now: float,
) -> None:
    """A pending key of a domain."""
    sealed = box.seal(
        {"private_key": base64.b64encode(private_key).decode()}, row=sealed_row(workspace_id, domain.domain, selector)
    )
    connection.execute(
        sql(
            "INSERT INTO dkim_keys (domain_id, selector, kind, public_key, secrets, state, created_at) "
            "VALUES (:domain, :selector, :kind, :public, :sealed, 'pending', :now)"
        ),
        {
            "domain": domain.id,
            "selector": selector,
            "kind": kind,
            "public": public_key,
            "sealed": sealed,
            "now": now,
        },
    )


def every(connection: Connection, *, workspace_id: int) -> list[DomainRow]:
    """The domains of a workspace in the order of the alphabet."""
    return _domains(connection, "d.workspace_id = :workspace", {"workspace": workspace_id})


def get(connection: Connection, number: int, *, workspace_id: int) -> DomainRow | None:
    """One domain of a workspace."""
    where = {"workspace": workspace_id, "id": number}
    return next(iter(_domains(connection, "d.workspace_id = :workspace AND d.id = :id", where)), None)


def named(connection: Connection, domain: str, *, workspace_id: int) -> DomainRow | None:
    """The domain of this name in a workspace."""
    where = {"workspace": workspace_id, "domain": domain}
    return next(iter(_domains(connection, "d.workspace_id = :workspace AND d.domain = :domain", where)), None)


def activate(connection: Connection, number: int, key_ids: Sequence[int], *, now: float) -> bool:
    """Let these pending keys sign in the place of those that did, whose private halves are forgotten.

    False, with nothing changed, when one of them is not pending any more.
    """
    states = {
        row.id: row.state
        for row in connection.execute(
            sql("SELECT id, state FROM dkim_keys WHERE domain_id = :domain ORDER BY id"), {"domain": number}
        )
    }
    if any(states.get(key_id) != KeyState.PENDING for key_id in key_ids):
        return False
    connection.execute(
        sql(
            "UPDATE dkim_keys SET state = 'retired', secrets = NULL, retired_at = :now "
            "WHERE domain_id = :domain AND state = 'active'"
        ),
        {"domain": number, "now": now},
    )
    moved = 0
    for key_id in key_ids:
        moved += connection.execute(
            sql("UPDATE dkim_keys SET state = 'active', activated_at = :now WHERE id = :id AND state = 'pending'"),
            {"id": key_id, "now": now},
        ).rowcount
    return moved == len(key_ids)


def drop_pending(connection: Connection, number: int) -> None:
    """Forget the pending keys of a domain: newer ones take their place."""
    connection.execute(sql("DELETE FROM dkim_keys WHERE domain_id = :domain AND state = 'pending'"), {"domain": number})


def delete(connection: Connection, number: int, *, workspace_id: int) -> bool:
    """Take a domain away with its keys; False when the workspace has no such domain."""
    where = {"id": number, "workspace": workspace_id}
    found = connection.execute(
        sql("SELECT id FROM sending_domains WHERE id = :id AND workspace_id = :workspace"), where
    ).one_or_none()
    if found is None:
        return False
    connection.execute(sql("DELETE FROM dkim_keys WHERE domain_id = :id"), {"id": number})
    return connection.execute(sql("DELETE FROM sending_domains WHERE id = :id"), {"id": number}).rowcount == 1


def active_keys(connection: Connection) -> list[ActiveKey]:
    """Every key of the installation that signs."""
    rows = connection.execute(
        sql(
            "SELECT k.id, d.workspace_id, d.domain, k.selector, k.kind, k.public_key, k.secrets AS private FROM dkim_keys k "
            "JOIN sending_domains d ON d.id = k.domain_id WHERE k.state = 'active' ORDER BY k.id"
        )
    )
    return [ActiveKey(**{**row._mapping, "private": bytes(row.private)}) for row in rows]


def _domains(connection: Connection, where: str, values: dict[str, Any]) -> list[DomainRow]:
    rows = connection.execute(
        sql(
            "SELECT d.id AS number, d.domain, d.created_at AS added_at, k.id, k.selector, k.kind, k.public_key, k.state, "
            "k.created_at, k.activated_at, k.retired_at FROM sending_domains d "
            f"LEFT JOIN dkim_keys k ON k.domain_id = d.id WHERE {where} ORDER BY d.domain, k.id"
        ),
        values,
    ).all()
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(row)
    return [
        DomainRow(
            id=number,
            domain=of_domain[0].domain,
            created_at=of_domain[0].added_at,
            keys=tuple(_key(row) for row in of_domain if row.id is not None),
        )
        for number, of_domain in found.items()
    ]


def _key(row: Any) -> KeyRow:
    return KeyRow(
        id=row.id,
        selector=row.selector,
        kind=row.kind,
        public_key=row.public_key,
        state=KeyState(row.state),
        created_at=row.created_at,
        activated_at=row.activated_at,
        retired_at=row.retired_at,
    )


def sealed_row(workspace_id: int, domain: str, selector: str) -> str:
    """What a private key is bound to."""
    return f"dkim key {workspace_id} {domain} {selector}"
