"""Files that go with WhatsApp templates: those of a campaign file are kept like all hosted files, those of a draft are some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from paceline.content.whatsapp import WhatsAppContent
from paceline.content.whatsapp_media import files_of, with_files
from paceline.domain.errors import InputError, Problem
from paceline.domain.hosted_file import LARGEST_FILE
from paceline.operations.campaign_file.text_file import UnusableFile, read_bytes
from paceline.operations.campaigns import files
from paceline.operations.context import Context
from paceline.store.public_ids import IdKind
from paceline.store.queue import files as stored_files

_ACCEPTED = {"image": ("image/jpeg", "image/png"), "document": ("application/pdf",)}
_LARGEST = {"image": 5 << 20, "document": LARGEST_FILE}


def with_kept_files(context: Context, content: WhatsAppContent, folder: Path) -> tuple[WhatsAppContent, list[Problem]]:
    """The content with the files of this folder kept, as senders on every machine need them, and named by their ids.

    The same files again are the same. What cannot be used is a problem, with the template's number.
    """
    problems: list[Problem] = []
    templates = []
    for place, template in enumerate(content.templates, start=1):
        ids: dict[str, str] = {}
        for _, name in files_of(template.components):
            try:
                ids[name] = files.upload(context, name, read_bytes(folder / name, LARGEST_FILE)).id
            except UnusableFile as error:
                problems.append(_problem(place, f"{folder / name} {error.reason}"))
            except InputError as error:
                problems += [_problem(place, f"{name}: {one.message}") for one in error.problems]
        components = with_files(list(template.components), partial(_named, ids))
        templates.append(replace(template, components=tuple(components)))
    kept = replace(content, templates=tuple(templates))
    return kept, problems or media_problems(context, kept)


def _named(ids: Mapping[str, str], name: str) -> dict[str, str]:
    return {"file": ids.get(name, name)}


def media_problems(context: Context, content: WhatsAppContent) -> list[Problem]:
    """What is wrong with the files of a content: each must be the workspace's, and of a kind that WhatsApp takes."""
    return [
        _problem(place, message)
        for place, template in enumerate(content.templates, start=1)
        for kind, file_id in files_of(template.components)
        for message in _wrong(context, kind, file_id)
    ]


def _wrong(context: Context, kind: str, file_id: str) -> Iterator[str]:
    number = context.ids.decode(IdKind.FILE, file_id)
    with context.queue.read() as connection:
        row = None if number is None else stored_files.get(connection, number, workspace_id=context.workspace_id)
    if row is None:
        yield f"header.{kind}: there is no file {file_id[:60]}"
    elif row.media_type not in _ACCEPTED[kind]:
        yield f"header.{kind}: {row.name} is {row.media_type}; WhatsApp accepts {' and '.join(_ACCEPTED[kind])}"
    elif row.size > _LARGEST[kind]:
        yield f"header.{kind}: {row.name} has more than {_LARGEST[kind] >> 20} MB"


def _problem(place: int, message: str) -> Problem:
    return Problem(file="", field=f"templates[{place}].parameters", message=message)
