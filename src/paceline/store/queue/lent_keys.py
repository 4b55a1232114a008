"""At a worker: sending domains whose keys its controller has lent. A domain that was added here by a person stays as it is."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from paceline.store.database import sql
from paceline.store.queue import sending_domains
from paceline.store.secrets import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class LentKey:
    """A key that signs; ``private_key`` is PKCS #8, DER."""

    domain: str
    selector: str
    kind: str
    public_key: str
    private_key: bytes = field(repr=False)


def keep(connection: Connection, box: SecretBox, keys: Sequence[LentKey], *, workspace_id: int, now: float) -> None:
    """Let exactly these keys sign for their domains, in the place of those that were lent before."""
    for domain in dict.fromkeys(key.domain for key in keys):
        number = _lent_domain(connection, domain, workspace_id=workspace_id, now=now)
        if number is None:
            continue
        connection.execute(sql("DELETE FROM dkim_keys WHERE domain_id = :id"), {"id": number})
        for key in keys:
            if key.domain == domain:
                _add(connection, box, number, key, workspace_id=workspace_id, now=now)


def domains(connection: Connection) -> set[str]:
    """The domains for which a key is lent."""
    return set(connection.execute(sql("SELECT domain FROM sending_domains WHERE lent = 1")).scalars())


def forget(connection: Connection, names: Collection[str]) -> None:
    """Sign for these domains no more, whose keys were lent."""
    for name in names:
        _forget(connection, "lent = 1 AND domain = :domain", domain=name)


def are_unused(connection: Connection) -> bool:
    """Whether any key is lent, and nothing of the controller's is under way or about to be."""
    lent = connection.execute(sql("SELECT 1 FROM sending_domains WHERE lent = 1 LIMIT 1")).one_or_none()
    busy = sql(
        "SELECT 1 FROM home_campaigns h JOIN campaigns c ON c.id = h.campaign_id "
        "WHERE c.status NOT IN ('stopped', 'completed') LIMIT 1"
    )
    return lent is not None and connection.execute(busy).one_or_none() is None


def forget_unused(connection: Connection) -> None:
    """Forget what was lent, unless it is needed again by now."""
    if are_unused(connection):
        _forget(connection, "lent = 1")


def _forget(connection: Connection, which: str, **values: str) -> None:
    chosen = f"SELECT id FROM sending_domains WHERE {which}"
    connection.execute(sql(f"DELETE FROM dkim_keys WHERE domain_id IN ({chosen})"), values)
    connection.execute(sql(f"DELETE FROM sending_domains WHERE {which}"), values)


def _lent_domain(connection: Connection, domain: str, *, workspace_id: int, now: float) -> int | None:
    """The number of a domain that is lent, from now on if it was not there; None for one of this machine's own."""
    row = connection.execute(
        sql("SELECT id, lent FROM sending_domains WHERE workspace_id = :workspace AND domain = :domain"),
        {"workspace": workspace_id, "domain": domain},
    ).one_or_none()
    if row is not None:
        return int(row.id) if row.lent else None
    number = sending_domains.add(connection, domain, workspace_id=workspace_id, now=now)
    connection.execute(sql("UPDATE sending_domains SET lent = 1 WHERE id = :id"), {"id": number})
    return number


def _add(connection: Connection, box: SecretBox, number: int, key: LentKey, *, workspace_id: int, now: float) -> None:
    sealed = box.seal(
        {"private_key": base64.b64encode(key.private_key).decode()},
        row=sending_domains.sealed_row(workspace_id, key.domain, key.selector),
    )
    connection.execute(
        sql(
            "INSERT INTO dkim_keys (domain_id, selector, kind, public_key, secrets, state, created_at, activated_at) "
            "VALUES (:domain, :selector, :kind, :public, :sealed, 'active', :now, :now)"
        ),
        {
            "domain": number,
            "selector": key.selector,
            "kind": key.kind,
            "public": key.public_key,
            "sealed": sealed,
            "now": now,
        },
    )
