"""Exports over HTTP: CSV that is sent while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.contacts import SubscriptionStateName
from paceline.domain.permission import Permission
from paceline.operations.audience import exporting

routes = Routes(tag="exports")


class CsvResponse(StreamingResponse):
    """A CSV file to be saved."""

    media_type = "text/csv"

    @classmethod
    def named(cls, name: str, chunks: Iterator[str]) -> CsvResponse:
        """The chunks as a file of this name."""
        return cls(chunks, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@routes.get("/exports/contacts", permission=Permission.CONTACTS_READ, response_class=CsvResponse)
def export_contacts(
    asked: Asked,
    list_id: Annotated[str | None, Query(max_length=100)] = None,
    state: Annotated[SubscriptionStateName | None, Query(description="Only with list_id.")] = None,
) -> CsvResponse:
    """The contacts of a list, or of the workspace, as CSV."""
    chunks = exporting.export_contacts(asked.context, list_id=list_id, state=state)
    asked.audit("contact.export", list_id or "")
    return CsvResponse.named("contacts.csv", chunks)


@routes.get(
    "/exports/campaigns/{campaign_id}/messages", permission=Permission.CAMPAIGNS_READ, response_class=CsvResponse
)
def export_messages(asked: Asked, campaign_id: str) -> CsvResponse:
    """The messages of a campaign as CSV."""
    chunks = exporting.export_messages(asked.context, campaign_id)
    asked.audit("campaign.export", campaign_id)
    return CsvResponse.named("messages.csv", chunks)
