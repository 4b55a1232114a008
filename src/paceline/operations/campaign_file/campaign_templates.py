"""The [[templates]] of a WhatsApp campaign file: each with its parameters, and its share or filter of the contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paceline.content.whatsapp import WhatsAppContent, WhatsAppTemplate, Where, check_template
from paceline.content.whatsapp_media import files_of
from paceline.domain.errors import Problem
from paceline.operations.campaign_file.campaign_fields import TEMPLATE, read_section
from paceline.operations.campaign_file.template_parameters import components_of
from paceline.operations.campaign_file.text_file import UnusableFile, require_file
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlPath

_SHARE_TOLERANCE = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePlaces:
    """Where templates were read: the campaign file and the line of each."""

    file: str
    lines: Sequence[int]

    @property
    def bodies(self) -> Mapping[str, str]:
        """WhatsApp content names no files."""
        return {}

    def problems(self, content: WhatsAppContent, columns: Sequence[str] | None) -> list[Problem]:
        """What is wrong with the texts of the templates, each problem at its place."""
        return [
            Problem(file=self.file, line=line, field=f"templates[{number}].parameters", message=message)
            for number, (template, line) in enumerate(zip(content.templates, self.lines, strict=True), start=1)
            for message in check_template(template, columns, content.surroundings())
        ]


def read_templates(
    document: Document, *, campaign_key: str, campaign_name: str
) -> tuple[WhatsAppContent | None, TemplatePlaces]:
    """The templates and their places; what is wrong is added to the document's problems."""
    tables = document.table.get("templates")
    found: list[WhatsAppTemplate] = []
    lines: list[int] = []
    if "content" in document.table:
        document.refuse(("content",), 'leave it out: channel = "whatsapp" has [[templates]]')
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        document.refuse(("templates",), "accepts one [[templates]] block per template, at least one")
        tables = []
    for index, table in enumerate(tables):
        path: TomlPath = ("templates", index)
        template = _template(document, path, table)
        if template is not None:
            found.append(template)
            lines.append(document.line_of(path) or 1)
    places = TemplatePlaces(file=document.file, lines=lines)
    if len(found) < len(tables) or not found:
        return None, places
    content = WhatsAppContent(
        templates=tuple(_shared(document, found)), campaign_key=campaign_key, campaign_name=campaign_name
    )
    for problem in places.problems(content, None):
        document.add(problem)
    return content, places


def _template(document: Document, path: TomlPath, table: Mapping[str, object]) -> WhatsAppTemplate | None:
    values = read_section(document, path, table, TEMPLATE)
    where = _where(document, path, values.get("where"))
    if where is not None and values.get("share") is not None:
        document.refuse((*path, "share"), "leave it out: where says already which contacts get this template")
    try:
        components = tuple(components_of(values.get("parameters") or {}))
    except ValueError as error:
        document.refuse((*path, "parameters"), str(error))
        return None
    for _, name in files_of(components):
        _require_medium(document, path, name)
    if "name" not in values or "language" not in values or (values.get("where") is not None and where is None):
        return None
    return WhatsAppTemplate(
        name=values["name"],
        language=values["language"],
        components=components,
        share=-1.0 if values.get("share") is None else values["share"],
        where=where,
    )


def _require_medium(document: Document, path: TomlPath, name: str) -> None:
    """A file beside the campaign file; what else is given as one (a draft's ids) is looked at where it is kept."""
    if document.path.suffix != ".toml":
        return
    try:
        require_file(document.beside(name))
    except UnusableFile as error:
        message = f"{document.beside(name)} {error.reason}; a path is relative to the campaign file"
        document.refuse((*path, "parameters"), message)


def _where(document: Document, path: TomlPath, table: Mapping[str, Any] | None) -> Where | None:
    if table is None:
        return None
    if set(table) != {"field", "equals"} or not all(isinstance(value, str) for value in table.values()):
        document.refuse((*path, "where"), 'accepts two texts, such as { field = "plan", equals = "pro" }')
        return None
    return Where(field=table["field"], equals=table["equals"])


def _shared(document: Document, templates: Sequence[WhatsAppTemplate]) -> list[WhatsAppTemplate]:
    """Shares filled in: equal ones where none is given, as they are where all are; together they are 1."""
    plain = [template for template in templates if template.where is None]
    given = [template for template in plain if template.share >= 0]
    if given and len(given) < len(plain):
        document.refuse(("templates",), "accepts a share on all templates without a where, or on none")
    elif given and abs(sum(template.share for template in given) - 1) > _SHARE_TOLERANCE:
        total = sum(template.share for template in given)
        document.refuse(("templates",), f"the shares add up to {total:g}; accepted is 1 in all")
    equal = 1 / len(plain) if plain else 0.0
    return [
        WhatsAppTemplate(
            name=template.name,
            language=template.language,
            components=template.components,
            share=0.0 if template.where else template.share if template.share >= 0 else equal,
            where=template.where,
        )
        for template in templates
    ]
