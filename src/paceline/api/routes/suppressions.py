"""Suppressions over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routing import Routes
from paceline.api.schemas.suppressions import (
    NewSuppressions,
    SuppressionAnswer,
    SuppressionLifted,
    SuppressionsAdded,
    SuppressionToLift,
)
from paceline.domain.permission import Permission
from paceline.operations.audience import suppressions

routes = Routes(tag="suppressions")


@routes.get("/suppressions", permission=Permission.SUPPRESSIONS_READ)
def list_suppressions(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[SuppressionAnswer]:
    """Addresses that get nothing, in the order of the alphabet."""
    rows = suppressions.after(asked.context, text_after(cursor), limit + 1)
    return page(
        rows,
        limit,
        position=lambda row: row.address,
        model=lambda row: SuppressionAnswer(
            address=row.address,
            reason=row.reason,
            source=row.source,
            created_at=row.created_at,
            expires_at=row.expires_at,
        ),
    )


@routes.post("/suppressions", permission=Permission.SUPPRESSIONS_WRITE, status=HTTPStatus.CREATED)
def suppress(asked: Asked, new: NewSuppressions) -> SuppressionsAdded:
    """Suppress addresses: from now on they get nothing, messages that are queued included."""
    added = suppressions.add(asked.context, new.addresses, new.reason)
    asked.audit("suppression.add", addresses=new.addresses, added=added)
    return SuppressionsAdded(added=added)


@routes.post("/suppressions/lift", permission=Permission.SUPPRESSIONS_WRITE)
def lift_suppression(asked: Asked, lifted: SuppressionToLift) -> SuppressionLifted:
    """Take an address off the list."""
    was_on_it = suppressions.lift(asked.context, lifted.address)
    if was_on_it:
        asked.audit("suppression.lift", address=lifted.address)
    return SuppressionLifted(lifted=was_on_it)
