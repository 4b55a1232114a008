"""The few pages that recipients see: plain HTML without scripts, readable by everybody and everything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from http import HTTPStatus

from fastapi.responses import HTMLResponse

_STYLE = (
    ":root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;"
    "padding:0 1.25rem}h1{font-size:1.6rem;line-height:1.25}button{font:inherit;padding:.6rem 1.2rem;border-radius:.4rem;"
    "border:1px solid;background:transparent;color:inherit;cursor:pointer}button:focus-visible{outline:3px solid;"
    "outline-offset:2px}pre{white-space:pre-wrap;font:inherit}fieldset{margin:2rem 0;border:1px solid;border-radius:.4rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page(title: str, *parts: str, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """A page of some parts, each of which is HTML already."""
    body = "\n".join(parts)
    html = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="robots" content="noindex">\n<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n'
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
    return HTMLResponse(html, status, {"Content-Security-Policy": _POLICY})


def paragraph(text: str) -> str:
    """A paragraph; whatever is in the text is shown as text."""
    return f"<p>{escape(text)}</p>"


def preformatted(text: str) -> str:
    """Text with its own line breaks."""
    return f"<pre>{escape(text)}</pre>"


def button(label: str, **fields: str) -> str:
    """A form that posts these fields to the page's own address."""
    hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in fields.items())
    return f'<form method="post">{hidden}<button type="submit">{escape(label)}</button></form>'


def question(label: str, name: str, kind: str, action: str, trap: str) -> str:
    """A form with one field, and one that people do not see and programs fill in."""
    return (
        f'<form method="post"><p><label>{escape(label)}<br><input type="{escape(kind)}" name="{escape(name)}" required '
        'maxlength="320" autocomplete="email"></label></p>'
        f'<p hidden><label>{escape(trap)} <input type="text" name="{escape(trap)}" tabindex="-1" autocomplete="off">'
        f'</label></p><button type="submit">{escape(action)}</button></form>'
    )


def checkboxes(legend: str, label: str, name: str, boxes: Iterable[tuple[str, str, bool]], **fields: str) -> str:
    """A form of boxes (value, text, whether it is ticked) with one button."""
    hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in fields.items())
    lines = "".join(
        f'<p><label><input type="checkbox" name="{escape(name)}" value="{escape(value)}"{" checked" if ticked else ""}> '
        f"{escape(text)}</label></p>"
        for value, text, ticked in boxes
    )
    return (
        f'<form method="post">{hidden}<fieldset><legend>{escape(legend)}</legend>{lines}'
        f'<button type="submit">{escape(label)}</button></fieldset></form>'
    )


def masked(address: str) -> str:
    """An address that its owner recognises and a stranger to whom the mail was forwarded does not learn."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}" if local else address
