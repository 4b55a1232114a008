"""Files attached to messages (RFC 2046 multipart/mixed, RFC 2183): encoded once, the same in every message."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

_BOUNDARY = "=_paceline-mixed_"  # begins like no boundary within, and cannot stand in a part
_LINE = 57  # bytes: 76 characters of base64
_VERSION = "MIME-Version: 1.0\r\n"

MOST_ATTACHMENTS = 10
LARGEST_TOTAL = 5 << 20
"""Bytes of all attachments of a message: base64 makes a third more of them, and many servers refuse beyond 10 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file. ``name`` is safe (domain/hosted_file.py)."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


class Attachments:
    """Puts a rendered body and some files into one."""

    def __init__(self, files: Sequence[Attachment]) -> None:
        self._head = f'{_VERSION}Content-Type: multipart/mixed; boundary="{_BOUNDARY}"\r\n\r\n--{_BOUNDARY}\r\n'
        self._tail = "".join(f"\r\n--{_BOUNDARY}\r\n{_part(file)}" for file in files) + f"\r\n--{_BOUNDARY}--\r\n"

    def around(self, body: str) -> str:
        """The body, which begins with MIME-Version, with the files behind it."""
        return f"{self._head}{body.removeprefix(_VERSION)}{self._tail}"


def _part(file: Attachment) -> str:
    charset = "; charset=utf-8" if file.media_type.startswith("text/") else ""
    is_plain = file.name.isascii()
    named = f'filename="{file.name}"' if is_plain else f"filename*=utf-8''{quote(file.name, safe='')}"  # RFC 2231
    lines = (b2a_base64(file.data[at : at + _LINE], newline=False) for at in range(0, len(file.data), _LINE))
    encoded = b"\r\n".join(lines).decode("ascii")
    return (
        f"Content-Type: {file.media_type}{charset}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {named}\r\n\r\n{encoded}\r\n"
    )
