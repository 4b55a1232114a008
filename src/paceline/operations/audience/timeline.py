"""What happened between the workspace and one contact: every event of every message of its campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paceline.domain.errors import InputError, Problem
from paceline.operations.audience.contacts import get_contact
from paceline.operations.campaigns.reporting import EVENT_COLUMNS, shown
from paceline.operations.context import Context
from paceline.operations.ids import number_of
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns, history
from paceline.store.queue.history import HistoryRow, Place

TIMELINE_COLUMNS = ("campaign", "campaign_key", "campaign_name", *EVENT_COLUMNS)
_PAGE = 500

Entry = tuple[str, dict[str, Any]]
"""The place of something that happened, and what it was."""


def page(context: Context, contact_id: str, after: str | None, limit: int) -> list[Entry]:
    """What happened to the contact's messages, newest first, behind the place ``after``.

    Of campaigns to lists and segments: those of files and single messages know an address and no contact. Raises
    NotFound, and InputError for a place that was not given out.
    """
    place = None if after is None else Place.read(after)
    if after is not None and place is None:
        message = "is not one that a page gave; use next_cursor as it is"
        raise InputError([Problem(file="request", field="cursor", message=message)])
    return _page(context, _number(context, contact_id), place, limit)


def everything(context: Context, contact_id: str) -> Iterator[dict[str, Any]]:
    """The whole timeline, newest first. Raises NotFound at once, before the first entry."""
    return _everything(context, _number(context, contact_id))


def _everything(context: Context, number: int) -> Iterator[dict[str, Any]]:
    place: Place | None = None
    while True:
        found = _page(context, number, place, _PAGE)
        yield from (entry for _, entry in found)
        if len(found) < _PAGE:
            return
        place = Place.read(found[-1][0])


def _number(context: Context, contact_id: str) -> int:
    get_contact(context, contact_id)
    return number_of(context, IdKind.CONTACT, contact_id)


def _page(context: Context, number: int, before: Place | None, limit: int) -> list[Entry]:
    with context.queue.read() as connection:
        rows = history.of_contact(connection, number, workspace_id=context.workspace_id, before=before, limit=limit)
        named = {one.id: one for one in campaigns.some(connection, sorted({row.campaign_id for row in rows}))}
    return [(Place.of(row).text, _entry(context, row, named[row.campaign_id])) for row in rows]


def _entry(context: Context, row: HistoryRow, campaign: campaigns.CampaignRow) -> dict[str, Any]:
    return {
        "campaign": context.ids.encode(IdKind.CAMPAIGN, campaign.id),
        "campaign_key": campaign.key,
        "campaign_name": campaign.name,
        **shown(context, row),
    }
