"""The audit log: who did what, when, to what."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from paceline.operations.context import Context
from paceline.operations.people.access import Principal
from paceline.store.catalogue import audit
from paceline.store.catalogue.audit import AuditRow

Note = Callable[[Connection, str], None]
"""Puts an act on record, in the catalogue's transaction that does it; the text is the public id of what it is done to."""


def unnoted(connection: Connection, subject: str) -> None:
    """The note of an act that is put on record by its caller, or not at all."""


def record(context: Context, principal: Principal, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Put on record what a principal did: ``action`` like campaign.start, ``subject`` a public id or empty."""
    with context.catalogue.write_one() as connection:
        note(connection, context, principal, action, subject, detail)


def note(
    connection: Connection,
    context: Context,
    principal: Principal,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
) -> None:
    """The same in a transaction of the catalogue."""
    audit.append(
        connection,
        workspace_id=context.workspace_id,
        at=context.clock.now(),
        actor=principal.name,
        actor_id=principal.id,
        action=action,
        subject=subject,
        detail=json.dumps(dict(detail), ensure_ascii=False, default=str),
    )


def entries(
    context: Context,
    *,
    limit: int,
    before: int | None = None,
    action: str | None = None,
    actor_id: str | None = None,
    subject: str | None = None,
) -> list[AuditRow]:
    """Up to ``limit`` entries of the log, the newest first; ``before`` is the number of the last one that was seen."""
    with context.catalogue.read() as connection:
        return audit.listing(
            connection,
            workspace_id=context.workspace_id,
            limit=limit,
            before=before,
            action=action,
            actor_id=actor_id,
            subject=subject,
        )
