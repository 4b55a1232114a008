"""The content of templates and drafts as people give it: a table of texts, strictly read, incomplete while it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paceline.content.email import NEWER_FIELDS, EmailContent, MissingFields, check
from paceline.content.mjml import compile_mjml
from paceline.domain.errors import InputError, Problem

_NAMES = {
    "from": "from_address",
    "reply_to": "reply_to",
    "subject": "subject",
    "preheader": "preheader",
    "mjml": "mjml",
    "html": "html",
    "text": "text",
    "list_id": "list_id",
    "unsubscribe_url": "unsubscribe_url",
    "base_url": "base_url",
    "track_opens": "track_opens",
    "track_clicks": "track_clicks",
    "track_text_clicks": "track_text_clicks",
    "bounce_address": "bounce_address",
    "missing_fields": "missing_fields",
    "attachments": "attachments",
}
"""The name outside -> the name in EmailContent."""
_YES_OR_NO = ("track_opens", "track_clicks", "track_text_clicks")


def read_content(values: Mapping[str, Any], *, key: str, name: str, field: str = "content") -> EmailContent:
    """The content that these values are; what is not given is empty, and the HTML is made of the MJML where that is given. Raises InputError for what is no such value."""
    problems, found = [], {}
    for given, value in values.items():
        if given not in _NAMES:
            accepted = f"is not known; accepted are {', '.join(_NAMES)}"
            problems.append(Problem(file="", field=f"{field}.{given}", message=accepted))
        elif given == "missing_fields" and value not in tuple(MissingFields):
            accepted = f"accepts {' or '.join(MissingFields)}, got {value!r}"[:200]
            problems.append(Problem(file="", field=f"{field}.{given}", message=accepted))
        elif given in _YES_OR_NO:
            if not isinstance(value, bool):
                problems.append(Problem(file="", field=f"{field}.{given}", message="accepts true or false"))
            found[given] = value
        elif given == "attachments":
            if not isinstance(value, list | tuple) or not all(isinstance(one, str) and _storable(one) for one in value):
                problems.append(Problem(file="", field=f"{field}.{given}", message="accepts a list of ids of files"))
            else:
                found[given] = tuple(dict.fromkeys(value))
        elif value is not None and (not isinstance(value, str) or not _storable(value)):
            accepted = "accepts a text without NUL characters and halves of characters"
            problems.append(Problem(file="", field=f"{field}.{given}", message=accepted))
        else:
            found[_NAMES[given]] = value
    if problems:
        raise InputError(problems)
    texts: dict[str, Any] = {
        name: found.get(name) or ""
        for name in _NAMES.values()
        if name not in ("text", "missing_fields", "attachments", *_YES_OR_NO)
    }
    texts |= {name: found[name] for name in _YES_OR_NO if name in found}
    if texts["mjml"].strip():
        texts["html"] = compile_mjml(texts["mjml"]).html
    return EmailContent(
        **texts,
        text=found.get("text") or None,
        attachments=found.get("attachments") or (),
        missing_fields=MissingFields(found.get("missing_fields") or MissingFields.FAIL),
        campaign_key=key,
        campaign_name=name,
    )


def content_values(content: EmailContent) -> dict[str, Any]:
    """What ``read_content`` reads; without newer fields that are empty, so that an earlier release reads it as well."""
    values = {given: getattr(content, name) for given, name in _NAMES.items()}
    values |= {"missing_fields": str(content.missing_fields), "attachments": list(content.attachments)}
    return {given: value for given, value in values.items() if given not in NEWER_FIELDS or value}


def content_problems(content: EmailContent, *, from_elsewhere: str = "", field: str = "content") -> list[Problem]:
    """What is wrong with a content. ``from_elsewhere`` stands for a From that is empty because accounts have their own."""
    judged = content if content.from_address else replace(content, from_address=from_elsewhere)
    return [
        replace(problem, field=f"{field}.{problem.field}", message=_at_line(problem))
        for problem in check(judged, None, "")
    ]


def _at_line(problem: Problem) -> str:
    return problem.message if problem.line is None else f"line {problem.line}: {problem.message}"


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
