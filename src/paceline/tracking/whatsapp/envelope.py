"""What a webhook of WhatsApp says, as values. Whatever is not as documented is left out; only a body that is no envelope
at all is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paceline.channels.printable import printable
from paceline.channels.whatsapp.answers import ApiError, read_error
from paceline.domain.errors import PacelineError

_LONGEST = 500


class NotAnEnvelope(PacelineError):
    """A body that is no webhook of WhatsApp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """How a message is charged."""

    category: str
    billable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """What became of one message. ``recipient`` has a "+", and is "" where the provider keeps it back."""

    business_account: str
    phone_number_id: str
    wamid: str
    status: str
    reference: str
    recipient: str
    at: float | None
    pricing: Pricing | None
    errors: tuple[ApiError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """What a person wrote or pressed. ``answers`` is the wamid of the message that it is an answer to, "" if unknown."""

    business_account: str
    phone_number_id: str
    sender: str
    wamid: str
    kind: str
    text: str
    payload: str
    answers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A person stops or resumes marketing messages."""

    phone_number_id: str
    person: str
    stop: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberError:
    """An error that is about no message."""

    phone_number_id: str
    error: ApiError


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateEvent:
    """A template has another status (APPROVED, PAUSED …), quality or category; "" where that is not what happened."""

    business_account: str
    name: str
    language: str
    status: str = ""
    quality: str = ""
    category: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberEvent:
    """Something about a phone number, which is named by its digits only."""

    business_account: str
    display_number: str
    event: str
    messaging_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """Something about a business account; ``limit`` where it is the number of recipients in 24 hours."""

    business_account: str
    event: str
    detail: str = ""
    limit: int | None = None


Said = StatusUpdate | InboundMessage | Preference | NumberError | TemplateEvent | NumberEvent | AccountEvent


def read_envelope(body: bytes) -> list[Said]:
    """Everything that a body says, in its order. Raises NotAnEnvelope."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAnEnvelope("the body is not JSON") from None
    if not isinstance(document, dict) or document.get("object") != "whatsapp_business_account":
        raise NotAnEnvelope("the body is no webhook of a WhatsApp Business Account")
    return [
        said
        for entry in _tables(document, "entry")
        for change in _tables(entry, "changes")
        for said in _change(_text(entry, "id"), _text(change, "field"), _table(change, "value"))
    ]


def messaging_limit(value: object) -> int | None:
    """Recipients in 24 hours: TIER_10K and 10000 are the same; -1 is any number; None: it says something else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value > 0 else -1
    text = str(value).upper().removeprefix("TIER_")
    if text == "UNLIMITED":
        return -1
    number = text.removesuffix("K")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    return int(number) * (1000 if text.endswith("K") else 1)


def language_of(code: str) -> str:
    """A template's language as requests name it: webhooks write en-US, requests en_US."""
    return code.replace("-", "_")


def _change(business: str, field: str, value: Mapping[str, Any]) -> Iterator[Said]:
    number = _text(_table(value, "metadata"), "phone_number_id")
    match field:
        case "messages":
            yield from (_status(business, number, one) for one in _tables(value, "statuses"))
            yield from (_inbound(business, number, one) for one in _tables(value, "messages"))
            yield from (
                NumberError(phone_number_id=number, error=read_error(0, {}, e)) for e in _tables(value, "errors")
            )
        case "user_preferences":
            for one in _tables(value, "user_preferences"):
                if one.get("category", "marketing_messages") == "marketing_messages" and one.get("value") in _WISHES:
                    stop = one.get("value") == "stop"
                    yield Preference(phone_number_id=number, person=_number(one, "wa_id"), stop=stop)
        case "message_template_status_update":
            reasons = (_text(value, "reason"), _text(_table(value, "other_info"), "description"))
            reason = "; ".join(one for one in reasons if one and one != "NONE")
            yield _template(business, value, status=_text(value, "event").upper(), reason=reason)
        case "message_template_quality_update":
            yield _template(business, value, quality=_text(value, "new_quality_score").upper())
        case "template_category_update":
            yield _template(business, value, category=_text(value, "new_category").upper())
        case "phone_number_quality_update":
            limit = value.get("max_daily_conversations_per_business") or value.get("current_limit")
            yield NumberEvent(
                business_account=business,
                display_number=_digits(_text(value, "display_phone_number")),
                event=_text(value, "event").upper(),
                messaging_limit=None if limit is None else messaging_limit(limit),
            )
        case "business_capability_update":
            limit = value.get("max_daily_conversations_per_business")
            if limit is None:
                limit = value.get("max_daily_conversation_per_phone")
            yield AccountEvent(business_account=business, event="CAPABILITY", limit=messaging_limit(limit))
        case "account_update":
            yield AccountEvent(
                business_account=business, event=_text(value, "event").upper(), detail=_restriction(value)
            )
        case _:
            return


_WISHES = ("stop", "resume")


def _status(business: str, number: str, one: Mapping[str, Any]) -> StatusUpdate:
    pricing = _table(one, "pricing")
    category = _text(pricing, "category")
    billable = pricing.get("billable") is not False and pricing.get("type", "regular") == "regular"
    at = _text(one, "timestamp")
    return StatusUpdate(
        business_account=business,
        phone_number_id=number,
        wamid=_text(one, "id"),
        status=_text(one, "status").lower(),
        reference=_text(one, "biz_opaque_callback_data"),
        recipient=_number(one, "recipient_id"),
        at=float(at) if at.isascii() and at.isdigit() and len(at) <= 11 else None,
        pricing=Pricing(category=category.lower(), billable=billable) if category else None,
        errors=tuple(read_error(0, {}, error) for error in _tables(one, "errors")),
    )


def _inbound(business: str, number: str, one: Mapping[str, Any]) -> InboundMessage:
    button, interactive = _table(one, "button"), _table(one, "interactive")
    reply = _table(interactive, "button_reply") or _table(interactive, "list_reply")
    text = _text(_table(one, "text"), "body") or _text(button, "text") or _text(reply, "title")
    return InboundMessage(
        business_account=business,
        phone_number_id=number,
        sender=_number(one, "from"),
        wamid=_text(one, "id"),
        kind=_text(one, "type"),
        text=text,
        payload=_text(button, "payload") or _text(reply, "id"),
        answers=_text(_table(one, "context"), "id"),
    )


def _template(business: str, value: Mapping[str, Any], **said: str) -> TemplateEvent:
    name, language = _text(value, "message_template_name"), _text(value, "message_template_language")
    return TemplateEvent(business_account=business, name=name, language=language_of(language), **said)


def _restriction(value: Mapping[str, Any]) -> str:
    """The particulars of an account_update, as far as they are known."""
    parts = [
        _text(_table(value, "violation_info"), "violation_type"),
        _text(_table(value, "ban_info"), "waba_ban_state"),
    ]
    parts += [_text(one, "restriction_type") for one in _tables(value, "restriction_info")]
    return ", ".join(filter(None, parts))


def _table(value: object, name: str) -> Mapping[str, Any]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, dict) else {}


def _tables(value: object, name: str) -> list[dict[str, Any]]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []


def _text(value: Mapping[str, Any], name: str) -> str:
    inner = value.get(name)
    return printable(inner[:_LONGEST]) if isinstance(inner, str) else ""


def _number(value: Mapping[str, Any], name: str) -> str:
    digits = _digits(_text(value, name))
    return f"+{digits}" if digits else ""


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isdigit())
