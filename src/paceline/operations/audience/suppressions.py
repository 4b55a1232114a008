"""The list of addresses that get nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paceline.clock import iso
from paceline.domain.address import parse_address
from paceline.domain.errors import InputError, Problem
from paceline.operations.audience import privacy
from paceline.operations.context import Context
from paceline.store.queue import suppressions
from paceline.store.queue.suppressions import Suppression

_CHANNEL = "email"


def after(context: Context, address: str | None, limit: int) -> list[Suppression]:
    """The next suppressed addresses behind this one, in order."""
    with context.queue.read() as connection:
        return suppressions.after(connection, address or "", limit, workspace_id=context.workspace_id, channel=_CHANNEL)


def listing(context: Context) -> Iterator[dict[str, Any]]:
    """Every suppressed address in order."""
    for row in suppressions.listing(context.queue, workspace_id=context.workspace_id, channel=_CHANNEL):
        yield {
            "address": row.address,
            "reason": row.reason,
            "source": row.source,
            "created_at": iso(row.created_at),
            "expires_at": iso(row.expires_at),
        }


def add(context: Context, addresses: list[str], reason: str) -> int:
    """Suppress addresses for ever; returns how many are new. Raises InputError, with nothing changed."""
    parsed, problems = [], []
    for address in addresses:
        try:
            parsed.append(parse_address(address))
        except ValueError as error:
            problems.append(Problem(file="suppression add", field=address, message=str(error)))
    if problems:
        raise InputError(problems)
    with context.queue.write() as connection:
        return suppressions.suppress(
            connection,
            parsed,
            workspace_id=context.workspace_id,
            channel=_CHANNEL,
            reason=reason,
            source="a person",
            now=context.clock.now(),
        )


def lift(context: Context, address: str) -> bool:
    """Take an address off the list, and let one that was erased come back; False when neither was so."""
    with context.queue.write() as connection:
        lifted = suppressions.lift(connection, address, workspace_id=context.workspace_id, channel=_CHANNEL)
        return privacy.let_come_back(context, connection, address) or lifted
