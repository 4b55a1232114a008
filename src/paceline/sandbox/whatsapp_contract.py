"""What a request to the Cloud API must look like, written from the published contract and not from our own sender."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NUMBER = re.compile(r"\+?[0-9][0-9 ()-]{4,30}")
_TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?")
_LONGEST_REFERENCE = 512
_LONGEST_TEXT = 4096
_LONGEST_PARAMETER = 32768
_NOT_IN_A_PARAMETER = re.compile(r"[\n\r\t]| {5}")
_MEDIA = ("image", "video", "document", "audio", "sticker")
_HEADER_PARAMETERS = ("text", "image", "video", "document", "location", "product", "gif", "currency", "date_time")
_BODY_PARAMETERS = ("text", "currency", "date_time")
_BUTTON_PARAMETERS = {
    "quick_reply": ("payload",),
    "url": ("text",),
    "copy_code": ("coupon_code",),
    "flow": ("action",),
    "catalog": ("action",),
    "mpm": ("action",),
    "voice_call": ("action", "payload", "text"),
}
_TOP = {"messaging_product", "recipient_type", "to", "recipient", "type", "biz_opaque_callback_data", "context"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What the API would refuse: its code and its details."""

    code: int
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSpec:
    """A template as the business account holds it. Body parameters are a number, or names."""

    body: int | tuple[str, ...] = 0
    status: str = "APPROVED"
    category: str = "MARKETING"
    components: tuple[dict[str, Any], ...] = ()
    """As the list shows them."""
    quality: str = "GREEN"


class _Refused(Exception):
    def __init__(self, code: int, details: str) -> None:
        self.violation = Violation(code=code, details=details)
        super().__init__(details)


def check_message(document: Any, templates: Mapping[tuple[str, str], TemplateSpec] | None = None) -> Violation | None:
    """The first thing that is wrong with a request body. ``templates``: those that exist; None: any."""
    try:
        _message(document, templates)
    except _Refused as refused:
        return refused.violation
    return None


def _message(document: Any, templates: Mapping[tuple[str, str], TemplateSpec] | None) -> None:
    table = _table(document, "the request")
    if table.get("messaging_product") != "whatsapp":
        raise _Refused(100, "(#100) The parameter messaging_product is required.")
    kind = table.get("type", "text")
    if kind not in ("template", "text", *_MEDIA):
        raise _Refused(131051, f"type {kind!r} is not supported")
    _known(table, {*_TOP, kind}, "the request")
    if table.get("recipient_type", "individual") not in ("individual", "group"):
        raise _Refused(100, "recipient_type must be one of individual, group")
    to = _text(table, "to")
    if not _NUMBER.fullmatch(to):
        raise _Refused(131009, f"to: {to!r} is not a phone number")
    reference = table.get("biz_opaque_callback_data", "")
    if not isinstance(reference, str) or len(reference) > _LONGEST_REFERENCE:
        raise _Refused(100, f"biz_opaque_callback_data has at most {_LONGEST_REFERENCE} characters")
    if kind == "template":
        _template(_table(table.get("template"), "template"), templates)
    elif kind == "text":
        _limited(_text(_table(table.get("text"), "text"), "body"), _LONGEST_TEXT, "text.body")
    else:
        _medium(table, kind)


def _template(template: Mapping[str, Any], templates: Mapping[tuple[str, str], TemplateSpec] | None) -> None:
    _known(template, {"name", "language", "components"}, "template")
    name = _text(template, "name")
    language = _table(template.get("language"), "template.language")
    _known(language, {"code", "policy"}, "template.language")
    code = _text(language, "code")
    if not _TEMPLATE_NAME.fullmatch(name) or not _LANGUAGE.fullmatch(code):
        raise _Refused(132001, f"template name ({name}) does not exist in {code}")
    if language.get("policy", "deterministic") != "deterministic":
        raise _Refused(100, "template.language.policy must be deterministic")
    components = _list(template.get("components", []), "template.components")
    for component in components:
        _component(_table(component, "component"), in_card=False)
    if templates is not None:
        _registered(templates.get((name, code)), name, code, components)


def _registered(spec: TemplateSpec | None, name: str, code: str, components: Sequence[Mapping[str, Any]]) -> None:
    if spec is None:
        raise _Refused(132001, f"template name ({name}) does not exist in {code}")
    if spec.status in ("PAUSED", "DISABLED"):
        raise _Refused(132015 if spec.status == "PAUSED" else 132016, f"template {name} is {spec.status.lower()}")
    if spec.status != "APPROVED":
        raise _Refused(132001, f"template {name} is {spec.status}")
    given = [one for part in components if part["type"].lower() == "body" for one in part["parameters"]]
    wanted = spec.body if isinstance(spec.body, int) else len(spec.body)
    if len(given) != wanted:
        raise _Refused(132000, f"body: number of localizable_params ({len(given)}) does not match ({wanted})")
    names = [one.get("parameter_name") for one in given]
    if isinstance(spec.body, int) and any(names):
        raise _Refused(132012, "the template has positional parameters")
    if not isinstance(spec.body, int) and set(names) != set(spec.body):
        raise _Refused(132012, f"the template has the parameters {', '.join(spec.body)}")


