"""What a person may ask for, over HTTP: all that is known of them, and to be erased."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from paceline.api.asked import Asked
from paceline.api.routes.exports import WrittenResponse
from paceline.api.routing import Routes
from paceline.api.schemas.privacy import ErasureAnswer, ErasureRequest, ErasuresAnswer
from paceline.domain.permission import Permission
from paceline.operations.audience import privacy
from paceline.operations.audience.exporting import ExportFormat, written_rows

routes = Routes(tag="privacy")


@routes.get(
    "/privacy/export",
    permission=Permission.CONTACTS_READ,
    response_class=WrittenResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def export_person(
    asked: Asked,
    address: Annotated[str, Query(min_length=1, max_length=320, description="An e-mail address or a phone number.")],
) -> WrittenResponse:
    """All that is known of a person, as NDJSON; needs campaigns:read and suppressions:read as well."""
    asked.require_for(address, Permission.CAMPAIGNS_READ)
    asked.require_for(address, Permission.SUPPRESSIONS_READ)
    found = privacy.everything_about(asked.context, address)
    asked.audit("privacy.export")
    return WrittenResponse.named("person", written_rows((), found, ExportFormat.NDJSON), ExportFormat.NDJSON)


@routes.post("/privacy/erase", permission=Permission.CONTACTS_WRITE, status=HTTPStatus.ACCEPTED)
def erase_person(asked: Asked, given: ErasureRequest) -> ErasuresAnswer:
    """Erase a person everywhere: nothing is sent from now on, the rest takes a moment; needs suppressions:write as well."""
    asked.require_for(given, Permission.SUPPRESSIONS_WRITE)
    begun = privacy.request_erasure(asked.context, given.address)
    asked.audit("privacy.erase", erasures=[one.id for one in begun])
    return ErasuresAnswer(items=[ErasureAnswer.model_validate(one, from_attributes=True) for one in begun])


@routes.get("/privacy/erasures/{erasure_id}", permission=Permission.CONTACTS_READ)
def get_erasure(asked: Asked, erasure_id: str) -> ErasureAnswer:
    """How far an erasure is."""
    return ErasureAnswer.model_validate(privacy.erasure(asked.context, erasure_id), from_attributes=True)
