"""Quoted-printable (RFC 2045 section 6.7) in pieces: texts and values are encoded alone and joined afterwards.

Every piece begins at the start of an encoded line. A text ends there again, by a soft line break if need be; a value
ends with at most 75 characters in its line, so that a soft line break fits behind it.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from functools import lru_cache

SOFT_BREAK = "=\r\n"
_LONGEST_LINE = 75  # without the "=" of a soft break

_REMEMBERED_VALUES = 4096  # the text and the HTML hold the same, and many contacts share a city

_PLAIN_VALUE = re.compile(r"(?:[ -<>-~]{0,74}[!-<>-~])?")
_READ_AS_TAG = re.compile(r"\{(?=[{%#]|\Z)")


def encode_value(text: str) -> str:
    """Encode a value that stands anywhere in a line, before a soft or a hard line break."""
    return _encode_short(text) if len(text) <= _LONGEST_LINE else _encode(text)


def _encode(text: str) -> str:
    if _PLAIN_VALUE.fullmatch(text):
        return text
    encoded = b2a_qp(text.encode()).decode("ascii")  # ends no line below 77 characters
    if len(encoded) <= _LONGEST_LINE and "\n" not in encoded and "\r" not in encoded:
        return encoded
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\r\n".join([_encode_line(line) for line in lines])


_encode_short = lru_cache(maxsize=_REMEMBERED_VALUES)(_encode)


def encode_text(text: str) -> str:
    """Encode a text between tags of a template; line breaks are "\\n". A "{" that could begin a tag is encoded, too."""
    *lines, last = text.split("\n")
    encoded = [_encode_line(line, _READ_AS_TAG) for line in lines]
    encoded.append(_wrap(_READ_AS_TAG.sub("=7B", _escape(last))) + SOFT_BREAK if last else "")
    return "\r\n".join(encoded)


def _encode_line(line: str, also_unsafe: re.Pattern[str] | None = None) -> str:
    encoded = _escape(line)
    if also_unsafe is not None:
        encoded = also_unsafe.sub("=7B", encoded)
    if encoded.endswith((" ", "\t")):  # a space at the end of a line may be lost on the way
        encoded = encoded[:-1] + f"={ord(encoded[-1]):02X}"
    return _wrap(encoded)


def _escape(line: str) -> str:
    """A line with its codes, not wrapped: the soft breaks of ``b2a_qp`` lie elsewhere than ours."""
    return b2a_qp(line.encode()).replace(b"=\n", b"").decode("ascii")


def _wrap(line: str) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    parts, start = [], 0
    while len(line) - start > _LONGEST_LINE:
        end = start + _LONGEST_LINE
        code = line.find("=", end - 2, end)  # a code of three characters stays together
        end = end if code < 0 else code
        parts.append(line[start:end])
        start = end
    return SOFT_BREAK.join([*parts, line[start:]])
