"""The list of addresses that get nothing: looked at, added to one by one or from a file, and lifted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from paceline.audience.audience import Audience, open_audience
from paceline.audience.contact import Contact, RefusedRow, refused
from paceline.audience.refused_rows import RefusedRowsFile
from paceline.clock import iso
from paceline.domain.address import parse_address
from paceline.domain.errors import InputError, Problem
from paceline.domain.phone import parse_phone
from paceline.operations.audience import privacy
from paceline.operations.audience.spreadsheet_cells import as_it_was
from paceline.operations.context import Context
from paceline.store.queue import suppressions
from paceline.store.queue.suppressions import NewSuppression, Suppression

CHANNELS: dict[str, Callable[[str], str]] = {"email": parse_address, "whatsapp": parse_phone}
"""Channel -> what makes an address of it."""

COLUMNS = ("address", "reason", "source", "created_at", "expires_at")
BY_A_PERSON, BY_A_FILE = "a person", "import"
_EMAIL = "email"
_COLUMN = {"email": "email", "whatsapp": "phone"}
_LONGEST_REASON = 300
_SHOWN_ROWS = 100
_DUPLICATE = "duplicate of line "  # as audience/audience.py says it


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionImport:
    """What came of a file; ``rows`` is the sum of the other counts."""

    rows: int
    added: int
    known: int
    """That were suppressed for as long or longer before, or stood in the file before."""
    refused: int
    refused_file: Path | None
    refused_rows: tuple[RefusedRow, ...]
    """The first hundred."""


def after(context: Context, address: str | None, limit: int, *, channel: str = _EMAIL) -> list[Suppression]:
    """The next suppressed addresses behind this one, in order."""
    with context.queue.read() as connection:
        return suppressions.after(connection, address or "", limit, workspace_id=context.workspace_id, channel=channel)


def listing(context: Context, *, channel: str = _EMAIL) -> Iterator[dict[str, Any]]:
    """Every suppressed address in order, those whose time is over included."""
    for row in suppressions.listing(context.queue, workspace_id=context.workspace_id, channel=channel):
        yield {
            "address": row.address,
            "reason": row.reason,
            "source": row.source,
            "created_at": iso(row.created_at),
            "expires_at": iso(row.expires_at),
        }


def add(
    context: Context, addresses: list[str], reason: str, *, channel: str = _EMAIL, expires_at: float | None = None
) -> int:
    """Suppress addresses, for ever or until an instant; returns how many are new. Raises InputError, with nothing changed."""
    parse = _parser(channel)
    parsed, problems = [], []
    for address in addresses:
        try:
            parsed.append(parse(address))
        except ValueError as error:
            problems.append(Problem(file="suppression add", field=address, message=str(error)))
    if expires_at is not None and expires_at <= context.clock.now():
        problems.append(Problem(file="suppression add", field="expires_at", message="is over already"))
    if problems:
        raise InputError(problems)
    new = [NewSuppression(address=one, reason=reason, expires_at=expires_at) for one in parsed]
    with context.queue.write() as connection:
        return suppressions.suppress_many(
            connection,
            context.queue,
            new,
            workspace_id=context.workspace_id,
            channel=channel,
            source=BY_A_PERSON,
            now=context.clock.now(),
        )


def import_file(
    context: Context, path: Path, *, reason: str, channel: str = _EMAIL, keep_refused: bool = True
) -> SuppressionImport:
    """Suppress the addresses of a CSV or XLSX file, part by part; a second call finds all of them known.

    The column ``address`` (or ``email``, ``phone``) is needed; ``reason`` and ``expires_at`` win over what is given. Rows that
    are none are given back. Raises InputError for a file that cannot be read.
    """
    _parser(channel)
    added, counted = 0, {"rows": 0, "refused": 0}
    shown: list[RefusedRow] = []
    refused_path = context.settings.reports_path / f"{path.stem}.refused.csv"
    with _opened(path, channel) as audience, RefusedRowsFile(refused_path, audience.columns) as refused_file:
        for part in audience.batches():
            good, bad = _sorted_out(part, reason, context.clock.now())
            counted["rows"] += len(part)
            bad = [row for row in bad if not row.reason.startswith(_DUPLICATE)]
            counted["refused"] += len(bad)
            if keep_refused:
                refused_file.write(bad)
            shown += bad[: _SHOWN_ROWS - len(shown)]
            with context.queue.write() as connection:
                added += suppressions.suppress_many(
                    connection,
                    context.queue,
                    good,
                    workspace_id=context.workspace_id,
                    channel=channel,
                    source=BY_A_FILE,
                    now=context.clock.now(),
                )
        count = refused_file.count
    return SuppressionImport(
        rows=counted["rows"],
        added=added,
        known=counted["rows"] - counted["refused"] - added,
        refused=counted["refused"],
        refused_file=refused_path if count else None,
        refused_rows=tuple(shown),
    )


def lift(context: Context, address: str, *, channel: str = _EMAIL) -> bool:
    """Take an address off the list, and let one that was erased come back; False when neither was so."""
    with context.queue.write() as connection:
        lifted = suppressions.lift(connection, address, workspace_id=context.workspace_id, channel=channel)
        return privacy.let_come_back(context, connection, address) or lifted


def _parser(channel: str) -> Callable[[str], str]:
    if channel not in CHANNELS:
        message = f"accepts {', '.join(CHANNELS)}, got {channel!r}"
        raise InputError([Problem(file="suppression", field="channel", message=message[:200])])
    return CHANNELS[channel]


def _opened(path: Path, channel: str) -> Audience:
    """A list of ours has the column ``address``; any other one is named after what it holds."""
    parse_bare = _parser(channel)

    def parse(cell: str) -> str:
        return parse_bare(as_it_was(cell))

    try:
        return open_audience(path, address_column="address", parse_address=parse)
    except InputError:
        return open_audience(path, address_column=_COLUMN[channel], parse_address=parse)


def _sorted_out(
    part: Sequence[Contact | RefusedRow], reason: str, now: float
) -> tuple[list[NewSuppression], list[RefusedRow]]:
    good: list[NewSuppression] = []
    bad: list[RefusedRow] = []
    for row in part:
        if isinstance(row, RefusedRow):
            bad.append(row)
            continue
        expires_at, problem = _instant(row.fields.get("expires_at", ""))
        if problem:
            bad.append(refused(row.line, f"expires_at: {problem}", row.fields.values()))
        elif expires_at is None or expires_at > now:
            why = as_it_was(row.fields.get("reason", ""))[:_LONGEST_REASON] or reason
            good.append(NewSuppression(address=row.address, reason=why, expires_at=expires_at))
        else:
            bad.append(refused(row.line, "expires_at: is over already", row.fields.values()))
    return good, bad


def _instant(text: str) -> tuple[float | None, str]:
    """An instant with its zone, or nothing; and what is wrong with it."""
    if not text:
        return None, ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None, "accepts an instant such as 2027-03-01T09:00:00Z"
    if found.tzinfo is None or not math.isfinite(found.timestamp()):
        return None, "accepts an instant with its zone, such as 2027-03-01T09:00:00Z"
    return found.timestamp(), ""