def _component(component: Mapping[str, Any], *, in_card: bool) -> None:
    kind = _text(component, "type").lower()
    match kind:
        case "header" | "body":
            _known(component, {"type", "parameters"}, kind)
            allowed = _HEADER_PARAMETERS if kind == "header" else _BODY_PARAMETERS
            parameters = _parameters(component, kind)
            if kind == "header" and len(parameters) != 1:
                raise _Refused(132000, f"header: number of parameters ({len(parameters)}) does not match (1)")
            for parameter in parameters:
                _parameter(parameter, allowed, kind)
        case "button":
            _button(component)
        case "limited_time_offer" if not in_card:
            for parameter in _parameters(component, kind):
                offer = _table(parameter.get("limited_time_offer"), kind)
                _whole(offer, "expiration_time_ms")
        case "carousel" if not in_card:
            _carousel(component)
        case _:
            raise _Refused(100, f"component type {kind!r} is not known here")


def _carousel(component: Mapping[str, Any]) -> None:
    _known(component, {"type", "cards"}, "carousel")
    for number, card in enumerate(_list(component.get("cards"), "carousel.cards")):
        table = _table(card, "card")
        _known(table, {"card_index", "components"}, "card")
        if _whole(table, "card_index") != number:
            raise _Refused(100, "card_index counts from 0")
        for part in _list(table.get("components"), "card.components"):
            _component(_table(part, "component"), in_card=True)


def _button(component: Mapping[str, Any]) -> None:
    _known(component, {"type", "sub_type", "index", "parameters"}, "button")
    kind = _text(component, "sub_type").lower()
    if kind not in _BUTTON_PARAMETERS:
        raise _Refused(100, f"sub_type {kind!r} is not known")
    if str(component.get("index")) not in map(str, range(10)):
        raise _Refused(100, "index must be from 0 to 9")
    for parameter in _parameters(component, "button"):
        _parameter(parameter, _BUTTON_PARAMETERS[kind], f"button {kind}")
        if kind == "copy_code":
            _limited(_text(parameter, "coupon_code"), 20, "coupon_code")
        if kind == "flow":
            _text(_table(parameter.get("action"), "action"), "flow_token")


def _parameters(component: Mapping[str, Any], place: str) -> list[Mapping[str, Any]]:
    return [_table(one, f"{place} parameter") for one in _list(component.get("parameters"), f"{place}.parameters")]


def _parameter(parameter: Mapping[str, Any], allowed: Sequence[str], place: str) -> None:
    kind = _text(parameter, "type").lower()
    if kind not in allowed:
        raise _Refused(132012, f"{place}: parameter of type {kind!r}, expected {', '.join(allowed)}")
    _known(parameter, {"type", kind, "parameter_name"}, f"{place} parameter")
    match kind:
        case "text" | "payload" | "coupon_code":
            value = _text(parameter, kind)
            _limited(value, _LONGEST_PARAMETER, place)
            if _NOT_IN_A_PARAMETER.search(value):
                raise _Refused(100, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
        case "currency":
            money = _table(parameter.get("currency"), "currency")
            _known(money, {"fallback_value", "code", "amount_1000"}, "currency")
            _text(money, "fallback_value")
            if not re.fullmatch("[A-Z]{3}", _text(money, "code")):
                raise _Refused(132012, "currency.code is a code of three letters")
            _whole(money, "amount_1000")
        case "date_time":
            _text(_table(parameter.get("date_time"), "date_time"), "fallback_value")
        case "location":
            place_of = _table(parameter.get("location"), "location")
            _known(place_of, {"latitude", "longitude", "name", "address"}, "location")
        case "product":
            _text(_table(parameter.get("product"), "product"), "product_retailer_id")
        case "action":
            _table(parameter.get("action"), "action")
        case _:
            _medium(parameter, kind)


def _medium(table: Mapping[str, Any], kind: str) -> None:
    medium = _table(table.get(kind), kind)
    _known(medium, {"id", "link", "caption", *({"filename"} if kind == "document" else ())}, kind)
    if bool(medium.get("id")) == bool(medium.get("link")):
        raise _Refused(100, f"{kind}: either id or link is required")
    if "link" in medium and not str(medium["link"]).startswith(("https://", "http://")):
        raise _Refused(131009, f"{kind}.link is not a URL")


def _table(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Refused(131008, f"{place} is required and must be an object")
    return value


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise _Refused(131008, f"{place} is required and must be an array")
    return value


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _Refused(131008, f"Required parameter is missing: {name}")
    return value


def _whole(table: Mapping[str, Any], name: str) -> int:
    value = table.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Refused(132012, f"{name} must be a whole number")
    return value


def _limited(value: str, most: int, place: str) -> None:
    if len(value) > most:
        raise _Refused(100, f"{place} has more than {most} characters")


def _known(table: Mapping[str, Any], names: set[str], place: str) -> None:
    for unknown in _unknown(table, names):
        raise _Refused(100, f"(#100) Unexpected key {unknown!r} on {place}")


def _unknown(table: Mapping[str, Any], names: set[str]) -> Iterator[str]:
    yield from (name for name in table if name not in names)
