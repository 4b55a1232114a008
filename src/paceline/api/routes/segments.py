"""Segments over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, number_after, page
from paceline.api.routing import Routes
from paceline.api.schemas.segments import ChangedSegment, CountAnswer, FilterToCount, NewSegment, SegmentAnswer
from paceline.domain.permission import Permission
from paceline.operations.audience import segments
from paceline.operations.audience.segments import Segment
from paceline.store.public_ids import IdKind

routes = Routes(tag="segments")


@routes.get("/segments", permission=Permission.CONTACTS_READ)
def list_segments(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[SegmentAnswer]:
    """Segments, the newest first."""
    rows = segments.page(asked.context, number_after(cursor), limit + 1)
    return page(rows, limit, position=lambda row: asked.context.ids.decode(IdKind.SEGMENT, row.id) or 0, model=_answer)


@routes.post("/segments", permission=Permission.CONTACTS_WRITE, status=HTTPStatus.CREATED)
def create_segment(asked: Asked, new: NewSegment) -> SegmentAnswer:
    """Store a filter under a name."""
    created = segments.create(asked.context, name=new.name, filter=new.filter)
    asked.audit("segment.create", created.id, name=created.name)
    return _answer(created)


@routes.post("/segments/count", permission=Permission.CONTACTS_READ)
def count_filter(asked: Asked, given: FilterToCount) -> CountAnswer:
    """How many contacts a filter matches now, without storing it."""
    return CountAnswer.model_validate(segments.count_filter(asked.context, given.filter), from_attributes=True)


@routes.get("/segments/{segment_id}", permission=Permission.CONTACTS_READ)
def get_segment(asked: Asked, segment_id: str) -> SegmentAnswer:
    """One segment."""
    return _answer(segments.get(asked.context, segment_id))


@routes.patch("/segments/{segment_id}", permission=Permission.CONTACTS_WRITE)
def change_segment(asked: Asked, segment_id: str, changed: ChangedSegment) -> SegmentAnswer:
    """Change a segment; campaigns that were started keep the filter they were started with."""
    after = segments.change(asked.context, segment_id, name=changed.name, filter=changed.filter)
    asked.audit("segment.change", segment_id, name=after.name)
    return _answer(after)


@routes.delete("/segments/{segment_id}", permission=Permission.CONTACTS_WRITE)
def delete_segment(asked: Asked, segment_id: str) -> None:
    """Delete a segment; its contacts stay."""
    segments.delete(asked.context, segment_id)
    asked.audit("segment.delete", segment_id)


@routes.get("/segments/{segment_id}/count", permission=Permission.CONTACTS_READ)
def count_segment(asked: Asked, segment_id: str) -> CountAnswer:
    """How many contacts a segment matches now, whatever lists they are on."""
    return CountAnswer.model_validate(segments.count(asked.context, segment_id), from_attributes=True)


def _answer(row: Segment) -> SegmentAnswer:
    return SegmentAnswer.model_validate(row, from_attributes=True)
