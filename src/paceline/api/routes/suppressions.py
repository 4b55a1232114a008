"""Suppressions over HTTP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import File, Form, UploadFile

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routes.imports import UPLOAD_LIMIT_BYTES, uploaded
from paceline.api.routing import Routes
from paceline.api.schemas.suppressions import (
    Channel,
    NewSuppressions,
    RefusedSuppression,
    SuppressionAnswer,
    SuppressionLifted,
    SuppressionsAdded,
    SuppressionsImported,
    SuppressionToLift,
)
from paceline.domain.permission import Permission
from paceline.operations.audience import suppressions

routes = Routes(tag="suppressions")

_DAY_SECONDS = 86400.0


@routes.get("/suppressions", permission=Permission.SUPPRESSIONS_READ)
def list_suppressions(
    asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None, channel: Channel = "email"
) -> Page[SuppressionAnswer]:
    """Addresses that get nothing, in the order of the alphabet."""
    rows = suppressions.after(asked.context, text_after(cursor), limit + 1, channel=channel)
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
    expires_at = None if new.days is None else asked.context.clock.now() + new.days * _DAY_SECONDS
    added = suppressions.add(asked.context, new.addresses, new.reason, channel=new.channel, expires_at=expires_at)
    asked.audit("suppression.add", addresses=new.addresses, added=added)
    return SuppressionsAdded(added=added)


@routes.post("/suppressions/import", permission=Permission.SUPPRESSIONS_WRITE, body_limit_bytes=UPLOAD_LIMIT_BYTES)
def import_suppressions(
    asked: Asked,
    file: Annotated[UploadFile, File(description="A CSV or XLSX file with the column address, email or phone.")],
    reason: Annotated[str, Form(min_length=1, max_length=200)] = "imported",
    channel: Annotated[Channel, Form()] = "email",
) -> SuppressionsImported:
    """Suppress the addresses of a file; its columns reason and expires_at win over what is given."""
    with uploaded(asked, file) as stored:
        done = suppressions.import_file(asked.context, stored, reason=reason, channel=channel, keep_refused=False)
    asked.audit("suppression.import", file=file.filename or "", added=done.added)
    return SuppressionsImported(
        rows=done.rows,
        added=done.added,
        known=done.known,
        refused=done.refused,
        refused_rows=[RefusedSuppression(line=row.line, reason=row.reason) for row in done.refused_rows],
    )


@routes.post("/suppressions/lift", permission=Permission.SUPPRESSIONS_WRITE)
def lift_suppression(asked: Asked, lifted: SuppressionToLift) -> SuppressionLifted:
    """Take an address off the list."""
    was_on_it = suppressions.lift(asked.context, lifted.address, channel=lifted.channel)
    if was_on_it:
        asked.audit("suppression.lift", address=lifted.address)
    return SuppressionLifted(lifted=was_on_it)
