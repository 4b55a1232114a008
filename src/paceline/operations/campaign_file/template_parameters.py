"""The parameters of a template as people give them, and the components of the API that they become; both ways.

What is wrong with them is a ValueError with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from paceline.channels.whatsapp import messages
from paceline.channels.whatsapp.messages import HEADER_MEDIA, Shape
from paceline.content.whatsapp import is_template
from paceline.operations.campaign_file.field_kinds import shown

_MOST_BUTTONS = 10
_NUMBER = ((str, int, float), "a number, or a text that makes one")
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "latitude": _NUMBER,
    "longitude": _NUMBER,
    "amount_1000": _NUMBER,
    "expires_at_ms": _NUMBER,
    "data": (dict, "a table"),
    "sections": (list, "an array"),
}
"""What a value of these names accepts; all others accept text."""


def components_of(parameters: Mapping[str, Any], *, in_card: bool = False) -> list[Shape]:
    """The components in the API's shape. Raises ValueError."""
    known = ("header", "body", "buttons") if in_card else ("header", "body", "buttons", "offer_ends_ms", "carousel")
    _only(parameters, known, "parameters")
    found = []
    if "header" in parameters:
        found.append(messages.header(_header(parameters["header"])))
    if "body" in parameters:
        found.append(messages.body(_body(parameters["body"])))
    if "offer_ends_ms" in parameters:
        offer = {"expires_at_ms": parameters["offer_ends_ms"]}
        found.append(_built(messages.limited_time_offer, offer, "offer_ends_ms"))
    if "carousel" in parameters:
        cards = [
            components_of(_table(card, "carousel"), in_card=True) for card in _list(parameters["carousel"], "carousel")
        ]
        found.append(messages.carousel(cards))
    buttons = _list(parameters.get("buttons", []), "buttons")
    if len(buttons) > _MOST_BUTTONS:
        raise ValueError(f"buttons: accepts at most {_MOST_BUTTONS}")
    return found + [_button(_table(button, "buttons"), number) for number, button in enumerate(buttons)]


def _header(value: Any) -> Shape:
    if isinstance(value, str):
        return messages.text(value)
    table = _table(value, "header")
    kinds = (*HEADER_MEDIA, "location", "text")
    if len(table) != 1 or next(iter(table)) not in kinds:
        raise ValueError(
            f'header: accepts a text, or one of {", ".join(kinds)}, such as {{ image = {{ link = "…" }} }}'
        )
    kind, content = next(iter(table.items()))
    if kind == "text":
        return _named_texts(content, "header")[0]
    content = _table(content, f"header.{kind}")
    if kind == "location":
        _only(content, ("latitude", "longitude", "name", "address"), "header.location")
        return _built(messages.location, content, "header.location")
    known = {"image": ("id", "link", "file"), "document": ("id", "link", "file", "filename")}.get(kind, ("id", "link"))
    _only(content, known, f"header.{kind}")
    if is_template(str(content.get("file", ""))):
        raise ValueError(f"header.{kind}: file is the same for everybody; a link may differ")
    return _built(lambda **given: messages.media(kind, **given), content, f"header.{kind}")


def _body(value: Any) -> list[Shape]:
    if isinstance(value, dict):
        return [_value(inner, name) for name, inner in value.items()]
    return [_value(inner, "") for inner in _list(value, "body")]


def _value(value: Any, name: str) -> Shape:
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("body: a parameter is empty, which WhatsApp does not accept")
        return messages.text(value, name)
    table = _table(value, "body")
    if set(table) == {"currency"}:
        money = _table(table["currency"], "currency")
        _only(money, ("fallback", "code", "amount_1000"), "currency")
        return _built(lambda **given: messages.currency(**given, name=name), money, "currency")
    if set(table) == {"date_time"} and isinstance(table["date_time"], str):
        return messages.date_time(table["date_time"], name)
    raise ValueError('body: accepts texts, { currency = { fallback, code, amount_1000 } } and { date_time = "…" }')


def _named_texts(content: Any, place: str) -> list[Shape]:
    table = _table(content, place)
    if len(table) != 1 or not all(isinstance(value, str) for value in table.values()):
        raise ValueError(f'{place}: accepts one named text, such as {{ text = {{ first_name = "…" }} }}')
    return [messages.text(value, name) for name, value in table.items()]


