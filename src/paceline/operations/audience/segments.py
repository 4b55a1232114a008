"""Segments: filters under a name, and how many contacts they match now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from paceline.domain.errors import InputError, Problem
from paceline.domain.segment import Node, parse_segment, references, segment_to_json
from paceline.operations.campaigns.templates import checked_name
from paceline.operations.context import Context, NotPossible
from paceline.operations.ids import number_of, unknown
from paceline.store.catalogue import segments
from paceline.store.catalogue.audiences import Audience, AudienceWalk, Count
from paceline.store.catalogue.segments import SegmentRow
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns

COUNT_SECONDS = 2.0
"""How long a live count may take; what is not counted by then is "at least so many"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment as people see it; lists and campaigns in ``filter`` by their public ids."""

    id: str
    name: str
    filter: dict[str, Any]
    created_at: float
    updated_at: float


def create(context: Context, *, name: str, filter: Any) -> Segment:
    """Store a segment. Raises InputError with the path of each problem, NotPossible when the name is taken."""
    name, node = checked_name(name), read_filter(context, filter)
    with context.catalogue.write() as connection:
        number = segments.insert(
            connection, workspace_id=context.workspace_id, name=name, filter=node, now=context.clock.now()
        )
    if number is None:
        raise _taken(name)
    return get(context, context.ids.encode(IdKind.SEGMENT, number))


def change(context: Context, segment_id: str, *, name: str | None = None, filter: Any = None) -> Segment:
    """Another name, another filter. Campaigns that were started keep the filter they were started with."""
    row = row_of(context, segment_id)
    new_name = row.name if name is None else checked_name(name)
    node = row.filter if filter is None else read_filter(context, filter)
    with context.catalogue.write() as connection:
        if segments.named(connection, new_name, workspace_id=context.workspace_id) not in (None, row.id):
            raise _taken(new_name)
        segments.update(
            connection,
            row.id,
            workspace_id=context.workspace_id,
            name=new_name,
            filter=node,
            now=context.clock.now(),
        )
    return get(context, segment_id)


def delete(context: Context, segment_id: str) -> None:
    """Take a segment away."""
    number = number_of(context, IdKind.SEGMENT, segment_id)
    with context.catalogue.write() as connection:
        if not segments.delete(connection, number, workspace_id=context.workspace_id):
            raise unknown(IdKind.SEGMENT, segment_id)


def get(context: Context, segment_id: str) -> Segment:
    """One segment."""
    return _segment(context, row_of(context, segment_id))


def page(context: Context, before: int | None, limit: int) -> list[Segment]:
    """Some segments, the newest first, older than that of the number ``before``."""
    with context.catalogue.read() as connection:
        rows = segments.page(connection, workspace_id=context.workspace_id, before=before, limit=limit)
    return [_segment(context, row) for row in rows]


def count(context: Context, segment_id: str) -> Count:
    """How many contacts a segment matches now, whatever lists they are on."""
    return _count(context, row_of(context, segment_id).filter)


def count_filter(context: Context, filter: Any) -> Count:
    """The same for a filter that is not stored."""
    return _count(context, read_filter(context, filter))


def row_of(context: Context, segment_id: str) -> SegmentRow:
    """The segment as it is stored."""
    number = number_of(context, IdKind.SEGMENT, segment_id)
    with context.catalogue.read() as connection:
        row = segments.get(connection, number, workspace_id=context.workspace_id)
    if row is None:
        raise unknown(IdKind.SEGMENT, segment_id)
    return row


def read_filter(context: Context, filter: Any) -> Node:
    """A filter as it is given, its lists and campaigns by public id. Raises InputError; those of others are unknown."""

    def decoded(kind: IdKind, given: Any) -> int | None:
        return context.ids.decode(kind, given) if isinstance(given, str) else None

    node = parse_segment(
        filter,
        list_id=lambda given: decoded(IdKind.LIST, given),
        campaign_id=lambda given: decoded(IdKind.CAMPAIGN, given),
    )
    lists, named = references(node)
    with context.catalogue.read() as connection:
        strange = lists - segments.lists_there(connection, lists, workspace_id=context.workspace_id)
    with context.queue.read() as connection:
        foreign = {
            number
            for number in named
            if campaigns.numbered(connection, number, workspace_id=context.workspace_id) is None
        }
    problems = [_not_there("list", context.ids.encode(IdKind.LIST, number)) for number in sorted(strange)]
    problems += [_not_there("campaign", context.ids.encode(IdKind.CAMPAIGN, number)) for number in sorted(foreign)]
    if problems:
        raise InputError(problems)
    return node


def _count(context: Context, filter: Node) -> Count:
    audience = Audience(workspace_id=context.workspace_id, segment=filter, anybody=True)
    walk = AudienceWalk(database=context.catalogue, audience=audience, now=context.clock.now())
    return walk.count(seconds=COUNT_SECONDS)


def _segment(context: Context, row: SegmentRow) -> Segment:
    shown = segment_to_json(
        row.filter,
        list_id=lambda number: context.ids.encode(IdKind.LIST, number),
        campaign_id=lambda number: context.ids.encode(IdKind.CAMPAIGN, number),
    )
    return Segment(
        id=context.ids.encode(IdKind.SEGMENT, row.id),
        name=row.name,
        filter=shown,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _not_there(noun: str, public_id: str) -> Problem:
    return Problem(file="", field="filter", message=f"there is no {noun} {public_id}")


def _taken(name: str) -> NotPossible:
    return NotPossible(f"there is a segment with the name {name!r}; choose another name, or change that one")
