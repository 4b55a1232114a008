"""Pages: a list is read part by part, each part naming where the next begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from paceline.domain.errors import InputError, Problem

_Row = TypeVar("_Row")
_Model = TypeVar("_Model")

_LARGEST_PAGE = 200
_USUAL_PAGE = 50

Limit = Annotated[int, Query(ge=1, le=_LARGEST_PAGE, description="How many to return at most.")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="Where to go on: next_cursor of the page before; absent: the start.")
]
USUAL_LIMIT: int = _USUAL_PAGE


class Page(BaseModel, Generic[_Model]):
    """A part of a list."""

    items: list[_Model]
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last one.")


def page(
    rows: Sequence[_Row], limit: int, *, position: Callable[[_Row], int | str], model: Callable[[_Row], _Model]
) -> Page[_Model]:
    """A page of rows that were read with ``limit + 1``, so that the last page is known to be the last.

    ``position`` of a row is what the statement continues after.
    """
    shown = rows[:limit]
    following = encode_cursor(position(shown[-1])) if len(rows) > limit else None
    return Page(items=[model(row) for row in shown], next_cursor=following)


def encode_cursor(position: int | str) -> str:
    """A position as text that means nothing to others."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def number_after(cursor: str | None) -> int | None:
    """The position of a list in the order of numbers; None for the start. Raises InputError."""
    position = _decode(cursor)
    if position is None or (isinstance(position, int) and not isinstance(position, bool) and abs(position) < 2**63):
        return position
    raise _refused()


def text_after(cursor: str | None) -> str | None:
    """The position of a list in the order of a text; None for the start. Raises InputError."""
    position = _decode(cursor)
    if position is None or isinstance(position, str):
        return position
    raise _refused()


def _decode(cursor: str | None) -> object:
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position: object = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise _refused() from None
    if position is None:
        raise _refused()
    return position


def _refused() -> InputError:
    message = "is not one that a page gave; use next_cursor as it is"
    return InputError([Problem(file="request", field="cursor", message=message)])
