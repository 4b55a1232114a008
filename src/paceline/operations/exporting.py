"""Exports: contacts and messages as CSV, in chunks of text, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from paceline.clock import iso
from paceline.domain.contact import PUBLIC_SUBSCRIPTION_STATES
from paceline.domain.message import PUBLIC_NAMES, MessageState
from paceline.operations.contacts import subscription_state
from paceline.operations.context import Context, NotFound
from paceline.operations.lists import list_number
from paceline.store.catalogue import contacts, lists
from paceline.store.catalogue.contacts import ContactFilter, ContactRow
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns, messages

_ROWS_IN_CHUNK = 1_000

# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), full-width forms included.
_FORMULA_START = re.compile("[=+\\-@\t\r＝＋－＠]")


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
        known = [campaign.id for campaign in campaigns.every(connection, workspace_id=context.workspace_id)]
    if number is None or number not in known:
        raise NotFound(f"there is no campaign {campaign_id}")
    return _message_chunks(context, number)
