"""The audit log over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, number_after, page
from paceline.api.routing import Routes
from paceline.api.schemas.audit import AuditAnswer
from paceline.domain.permission import Permission
from paceline.operations import auditing

routes = Routes(tag="audit")

_Exactly = Annotated[str | None, Query(min_length=1, max_length=200)]


@routes.get("/audit", permission=Permission.AUDIT_READ)
def list_audit(
    asked: Asked,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
    action: _Exactly = None,
    actor_id: _Exactly = None,
    subject: _Exactly = None,
) -> Page[AuditAnswer]:
    """Who did what, the newest first."""
    rows = auditing.entries(
        asked.context,
        limit=limit + 1,
        before=number_after(cursor),
        action=action,
        actor_id=actor_id,
        subject=subject,
    )
    return page(
        rows,
        limit,
        position=lambda row: row.id,
        model=lambda row: AuditAnswer(
            at=row.at,
            actor=row.actor,
            actor_id=row.actor_id,
            action=row.action,
            subject=row.subject,
            detail=row.detail,
        ),
    )
