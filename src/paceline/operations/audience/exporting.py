"""Exports in chunks of text: CSV that is safe to open in a spreadsheet, or NDJSON, one object a line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from paceline.clock import iso
from paceline.domain.contact import PUBLIC_SUBSCRIPTION_STATES, SubscriptionState
from paceline.operations.audience import suppressions, timeline
from paceline.operations.audience.contacts import subscription_state
from paceline.operations.audience.lists import list_number
from paceline.operations.audience.spreadsheet_cells import harmless
from paceline.operations.campaigns import reporting
from paceline.operations.campaigns.campaigns import messages
from paceline.operations.context import Context, NotFound
from paceline.store.catalogue import contacts, lists
from paceline.store.catalogue.contacts import ContactFilter, ContactRow
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns

_ROWS_IN_CHUNK = 1_000

_MESSAGE_COLUMNS = ("address", "state", "account", "attempts", "message_id", "reply", "at")
_OWN_COLUMNS = frozenset({"email", "phone", "created_at", "subscription"})


class ExportFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    NDJSON = "ndjson"


def export_contacts(context: Context, *, list_id: str | None = None, state: str | None = None) -> Iterator[str]:
    """The contacts of a list (all, or those in one state), or of the workspace, as chunks of CSV.

    Every field that one of them has is a column. Raises NotFound and InputError at once, before the first chunk.
    """
    number = None
    if list_id is not None:
        number = list_number(context, list_id)
        with context.catalogue.read() as connection:
            if lists.get(connection, number, workspace_id=context.workspace_id) is None:
                raise NotFound(f"there is no list {list_id}")
    wanted = None if state is None else subscription_state(state)
    return _contact_chunks(context, number, wanted)


def export_messages(context: Context, campaign_id: str) -> Iterator[str]:
    """The messages of a campaign as chunks of CSV. Raises NotFound at once, before the first chunk."""
    number = context.ids.decode(IdKind.CAMPAIGN, campaign_id)
    with context.queue.read() as connection:
        key = None if number is None else campaigns.key_of(connection, number, workspace_id=context.workspace_id)
    if key is None:
        raise NotFound(f"there is no campaign {campaign_id}")
    return _chunks(_MESSAGE_COLUMNS, _message_rows(context, key))


def export_events(context: Context, key: str, written: ExportFormat) -> Iterator[str]:
    """Everything that happened to every message of a campaign. Raises NotFound at once, before the first chunk."""
    return written_rows(reporting.EVENT_COLUMNS, reporting.events(context, key), written)


def export_timeline(context: Context, contact_id: str, written: ExportFormat) -> Iterator[str]:
    """Everything that happened to a contact's messages. Raises NotFound at once, before the first chunk."""
    return written_rows(timeline.TIMELINE_COLUMNS, timeline.everything(context, contact_id), written)


def export_suppressions(context: Context, written: ExportFormat, *, channel: str) -> Iterator[str]:
    """Every suppressed address of a channel; what comes out can be imported again."""
    return written_rows(suppressions.COLUMNS, suppressions.listing(context, channel=channel), written)


def written_rows(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], written: ExportFormat) -> Iterator[str]:
    """Rows by column, as chunks of text."""
    if written is ExportFormat.CSV:
        return _chunks(columns, (_cells(row, columns) for row in rows))
    return _lines(rows)


def _lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    lines: list[str] = []
    for row in rows:
        lines.append(json.dumps(row) + "\n")
        if len(lines) == _ROWS_IN_CHUNK:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _message_rows(context: Context, key: str) -> Iterator[list[str]]:
    for message in messages(context, key, state=None):
        yield _cells(message, _MESSAGE_COLUMNS)


def _cells(row: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    return ["" if row[name] is None else str(row[name]) for name in columns]


def _contact_chunks(context: Context, list_id: int | None, state: int | None) -> Iterator[str]:
    """Twice over the contacts: once for the names of their fields, once for the rows."""
    found: set[str] = set()
    for contact, _ in _contacts(context, list_id, state):
        found.update(contact.fields)
    names = sorted(found)
    columns = ["email", "phone", *(_column(name) for name in names), "created_at"]
    if list_id is not None:
        columns.append("subscription")
    yield from _chunks(columns, _contact_rows(context, list_id, state, names))


def _contact_rows(
    context: Context, list_id: int | None, state: int | None, names: Sequence[str]
) -> Iterator[list[str]]:
    for contact, found in _contacts(context, list_id, state):
        fields = (contact.fields.get(name, "") for name in names)
        row = [contact.email or "", contact.phone or "", *fields, iso(contact.created_at) or ""]
        if found is not None:
            row.append(PUBLIC_SUBSCRIPTION_STATES[SubscriptionState(found)])
        yield row


def _contacts(context: Context, list_id: int | None, state: int | None) -> Iterator[tuple[ContactRow, int | None]]:
    """Page by page, each in a short transaction of its own."""
    after = 0
    while True:
        with context.catalogue.read() as connection:
            page: list[tuple[ContactRow, int | None]]
            if list_id is None:
                rows = contacts.listing(
                    connection,
                    context.catalogue,
                    ContactFilter(),
                    workspace_id=context.workspace_id,
                    limit=_ROWS_IN_CHUNK,
                    after=after,
                )
                page = [(row, None) for row in rows]
            else:
                page = [*contacts.of_list(connection, list_id, limit=_ROWS_IN_CHUNK, after=after, state=state)]
        yield from page
        if len(page) < _ROWS_IN_CHUNK:
            return
        after = page[-1][0].id


def _column(name: str) -> str:
    """The column of a field; one that is called like a column of ours says that it is a field."""
    return f"{name} (field)" if name.casefold() in _OWN_COLUMNS else name


def _chunks(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """CSV as RFC 4180 says: comma, CRLF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(map(harmless, columns))
    for count, row in enumerate(rows, 1):
        writer.writerow(map(harmless, row))
        if count % _ROWS_IN_CHUNK == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