_BUTTONS: dict[str, tuple[tuple[str, ...], Callable[..., Shape]]] = {
    "quick_reply": (("payload",), messages.quick_reply),
    "url": (("suffix",), messages.url_button),
    "copy_code": (("code",), messages.copy_code),
    "flow": (("token", "data"), messages.flow),
    "catalog": (("thumbnail",), messages.catalog),
    "mpm": (("thumbnail", "sections"), messages.products),
}


def _button(table: Mapping[str, Any], number: int) -> Shape:
    kind, index = table.get("type"), table.get("index", number)
    if kind not in _BUTTONS:
        raise ValueError(f"buttons: type accepts {', '.join(_BUTTONS)}, got {shown(kind)}")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _MOST_BUTTONS:
        raise ValueError(f"buttons: index accepts a whole number from 0 to {_MOST_BUTTONS - 1}, got {shown(index)}")
    names, build = _BUTTONS[kind]
    _only(table, ("type", "index", *names), f"buttons ({kind})")
    given = {name: value for name, value in table.items() if name not in ("type", "index")}
    return _built(lambda **values: build(index, **values), given, f"buttons ({kind})")


def _built(build: Callable[..., Shape], given: Mapping[str, Any], place: str) -> Shape:
    for name, value in given.items():
        accepted, words = _KINDS.get(name, (str, "text"))
        if not isinstance(value, accepted) or isinstance(value, bool):
            raise ValueError(f"{place}: {name} accepts {words}, got {shown(value)}")
    try:
        return build(**given)
    except TypeError:
        raise ValueError(f"{place}: something is missing; given are {', '.join(given) or 'none'}") from None


def _only(table: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    for name in table:
        if name not in known:
            raise ValueError(f"{place}: there is no {name!r}; accepts {', '.join(known)}")


def _table(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: accepts a table, got {shown(value)}")
    return value


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{place}: accepts an array, got {shown(value)}")
    return value


# -- and back ---------------------------------------------------------------------------------------------------------


def parameters_of(components: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What ``components_of`` makes these components of."""
    found: dict[str, Any] = {}
    for component in components:
        match component["type"]:
            case "header":
                found["header"] = _header_of(component["parameters"][0])
            case "body":
                found["body"] = _body_of(component["parameters"])
            case "limited_time_offer":
                offer = component["parameters"][0]["limited_time_offer"]
                found["offer_ends_ms"] = offer["expiration_time_ms"]
            case "carousel":
                found["carousel"] = [parameters_of(card["components"]) for card in component["cards"]]
            case "button":
                found.setdefault("buttons", []).append(_button_of(component))
            case other:
                raise ValueError(f"there is no component {other!r}")
    return found


def _header_of(parameter: Mapping[str, Any]) -> Any:
    kind = str(parameter["type"])
    if kind != "text":
        return {kind: dict(parameter[kind])}
    name = parameter.get("parameter_name")
    return {"text": {name: parameter["text"]}} if name else parameter["text"]


def _body_of(parameters: Sequence[Mapping[str, Any]]) -> list[Any] | dict[str, Any]:
    values = [_value_of(parameter) for parameter in parameters]
    names = [parameter.get("parameter_name") for parameter in parameters]
    return dict(zip(map(str, names), values, strict=True)) if names and all(names) else values


def _value_of(parameter: Mapping[str, Any]) -> Any:
    match parameter["type"]:
        case "currency":
            money = parameter["currency"]
            named = {"fallback": money["fallback_value"], "code": money["code"], "amount_1000": money["amount_1000"]}
            return {"currency": named}
        case "date_time":
            return {"date_time": parameter["date_time"]["fallback_value"]}
        case _:
            return parameter["text"]


def _button_of(component: Mapping[str, Any]) -> dict[str, Any]:
    kind, parameter = str(component["sub_type"]), component["parameters"][0]
    action = parameter.get("action", {})
    values = {
        "payload": parameter.get("payload"),
        "suffix": parameter.get("text"),
        "code": parameter.get("coupon_code"),
        "token": action.get("flow_token"),
        "data": action.get("flow_action_data"),
        "thumbnail": action.get("thumbnail_product_retailer_id"),
        "sections": action.get("sections"),
    }
    given = {name: values[name] for name in _BUTTONS[kind][0] if values[name] is not None}
    return {"type": kind, "index": int(component["index"]), **given}
