"""The content of a campaign file: [content] and [tracking], with the bodies that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paceline.content.email import EmailContent, MissingFields, check
from paceline.content.mjml import compile_mjml
from paceline.domain.errors import Problem
from paceline.operations.campaign_file.campaign_accounts import account_tables
from paceline.operations.campaign_file.campaign_fields import CONTENT, TRACKING, Section, read_section
from paceline.operations.campaign_file.field_kinds import shown
from paceline.operations.campaign_file.text_file import UnusableFile, read_text, require_file
from paceline.operations.campaign_file.toml_document import Document, field_name
from paceline.operations.campaign_file.toml_lines import TomlPath


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentPlaces:
    """Where a content was read: the campaign file, its lines by field, and the files of bodies by field."""

    file: str
    lines: Mapping[str, int]
    bodies: Mapping[str, str]
    attachments: tuple[Path, ...] = ()

    def problems(self, content: EmailContent, columns: Sequence[str] | None) -> list[Problem]:
        """What is wrong with a content, each problem at its place; ``columns`` are those of the audience if known."""
        return [self._placed(problem) for problem in check(content, columns, self.file, files=self.bodies)]

    def _placed(self, problem: Problem) -> Problem:
        field = str(problem.field)
        name = field_name(_path(field))
        if problem.file != self.file:
            return replace(problem, field=name)
        return replace(problem, field=name, line=self.lines.get(field))


def read_content(
    document: Document, *, campaign_key: str, campaign_name: str
) -> tuple[EmailContent | None, ContentPlaces]:
    """The content and its places; what is wrong is added to the document's problems.

    Where [content] has no From, every account has one and the first of them stands for it.
    """
    tracking = _section(document, "tracking", TRACKING)
    values = _section(document, "content", CONTENT)
    bodies = dict(_bodies(document, values))
    places = ContentPlaces(
        file=document.file,
        lines={name: document.line_of(_path(name)) for name in (*CONTENT.fields, *TRACKING.fields)},
        bodies={name: str(document.beside(values[name])) for name in bodies if values.get(name)},
        attachments=tuple(_attachments(document, values.get("attachments") or [])),
    )
    if not values:
        return None, places
    mjml = bodies.get("mjml") or ""
    if values.get("mjml") and values.get("html"):
        document.refuse(("content", "html"), "leave it out: with mjml the HTML is made of that")
    content = EmailContent(
        from_address=values.get("from") or _first_own_from(document),
        subject=values.get("subject", ""),
        preheader=values.get("preheader", ""),
        mjml=mjml,
        html=compile_mjml(mjml).html
        if mjml
        else _or_stand_in(bodies["html"] if "html" in bodies else bodies.get("mjml", "")),
        text=_or_stand_in(bodies["text"]) if "text" in bodies else None,
        reply_to=values.get("reply_to", ""),
        list_id=values.get("list_id", ""),
        unsubscribe_url=tracking.get("unsubscribe_url", ""),
        base_url=tracking.get("base_url", "").strip(),
        track_opens=tracking.get("opens", True),
        track_clicks=tracking.get("clicks", True),
        track_text_clicks=tracking.get("text_clicks", False),
        bounce_address=tracking.get("bounce_address", "").strip(),
        campaign_key=campaign_key,
        campaign_name=campaign_name,
        missing_fields=values.get("missing_fields", MissingFields.FAIL),
    )
    judged = {**tracking, **values}
    if values.get("from") == "":
        _refuse_missing_from(document)
        del judged["from"]
    for problem in places.problems(content, None):
        if str(problem.field).rpartition(".")[2] in judged:  # the others have their problem already
            document.add(problem)
    return content, places


def _bodies(document: Document, values: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """The bodies that are given; None stands for one that cannot be used."""
    for field in ("mjml", "html", "text"):
        if field not in values and values:
            yield field, None
        elif values.get(field):
            yield field, _body(document, field, values[field])


def _attachments(document: Document, names: list[str]) -> Iterator[Path]:
    """The files to attach; one that is not there is a problem."""
    for name in names:
        path = document.beside(name)
        try:
            require_file(path)
        except UnusableFile as error:
            document.refuse(
                ("content", "attachments"), f"{path} {error.reason}; a path is relative to the campaign file"
            )
        else:
            yield path


def _or_stand_in(body: str | None) -> str:
    """Something without problems of its own, so that the rest can be judged."""
    return "-" if body is None else body


def _path(field: str) -> TomlPath:
    return ("tracking" if field in TRACKING.fields else "content", field)


def _section(document: Document, name: str, section: Section) -> dict[str, Any]:
    """The values of [content] or [tracking]; none where that is no table."""
    table = document.table.get(name, {} if name == "tracking" else None)
    if isinstance(table, dict):
        return read_section(document, (name,), table, section)
    got = "is missing" if table is None else f"got {shown(table)}"
    document.refuse((name,), f"accepts one table, {section.title}; {got}")
    return {}


def _body(document: Document, field: str, name: str) -> str | None:
    path = document.beside(name)
    try:
        return read_text(path)
    except UnusableFile as error:
        document.refuse(("content", field), f"{path} {error.reason}; a path is relative to the campaign file")
        return None


def _refuse_missing_from(document: Document) -> None:
    """An empty From is right only where every account has its own; of a stored one that is not known."""
    tables = [table for _, table in account_tables(document)]
    without = next((table for table in tables if not table.get("from")), None)
    if tables and without is None:
        return
    who = without and (without.get("name") or without.get("account"))
    because = f", and the account {shown(who)} has no from of its own" if who else ""
    message = f"is missing{because}; accepts an address such as Ann Lee <ann@example.com>"
    document.refuse(("content", "from"), message)


def _first_own_from(document: Document) -> str:
    return next((str(table["from"]) for _, table in account_tables(document) if table.get("from")), "")
