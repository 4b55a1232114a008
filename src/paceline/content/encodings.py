"""How each part of a message is written: what is escaped, what is percent-encoded, what is quoted-printable."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from urllib.parse import quote

from paceline.content.mime import Transfer
from paceline.content.quoted_printable import SOFT_BREAK, encode_text, encode_value
from paceline.content.template.generator import Encoding, Variant


class Part(StrEnum):
    """The templates of a message, by the name of their field."""

    UNSUBSCRIBE_URL = "unsubscribe_url"
    SUBJECT = "subject"
    PREHEADER = "preheader"  # judged alone, sent inside the HTML
    TEXT = "text"
    HTML = "html"


def quote_url(value: object) -> str:
    """Percent-encode everything but letters, digits and ``-._~`` (RFC 3986 section 2.3)."""
    return quote(str(value), safe="")


def quote_value(value: object) -> str:
    """Quoted-printable, of any value that a template can print."""
    return encode_value(str(value))


def _same(text: str) -> str:
    return text


def _quote_html(value: str) -> str:
    return encode_value(value if value.isalnum() else html.escape(value))


def _quote_quoted_url(value: str) -> str:
    return encode_value(quote_url(value))


ENCODERS: dict[Variant, Callable[[str], str]] = {
    Variant.PLAIN: _same,
    Variant.URL: quote_url,
    Variant.URL_QUOTED: _quote_quoted_url,
    Variant.HTML: html.escape,
    Variant.TEXT_QUOTED: encode_value,
    Variant.HTML_QUOTED: _quote_html,
}
"""What makes each variant of a value."""

ENCODING_FILTERS: dict[str, Callable[..., object]] = {"quote_url": quote_url, "quote_value": quote_value}
"""Filters of the generated source; authors cannot name them."""

_URL = Encoding(
    variant=Variant.URL,
    text=_same,
    value=quote_url,
    filters=("quote_url",),
    ignored_filters=("urlencode", "e", "escape", "safe"),
)
_URL_QUOTED = replace(
    _URL,
    variant=Variant.URL_QUOTED,
    text=encode_text,
    value=_quote_quoted_url,
    filters=("quote_url", "quote_value"),
    after_value=SOFT_BREAK,
)
_PLAIN = Encoding(variant=Variant.PLAIN, text=_same, value=_same, url=_URL)
_TEXT_QUOTED = Encoding(
    variant=Variant.TEXT_QUOTED,
    text=encode_text,
    value=encode_value,
    filters=("quote_value",),
    after_value=SOFT_BREAK,
    url=_URL_QUOTED,
)
_HTML = Encoding(
    variant=Variant.HTML,
    text=_same,
    value=html.escape,
    filters=("e",),
    escapes=True,
    url=replace(_URL, text=html.escape),
)
_HTML_QUOTED = replace(
    _HTML,
    variant=Variant.HTML_QUOTED,
    text=encode_text,
    value=_quote_html,
    filters=("e", "quote_value"),
    after_value=SOFT_BREAK,
    url=replace(_URL_QUOTED, text=lambda text: encode_text(html.escape(text))),
)


def choose_encoding(part: Part, transfer: Transfer, *, derived: bool) -> Encoding:
    """How a part is written. ``derived``: a text made from HTML, where nothing is to be escaped any more."""
    if part is Part.UNSUBSCRIBE_URL:
        return _URL
    if part is Part.SUBJECT:
        return _PLAIN
    if part is Part.HTML:
        return _HTML if transfer is Transfer.BASE64 else _HTML_QUOTED
    encoding = _PLAIN if transfer is Transfer.BASE64 else _TEXT_QUOTED
    return replace(encoding, ignored_filters=("e", "escape")) if derived else encoding
