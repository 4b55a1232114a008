"""Exports over HTTP: CSV or NDJSON that is sent while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import StreamingResponse

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.contacts import SubscriptionStateName
from paceline.api.schemas.suppressions import Channel
from paceline.domain.permission import Permission
from paceline.operations.audience import exporting
from paceline.operations.audience.exporting import ExportFormat
from paceline.operations.campaigns.campaign_drafts import row_of

routes = Routes(tag="exports")


class CsvResponse(StreamingResponse):
    """A CSV file to be saved."""

    media_type = "text/csv"

    @classmethod
    def named(cls, name: str, chunks: Iterator[str]) -> CsvResponse:
        """The chunks as a file of this name."""
        return cls(chunks, headers={"Content-Disposition": f'attachment; filename="{name}"'})


class WrittenResponse(StreamingResponse):
    """A file to be saved, in the format that was asked for."""

    @classmethod
    def named(cls, name: str, chunks: Iterator[str], written: ExportFormat) -> WrittenResponse:
        """The chunks as a file of this name, without its ending."""
        headers = {"Content-Disposition": f'attachment; filename="{name}.{written}"'}
        return cls(chunks, headers=headers, media_type=_MEDIA_TYPES[written])


_MEDIA_TYPES = {ExportFormat.CSV: "text/csv", ExportFormat.NDJSON: "application/x-ndjson"}
_WRITTEN: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {"schema": {"type": "string"}} for media_type in _MEDIA_TYPES.values()}}
}
Format = Annotated[Literal["csv", "ndjson"], Query(alias="format", description="CSV, or one JSON object a line.")]


@routes.get("/exports/contacts", permission=Permission.CONTACTS_READ, response_class=CsvResponse)
def export_contacts(
    asked: Asked,
    list_id: Annotated[str | None, Query(max_length=100)] = None,
    state: Annotated[SubscriptionStateName | None, Query(description="Only with list_id.")] = None,
) -> CsvResponse:
    """The contacts of a list, or of the workspace, as CSV."""
    chunks = exporting.export_contacts(asked.context.for_reports(), list_id=list_id, state=state)
    asked.audit("contact.export", list_id or "")
    return CsvResponse.named("contacts.csv", chunks)


@routes.get(
    "/exports/campaigns/{campaign_id}/messages", permission=Permission.CAMPAIGNS_READ, response_class=CsvResponse
)
def export_messages(asked: Asked, campaign_id: str) -> CsvResponse:
    """The messages of a campaign as CSV."""
    chunks = exporting.export_messages(asked.context.for_reports(), campaign_id)
    asked.audit("campaign.export", campaign_id)
    return CsvResponse.named("messages.csv", chunks)


@routes.get(
    "/exports/campaigns/{campaign_id}/events",
    permission=Permission.CAMPAIGNS_READ,
    response_class=WrittenResponse,
    responses=_WRITTEN,
)
def export_events(asked: Asked, campaign_id: str, written: Format = "csv") -> WrittenResponse:
    """Everything that happened to every message of a campaign, as CSV or NDJSON."""
    row_of(asked.context, campaign_id)  # by its id only
    chunks = exporting.export_events(asked.context.for_reports(), campaign_id, ExportFormat(written))
    asked.audit("campaign.export", campaign_id)
    return WrittenResponse.named("events", chunks, ExportFormat(written))


@routes.get(
    "/exports/suppressions",
    permission=Permission.SUPPRESSIONS_READ,
    response_class=WrittenResponse,
    responses=_WRITTEN,
)
def export_suppressions(asked: Asked, written: Format = "csv", channel: Channel = "email") -> WrittenResponse:
    """Every suppressed address of a channel, as CSV or NDJSON; it can be imported again."""
    chunks = exporting.export_suppressions(asked.context, ExportFormat(written), channel=channel)
    asked.audit("suppression.export", channel=channel)
    return WrittenResponse.named("suppressions", chunks, ExportFormat(written))


@routes.get(
    "/exports/contacts/{contact_id}/timeline",
    permission=Permission.CONTACTS_READ,
    response_class=WrittenResponse,
    responses=_WRITTEN,
)
def export_timeline(asked: Asked, contact_id: str, written: Format = "csv") -> WrittenResponse:
    """A contact's whole timeline as CSV or NDJSON; needs campaigns:read as well."""
    asked.require_for(contact_id, Permission.CAMPAIGNS_READ)
    chunks = exporting.export_timeline(asked.context.for_reports(), contact_id, ExportFormat(written))
    asked.audit("contact.export", contact_id)
    return WrittenResponse.named("timeline", chunks, ExportFormat(written))
