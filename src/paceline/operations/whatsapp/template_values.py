"""The templates of a draft as people give them, by the same rules and words as in a campaign file; incomplete while written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paceline.content.whatsapp import WhatsAppContent
from paceline.domain.errors import InputError, Problem
from paceline.operations.campaign_file.campaign_templates import read_templates
from paceline.operations.campaign_file.template_parameters import parameters_of
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlPath

MOST_TEMPLATES = 50


def read_template_values(given: Sequence[Mapping[str, Any]], *, key: str, name: str) -> WhatsAppContent:
    """The content that these templates are; without any it is empty. Raises InputError naming templates[1].name."""
    nothing = WhatsAppContent(templates=(), campaign_key=key, campaign_name=name)
    if not given:
        return nothing
    if len(given) > MOST_TEMPLATES:
        raise _refusal("templates", f"accepts at most {MOST_TEMPLATES} templates, got {len(given)}")
    tables = [{field: value for field, value in one.items() if value is not None} for one in given]
    for place, table in enumerate(tables, start=1):
        if not all(map(_storable, _texts(table))):
            message = "accepts texts without NUL characters and halves of characters"
            raise _refusal(f"templates[{place}]", message)
    document = Document(Path("campaign"), {"templates": tables}, _Places())
    content, _ = read_templates(document, campaign_key=key, campaign_name=name)
    try:
        document.raise_problems()
    except InputError as error:
        raise InputError(map(_placed, error.problems)) from None
    return content or nothing


def template_values(content: WhatsAppContent) -> list[dict[str, Any]]:
    """What ``read_template_values`` reads, with every share filled in."""
    return [
        {
            "name": template.name,
            "language": template.language,
            "share": None if template.where else template.share,
            "where": None if template.where is None else asdict(template.where),
            "parameters": parameters_of(template.components),
        }
        for template in content.templates
    ]


class _Places:
    """Which template a problem is about, in the place of a line."""

    def line_of(self, path: TomlPath) -> int:
        """The number of the template, from 1; 0 for all of them."""
        return path[1] + 1 if len(path) > 1 and isinstance(path[1], int) else 0


def _placed(problem: Problem) -> Problem:
    field = problem.field or "templates"
    if problem.line and field.partition(".")[0] == "templates":
        field = f"templates[{problem.line}]{field.removeprefix('templates')}"
    return Problem(file="", field=field, message=problem.message)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _refusal(field: str, message: str) -> InputError:
    return InputError([Problem(file="", field=field, message=message)])
