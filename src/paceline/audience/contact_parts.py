"""A file of recipients as parts of an import: some ten thousand contacts each, checked, and ordered by address.

Ordered, because a database that takes addresses in order writes a third of the pages that it writes otherwise. A part
ends with a line of the file, so "every line up to here" says how far an import is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

import orjson

from paceline.audience.audience import Audience, open_audience
from paceline.audience.column_mapping import find_address_column
from paceline.audience.contact import Contact, RefusedRow, refused
from paceline.audience.file_kind import unreadable
from paceline.domain.address import address_key
from paceline.domain.contact import LONGEST_FIELD_NAME, MOST_FIELD_BYTES, MOST_FIELDS, check_fields, parse_phone
from paceline.domain.errors import InputError

_CONTACTS_IN_PART = 40_000
_BYTES_IN_PART = 12_000_000
_BATCH = 5_000
_DUPLICATE = re.compile(r"duplicate of line \d+")

PartContact = tuple[str, int, str, str | None, str]
"""What it is known by, line, address, phone number where it is not the address, fields as JSON. A million of them pass."""


@dataclass(slots=True, kw_only=True)
class Part:
    """Rows of the file up to a line."""

    end: int = 0
    contacts: list[PartContact] = field(default_factory=list)
    duplicates: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    """The duplicates too."""
    bytes: int = 0


def open_contacts(path: Path, rename: Mapping[str, str]) -> Audience:
    """Open a file whose address is an "email" column or, where there is none, a "phone" column.

    Raises InputError: no table, neither column, more or longer fields than a contact has.
    """
    try:
        audience = open_audience(path, rename=rename)
    except InputError as error:
        if error.problems[0].field != "email":
            raise
        try:
            audience = open_audience(
                path, address_column="phone", rename=rename, parse_address=parse_phone, address_key=str
            )
        except InputError:
            raise error from None
    problem = _describe_columns(audience.columns)
    if problem:
        audience.close()
        raise unreadable(path, problem)
    return audience


def is_phone_file(audience: Audience) -> bool:
    """Whether its contacts are known by their phone numbers."""
    return find_address_column([audience.address_column], "email") is None


def read_parts(audience: Audience, *, cursor: int = 0, part_end: int = 0) -> Iterator[Part]:
    """Yield every row of the file, in parts that depend on nothing but the file.

    ``cursor`` and ``part_end`` are the last part that was begun when the file was read before: it is a part again. Of the
    parts before it only the refused rows are of use, their contacts are left out.
    """
    reader = _PartReader(audience)
    part = Part()
    for batch in audience.batches(_BATCH):
        for rows in _split(batch, (cursor, part_end)):
            reader.add(part, rows)
            is_full = len(part.contacts) >= _CONTACTS_IN_PART or part.bytes >= _BYTES_IN_PART
            if part.end in (cursor, part_end) or (is_full and not cursor < part.end < part_end):
                yield _finished(part, cursor)
                part = Part()
    if part.end:
        yield _finished(part, cursor)


def _split(rows: list[Contact | RefusedRow], ends: tuple[int, ...]) -> Iterator[list[Contact | RefusedRow]]:
    for end in ends:
        if rows[0].line <= end < rows[-1].line:
            place = next(index for index, row in enumerate(rows) if row.line > end)
            yield rows[:place]
            rows = rows[place:]
    yield rows


def _finished(part: Part, cursor: int) -> Part:
    if part.end <= cursor:
        part.contacts.clear()
    part.contacts.sort(key=itemgetter(0))
    return part


class _PartReader:
    """Turns contacts of the file into contacts of the catalogue."""

    def __init__(self, audience: Audience) -> None:
        self._by_phone = is_phone_file(audience)
        self._address = audience.address_column
        others = [name for name in audience.columns if name != self._address]
        place = None if self._by_phone else find_address_column(others, "phone")
        self._phone = None if place is None else others[place]

    def add(self, part: Part, rows: list[Contact | RefusedRow]) -> None:
        """Put rows into a part."""
        part.end = rows[-1].line
        for row in rows:
            if isinstance(row, RefusedRow):
                part.refused.append(row)
                part.duplicates += _DUPLICATE.fullmatch(row.reason) is not None
                continue
            self._add_contact(part, row)

    def _add_contact(self, part: Part, row: Contact) -> None:
        fields = row.fields
        del fields[self._address]
        phone = self._take_phone(fields) if self._phone is not None else None
        written = orjson.dumps(fields)
        if len(written) > MOST_FIELD_BYTES and (problem := check_fields(fields)):
            part.refused.append(refused(row.line, problem, (row.address, *fields.values())))
            return
        key = row.address if self._by_phone else address_key(row.address)
        part.contacts.append((key, row.line, row.address, phone, written.decode()))
        part.bytes += len(written)

    def _take_phone(self, fields: dict[str, str]) -> str | None:
        """The phone number; what is none stays a field, as it is."""
        assert self._phone is not None
        try:
            phone = parse_phone(fields[self._phone])
        except ValueError:
            return None
        del fields[self._phone]
        return phone


def _describe_columns(columns: tuple[str, ...]) -> str | None:
    if len(columns) > MOST_FIELDS:
        return (
            f"{len(columns):,} columns; a contact has at most {MOST_FIELDS} fields: "
            'leave columns out by mapping them to nothing, such as --map "Notes="'
        )
    long = next((name for name in columns if len(name) > LONGEST_FIELD_NAME), None)
    return f'the name of column "{long[:40]}…" is longer than {LONGEST_FIELD_NAME} characters' if long else None
