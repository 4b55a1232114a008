"""Who gets a campaign: lists and a segment, less those excluded; walked by contact id in windows of bounded cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection

from paceline.domain.contact import SubscriptionState
from paceline.domain.segment import Node
from paceline.store.catalogue.segment_sql import SegmentSql
from paceline.store.database import Database, sql

MOST_LISTS = 50

_CONFIRMED = int(SubscriptionState.CONFIRMED)
_COUNT_WINDOWS = 1_250, 20_000  # the first one; it grows to the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Contacts of one workspace.

    With lists: those confirmed on at least one of them; without: those confirmed on any list of the workspace, because
    nobody is written to who has agreed to nothing. ``anybody`` drops that (to look at a segment). ``exclude_lists``
    leaves out everybody who is or was on them. ``channel`` says which address somebody needs to be one of them.
    """

    workspace_id: int
    list_ids: tuple[int, ...] = ()
    segment: Node | None = None
    exclude_list_ids: tuple[int, ...] = ()
    exclude_segment: Node | None = None
    anybody: bool = False
    channel: str = "email"

    @property
    def column(self) -> str:
        """The column that holds the addresses of the channel."""
        return "phone" if self.channel == "whatsapp" else "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One contact of the audience: its address on the channel, and both that it has, "" for one that it has not."""

    contact_id: int
    address: str
    fields: Mapping[str, str]
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many there are; not ``exact``: at least so many, the time was up."""

    number: int
    exact: bool


@dataclass(slots=True, kw_only=True)
class AudienceWalk:
    """One audience at one moment (``now``, for what has happened within some days)."""

    database: Database
    audience: Audience
    now: float
    _values: dict[str, Any] = field(default_factory=dict, init=False)
    _candidates: str = field(default="", init=False)
    _condition: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Word the statements once."""
        conditions = SegmentSql(database=self.database, now=self.now, values=self._values)
        audience = self.audience
        self._values["workspace"] = audience.workspace_id
        words = ["c.workspace_id = :workspace"]
        if not audience.anybody:
            words.append(f"c.{audience.column} IS NOT NULL")
        if audience.list_ids:
            self._candidates = self._subscribed(audience.list_ids)
            words.append(self.database.among("c.id", self._candidates))
        else:
            words.append("c.id > :after AND c.id <= :end")
            self._candidates = (
                "SELECT id AS contact_id FROM contacts WHERE workspace_id = :workspace AND id > :after "
                "ORDER BY id LIMIT :size"
            )
            if not audience.anybody:
                on_any = "SELECT 1 FROM subscriptions s WHERE s.contact_id = c.id"
                words.append(f"EXISTS ({on_any} AND s.state = {_CONFIRMED})")
        if audience.segment is not None:
            words.append(conditions.condition(audience.segment))
        if audience.exclude_list_ids:
            marks = self._bind("x", audience.exclude_list_ids)
            on_them = f"SELECT 1 FROM subscriptions s WHERE s.contact_id = c.id AND s.list_id IN ({marks})"
            words.append(f"NOT EXISTS ({on_them})")
        if audience.exclude_segment is not None:
            words.append(f"NOT {conditions.condition(audience.exclude_segment)}")
        self._condition = " AND ".join(words)

    def window(self, connection: Connection, *, after: int, size: int) -> tuple[int | None, list[Recipient]]:
        """Look at the next ``size`` candidates behind a contact id.

        Returns the id of the last one (None: there is none) and those of them who belong to the audience, by id.
        """
        end = self._end(connection, after, size)
        if end is None:
            return None, []
        words = (
            "SELECT c.id, c.email, c.phone, CAST(c.fields AS text) AS fields FROM contacts c "
            f"WHERE {self._condition} ORDER BY c.id"
        )
        rows = connection.execute(sql(words), {**self._values, "after": after, "size": size, "end": end})
        return end, [_recipient(row, self.audience.column) for row in rows]

    def count(self, *, seconds: float, enough: int | None = None, clock: Callable[[], float] = time.monotonic) -> Count:
        """Count the audience, each window in a transaction of its own, for about so many seconds or to ``enough``.

        The first windows are always looked at, however long that takes: a small audience is counted exactly.
        """
        deadline = clock() + seconds
        after, number, size = 0, 0, _COUNT_WINDOWS[0]
        while True:
            with self.database.read() as connection:
                end = self._end(connection, after, size)
                if end is None:
                    return Count(number=number, exact=True)
                words = f"SELECT COUNT(*) FROM contacts c WHERE {self._condition}"
                values = {**self._values, "after": after, "size": size, "end": end}
                number += connection.execute(sql(words), values).scalar_one()
            is_small, size = size < _COUNT_WINDOWS[1], min(size * 4, _COUNT_WINDOWS[1])
            after = end
            if (clock() > deadline and not is_small) or (enough is not None and number >= enough):
                return Count(number=number, exact=False)

    def _end(self, connection: Connection, after: int, size: int) -> int | None:
        statement = sql(f"SELECT MAX(contact_id) FROM ({self._candidates}) AS k")
        found: int | None = connection.execute(statement, {**self._values, "after": after, "size": size}).scalar()
        return found

    def _subscribed(self, list_ids: tuple[int, ...]) -> str:
        """The next contacts of some lists: the next of each, merged, so that no list is ever read as a whole."""
        parts = []
        for mark in self._bind("l", list_ids).split(", "):
            one = (
                f"SELECT contact_id FROM subscriptions WHERE list_id = {mark} AND contact_id > :after "
                f"AND state = {_CONFIRMED} ORDER BY contact_id LIMIT :size"
            )
            parts.append(f"SELECT contact_id FROM ({one}) AS part")
        merged = " UNION ".join(parts)
        return f"SELECT contact_id FROM ({merged}) AS merged ORDER BY contact_id LIMIT :size"

    def _bind(self, letter: str, numbers: tuple[int, ...]) -> str:
        self._values.update({f"{letter}{place}": number for place, number in enumerate(numbers)})
        return ", ".join(f":{letter}{place}" for place in range(len(numbers)))


def contact(connection: Connection, number: int, *, workspace_id: int) -> Recipient | None:
    """One contact of the workspace; its address is empty where it has only a phone."""
    return _one(connection, "id = :value", number, workspace_id)


def contact_with(connection: Connection, address: str, *, workspace_id: int) -> Recipient | None:
    """The contact of the workspace with this address."""
    return _one(connection, "email_key = :value", address.casefold(), workspace_id)


def _one(connection: Connection, condition: str, value: object, workspace_id: int) -> Recipient | None:
    row = connection.execute(
        sql(
            "SELECT id, email, phone, CAST(fields AS text) AS fields FROM contacts "
            f"WHERE workspace_id = :workspace AND {condition}"
        ),
        {"workspace": workspace_id, "value": value},
    ).one_or_none()
    return None if row is None else _recipient(row, "email")


def _recipient(row: Any, column: str) -> Recipient:
    return Recipient(
        contact_id=row.id,
        address=getattr(row, column) or "",
        fields=orjson.loads(row.fields),
        email=row.email or "",
        phone=row.phone or "",
    )
