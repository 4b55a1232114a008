"""Templates: contents under a name, checked when they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paceline.domain.errors import InputError, Problem
from paceline.operations.campaigns.email_values import content_problems, content_values, read_content
from paceline.operations.context import Context, NotPossible
from paceline.operations.ids import number_of, unknown
from paceline.store.catalogue import templates
from paceline.store.catalogue.templates import TemplateRow
from paceline.store.public_ids import IdKind

LONGEST_NAME = 200

_CHANNEL = "email"
_ANY_FROM = "Sender <sender@example.com>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template as people see it."""

    id: str
    name: str
    channel: str
    content: dict[str, Any]
    created_at: float
    updated_at: float


def create(context: Context, *, name: str, content: Mapping[str, Any], channel: str = _CHANNEL) -> Template:
    """Store a template. Raises InputError for a content that could not be sent, NotPossible when the name is taken."""
    checked, name = _checked(name, content, channel), checked_name(name)
    with context.catalogue.write() as connection:
        number = templates.insert(
            connection,
            workspace_id=context.workspace_id,
            name=name,
            channel=channel,
            content=checked,
            now=context.clock.now(),
        )
    if number is None:
        raise _taken(name)
    return get(context, context.ids.encode(IdKind.TEMPLATE, number))


def change(
    context: Context, template_id: str, *, name: str | None = None, content: Mapping[str, Any] | None = None
) -> Template:
    """Another name, or a content instead of the former one; campaigns made from it keep theirs."""
    row = row_of(context, template_id)
    new_name = row.name if name is None else checked_name(name)
    checked = _checked(new_name, row.content if content is None else content, row.channel)
    with context.catalogue.write() as connection:
        if templates.named(connection, new_name, workspace_id=context.workspace_id) not in (None, row.id):
            raise _taken(new_name)
        templates.update(
            connection,
            row.id,
            workspace_id=context.workspace_id,
            name=new_name,
            content=checked,
            now=context.clock.now(),
        )
    return get(context, template_id)


def delete(context: Context, template_id: str) -> None:
    """Take a template away."""
    number = number_of(context, IdKind.TEMPLATE, template_id)
    with context.catalogue.write() as connection:
        if not templates.delete(connection, number, workspace_id=context.workspace_id):
            raise unknown(IdKind.TEMPLATE, template_id)


def get(context: Context, template_id: str) -> Template:
    """One template."""
    return _template(context, row_of(context, template_id))


def page(context: Context, before: int | None, limit: int) -> list[Template]:
    """Some templates, the newest first, older than that of the number ``before``."""
    with context.catalogue.read() as connection:
        rows = templates.page(connection, workspace_id=context.workspace_id, before=before, limit=limit)
    return [_template(context, row) for row in rows]


def row_of(context: Context, template_id: str) -> TemplateRow:
    """The template as it is stored."""
    number = number_of(context, IdKind.TEMPLATE, template_id)
    with context.catalogue.read() as connection:
        row = templates.get(connection, number, workspace_id=context.workspace_id)
    if row is None:
        raise unknown(IdKind.TEMPLATE, template_id)
    return row


def checked_name(name: str, field: str = "name") -> str:
    """A name that people can read in a list. Raises InputError."""
    bare = name.strip()
    if not 0 < len(bare) <= LONGEST_NAME or not bare.isprintable():
        message = f"accepts 1 to {LONGEST_NAME} printable characters"
        raise InputError([Problem(file="", field=field, message=message)])
    return bare


def _checked(name: str, content: Mapping[str, Any], channel: str) -> dict[str, Any]:
    if channel != _CHANNEL:
        raise InputError([Problem(file="", field="channel", message=f"accepts {_CHANNEL}, got {channel!r}"[:200])])
    read = read_content(content, key="template", name=name)
    problems = content_problems(read, from_elsewhere=_ANY_FROM)
    if problems:
        raise InputError(problems)
    return content_values(read)


def _template(context: Context, row: TemplateRow) -> Template:
    return Template(
        id=context.ids.encode(IdKind.TEMPLATE, row.id),
        name=row.name,
        channel=row.channel,
        content=row.content,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _taken(name: str) -> NotPossible:
    return NotPossible(f"there is a template with the name {name!r}; choose another name, or change that one")
