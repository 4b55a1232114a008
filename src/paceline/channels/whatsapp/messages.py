"""The requests that send messages, in the shape of the Cloud API (POST /{phone-number-id}/messages).

Values may still be templates of ours: a shape is built once per campaign and filled in for each recipient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

Shape = dict[str, Any]

HEADER_MEDIA = ("image", "video", "document")
FREE_MEDIA = (*HEADER_MEDIA, "audio", "sticker")

LONGEST_REFERENCE = 512
"""Characters of ``biz_opaque_callback_data``, which every status webhook repeats."""


# -- parameters -------------------------------------------------------------------------------------------------------


def text(value: str, name: str = "") -> Shape:
    """A text; ``name`` where the template's parameters have names instead of numbers."""
    return _named({"type": "text", "text": value}, name)


def currency(fallback: str, code: str, amount_1000: int | str, name: str = "") -> Shape:
    """An amount of money; the fallback is what people read."""
    money = {"fallback_value": fallback, "code": code, "amount_1000": amount_1000}
    return _named({"type": "currency", "currency": money}, name)


def date_time(fallback: str, name: str = "") -> Shape:
    """A moment; the fallback is what people read."""
    return _named({"type": "date_time", "date_time": {"fallback_value": fallback}}, name)


def media(kind: str, *, id: str = "", link: str = "", file: str = "", filename: str = "", caption: str = "") -> Shape:
    """An image, video, document … that was uploaded (``id``), that the API fetches (``link``), or, of images and documents,
    that each phone number uploads before (``file``, one of ours: ``content/whatsapp_media.py``). Raises ValueError.
    """
    if [bool(id), bool(link), bool(file)].count(True) != 1:
        raise ValueError(f"{kind}: accepts one of id, link and file")
    given = {"id": id, "link": link, "file": file, "filename": filename, "caption": caption}
    return {"type": kind, kind: {name: value for name, value in given.items() if value}}


def location(latitude: float | str, longitude: float | str, name: str, address: str) -> Shape:
    """A place on the map."""
    place = {"latitude": latitude, "longitude": longitude, "name": name, "address": address}
    return {"type": "location", "location": place}


def product(product_retailer_id: str, catalog_id: str) -> Shape:
    """A product of a catalogue."""
    return {"type": "product", "product": {"product_retailer_id": product_retailer_id, "catalog_id": catalog_id}}


# -- components -------------------------------------------------------------------------------------------------------


def header(parameter: Shape) -> Shape:
    """The header, which has one parameter."""
    return {"type": "header", "parameters": [parameter]}


def body(parameters: Sequence[Shape]) -> Shape:
    """The body."""
    return {"type": "body", "parameters": list(parameters)}


def quick_reply(index: int, payload: str) -> Shape:
    """A button whose payload comes back when it is pressed."""
    return _button("quick_reply", index, {"type": "payload", "payload": payload})


def url_button(index: int, suffix: str) -> Shape:
    """The end of a button's URL; also the code of one-time passwords."""
    return _button("url", index, text(suffix))


def copy_code(index: int, code: str) -> Shape:
    """A code to be copied, of up to 20 characters."""
    return _button("copy_code", index, {"type": "coupon_code", "coupon_code": code})


def flow(index: int, token: str, data: Mapping[str, Any] | None = None) -> Shape:
    """A button that opens a flow."""
    action: Shape = {"flow_token": token}
    if data:
        action["flow_action_data"] = dict(data)
    return _button("flow", index, {"type": "action", "action": action})


def catalog(index: int, thumbnail: str = "") -> Shape:
    """A button that opens the catalogue."""
    action = {"thumbnail_product_retailer_id": thumbnail} if thumbnail else {}
    return _button("catalog", index, {"type": "action", "action": action})


def products(index: int, thumbnail: str, sections: Sequence[Shape]) -> Shape:
    """A button that opens several products; each section has a title and product_items."""
    action = {"thumbnail_product_retailer_id": thumbnail, "sections": list(sections)}
    return _button("mpm", index, {"type": "action", "action": action})


def limited_time_offer(expires_at_ms: int | str) -> Shape:
    """When an offer ends, in milliseconds since 1970."""
    offer = {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": expires_at_ms}}
    return {"type": "limited_time_offer", "parameters": [offer]}


def carousel(cards: Sequence[Sequence[Shape]]) -> Shape:
    """Cards, each with components of its own."""
    numbered = [{"card_index": index, "components": list(components)} for index, components in enumerate(cards)]
    return {"type": "carousel", "cards": numbered}


def _button(kind: str, index: int, parameter: Shape) -> Shape:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}


def _named(parameter: Shape, name: str) -> Shape:
    return {**parameter, "parameter_name": name} if name else parameter


# -- messages ---------------------------------------------------------------------------------------------------------


def template_message(to: str, name: str, language: str, components: Sequence[Shape], *, reference: str) -> Shape:
    """A template; ``reference`` comes back with every status of the message."""
    template: Shape = {"name": name, "language": {"policy": "deterministic", "code": language}}
    if components:
        template["components"] = list(components)
    return _message(to, reference, {"type": "template", "template": template})


def text_message(to: str, content: str, *, reference: str, preview_url: bool = False) -> Shape:
    """Free text of up to 4,096 characters; only within 24 hours of the recipient's last message."""
    return _message(to, reference, {"type": "text", "text": {"body": content, "preview_url": preview_url}})


def media_message(to: str, medium: Shape, *, reference: str) -> Shape:
    """A medium without a template; only within 24 hours of the recipient's last message."""
    return _message(to, reference, medium)


def _message(to: str, reference: str, content: Shape) -> Shape:
    if not to.startswith("+"):
        raise ValueError(f"{to!r}: without its + the API may put a country code before the number")
    if len(reference) > LONGEST_REFERENCE:
        raise ValueError(f"the reference has {len(reference)} characters; {LONGEST_REFERENCE} are allowed")
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "biz_opaque_callback_data": reference,
        **content,
    }


def encode(message: Shape) -> bytes:
    """The bytes of a request."""
    return orjson.dumps(message)
