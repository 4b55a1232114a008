"""Previews: a content rendered for one contact or for sample fields, read back from the very bytes that would be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from paceline.content.email import EmailContent, EmailRenderer
from paceline.content.letter import read_letter
from paceline.domain.address import parse_address
from paceline.domain.errors import ContentError, InputError, Problem
from paceline.operations.campaigns.email_values import content_problems, read_content
from paceline.operations.context import Context
from paceline.operations.ids import number_of, unknown
from paceline.store.catalogue import audiences
from paceline.store.public_ids import IdKind

_SAMPLE_ADDRESS = "somebody@example.com"
_SAMPLE_FROM = "Sender <sender@example.com>"
_MOST_FIELDS = 200
_LONGEST_SAMPLE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One message as it would be sent; with problems it may be empty."""

    address: str
    subject: str
    inbox_line: str
    """What inboxes show behind the subject: the preheader, or how the body begins."""
    html: str | None
    compiled: str | None
    """The template that MJML was compiled to; None without one."""
    text: str | None
    size: int
    """Bytes of the whole message."""
    problems: list[Problem]


def preview(
    context: Context,
    content: Mapping[str, Any],
    *,
    contact_id: str | None = None,
    fields: Mapping[str, str] | None = None,
    address: str | None = None,
) -> Preview:
    """Render a content for a contact of the workspace, or for sample fields. Nothing is stored or sent.

    ``fields`` win over those of the contact. Raises NotFound for an unknown contact.
    """
    read = read_content(content, key="preview", name="Preview")
    to, merged = _recipient(context, contact_id, fields or {}, address)
    problems = content_problems(read, from_elsewhere=_SAMPLE_FROM)
    compiled = read.html if read.mjml.strip() else None
    nothing = Preview(
        address=to, subject="", inbox_line="", html=None, compiled=compiled, text=None, size=0, problems=problems
    )
    if problems:
        return nothing
    try:
        data = _rendered(read, to, merged, context.clock.now())
    except ContentError as error:
        return replace(nothing, problems=[Problem(file="", field="content", message=str(error))])
    letter = read_letter(data)
    return Preview(
        address=to,
        subject=letter.subject,
        inbox_line=letter.inbox_line,
        html=letter.html,
        compiled=compiled,
        text=letter.text,
        size=letter.size,
        problems=[],
    )


def _rendered(content: EmailContent, address: str, fields: Mapping[str, str], at: float) -> bytes:
    judged = content if content.from_address else replace(content, from_address=_SAMPLE_FROM)
    renderer = EmailRenderer(judged, domain="example.com", secret=b"preview")
    return renderer.render(address=address, fields=fields, message_key="preview", account_from="", at=at).data


def _recipient(
    context: Context, contact_id: str | None, fields: Mapping[str, str], address: str | None
) -> tuple[str, dict[str, str]]:
    if len(fields) > _MOST_FIELDS or sum(len(k) + len(v) for k, v in fields.items()) > _LONGEST_SAMPLE:
        message = f"accepts at most {_MOST_FIELDS} fields with {_LONGEST_SAMPLE} characters in all"
        raise InputError([Problem(file="", field="fields", message=message)])
    to, known = address or _SAMPLE_ADDRESS, dict[str, str]()
    if contact_id is not None:
        number = number_of(context, IdKind.CONTACT, contact_id)
        with context.catalogue.read() as connection:
            contact = audiences.contact(connection, number, workspace_id=context.workspace_id)
        if contact is None:
            raise unknown(IdKind.CONTACT, contact_id)
        to, known = address or contact.address or _SAMPLE_ADDRESS, dict(contact.fields)
    try:
        to = parse_address(to)
    except ValueError as error:
        raise InputError([Problem(file="", field="address", message=str(error))]) from None
    return to, {**known, **fields, "email": to}
