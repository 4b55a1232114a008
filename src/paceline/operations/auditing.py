"""The audit log: who did what, when, to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paceline.operations.access import Principal
from paceline.operations.context import Context
from paceline.store.catalogue import audit


def record(context: Context, principal: Principal, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Put on record what a principal did: ``action`` like campaign.start, ``subject`` a public id or empty."""
    with context.catalogue.write() as connection:
        audit.append(
            connection,
            workspace_id=context.workspace_id,
            at=context.clock.now(),
            actor=principal.name,
            actor_id=principal.id,
            action=action,
            subject=subject,
            detail=detail,
        )
