"""Previews of WhatsApp campaigns: the template that a contact gets, with its values, as a person would read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paceline.content.whatsapp import WhatsAppContent, WhatsAppRenderer
from paceline.content.whatsapp_text import readable
from paceline.domain.errors import ContentError, InputError, Problem
from paceline.domain.phone import parse_phone
from paceline.operations.context import Context
from paceline.operations.ids import number_of, unknown
from paceline.store.catalogue import audiences
from paceline.store.public_ids import IdKind
from paceline.store.queue import whatsapp_templates

_SAMPLE_NUMBER = "+16505550100"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePreview:
    """One message as it would be sent; with problems it is empty."""

    address: str
    template: str
    """Name and language, as promo/en_US."""
    components: list[dict[str, Any]]
    """In the API's shape, filled in."""
    text: str | None
    """What a person reads; None while the provider's template is not known here."""
    problems: list[Problem]


def preview(
    context: Context,
    content: WhatsAppContent,
    *,
    default_country: str = "",
    contact_id: str | None = None,
    fields: Mapping[str, str] | None = None,
    address: str | None = None,
) -> TemplatePreview:
    """Fill in a content for a contact of the workspace, or for sample fields, which win. Nothing is stored or sent.

    Raises NotFound for an unknown contact, InputError for an address that is no phone number.
    """
    to, known = _recipient(context, contact_id, address, default_country)
    nothing = TemplatePreview(address=to, template="", components=[], text=None, problems=[])
    if not content.templates:
        return _with_problem(nothing, "templates", "there is none: name at least one approved template")
    try:
        rendered = WhatsAppRenderer(content).render(to, {**known, **(fields or {}), "phone": to})
    except ContentError as failure:
        return _with_problem(nothing, "templates", str(failure))
    return TemplatePreview(
        address=to,
        template=rendered.template.key,
        components=rendered.components,
        text=_text(context, rendered.template.key, rendered.components),
        problems=[],
    )


def _with_problem(nothing: TemplatePreview, field: str, message: str) -> TemplatePreview:
    nothing.problems.append(Problem(file="", field=field, message=message))
    return nothing


def _text(context: Context, key: str, components: list[dict[str, Any]]) -> str | None:
    with context.queue.read() as connection:
        known = whatsapp_templates.every(connection, workspace_id=context.workspace_id)
    return next((readable(row.components, components) for row in known if row.key == key), None)


def _recipient(
    context: Context, contact_id: str | None, address: str | None, default_country: str
) -> tuple[str, dict[str, str]]:
    to, known = address or _SAMPLE_NUMBER, dict[str, str]()
    if contact_id is not None:
        number = number_of(context, IdKind.CONTACT, contact_id)
        with context.catalogue.read() as connection:
            contact = audiences.contact(connection, number, workspace_id=context.workspace_id)
        if contact is None:
            raise unknown(IdKind.CONTACT, contact_id)
        to = address or contact.phone or _SAMPLE_NUMBER
        known = {**contact.fields, **({"email": contact.email} if contact.email else {})}
    try:
        return parse_phone(to, country=default_country), known
    except ValueError as error:
        raise InputError([Problem(file="", field="address", message=str(error))]) from None
