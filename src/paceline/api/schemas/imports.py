"""Shapes of imports."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.api.schemas.contacts import FieldName
from paceline.domain.contact_import import ImportMode, ImportStatus

Mapping = Annotated[
    dict[str, FieldName | Annotated[str, Field(max_length=0)]],
    Field(description="Column -> email, phone or a field's name; an empty one leaves the column out."),
]


class ImportFromPath(Request):
    """A file on the server, in the folder that an administrator has allowed (PACELINE_IMPORT_DIR)."""

    path: Annotated[str, Field(min_length=1, max_length=4_096, description="Relative to that folder.")]
    list_name: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    list_id: Annotated[str | None, Field(max_length=100, description="Instead of list_name.")] = None
    mapping: Mapping = Field(default_factory=dict)
    mode: Annotated[ImportMode, Field(strict=False)] = ImportMode.UPDATE
    consent: Annotated[str | None, Field(max_length=2_000)] = None


class ImportCounts(Answer):
    """What became of the rows so far; rows is the sum of the others."""

    rows: int
    imported: int
    updated: int
    duplicates: int
    refused: int


class ImportAnswer(Answer):
    """An import and where it stands."""

    id: str
    list_id: str | None
    file_name: str
    mode: ImportMode
    status: ImportStatus
    reason: str | None
    counts: ImportCounts
    has_refused_file: bool
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None


class PreviewAnswer(Answer):
    """The first rows of a file."""

    kind: str
    encoding: str | None
    delimiter: str | None
    columns: list[str]
    rows: list[list[str]]
    guess: dict[str, str] = Field(description="Column -> what it seems to be.")
