"""Logins: the exchanges of AUTH PLAIN, LOGIN and XOAUTH2 as generators (RFC 4954, 4616; Google's and Microsoft's XOAUTH2).

A generator yields challenges, is sent the client's responses and returns the Credentials.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who wants to log in, and with what: a password or an access token."""

    username: str
    secret: str = field(repr=False)


class BadResponse(Exception):
    """The client's response is not base64 or not of the mechanism's form."""


Exchange = Generator[bytes, bytes, Credentials]


def _plain(initial: bytes | None) -> Exchange:
    response = _decode((yield b"") if initial is None else initial)
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise BadResponse
    return _credentials(parts[1], parts[2])


def _login(initial: bytes | None) -> Exchange:
    username = _decode((yield b"VXNlcm5hbWU6") if initial is None else initial)
    return _credentials(username, _decode((yield b"UGFzc3dvcmQ6")))


def _xoauth2(initial: bytes | None) -> Exchange:
    response = _decode((yield b"") if initial is None else initial)
    fields = dict(part.partition(b"=")[::2] for part in response.split(b"\x01") if part)
    if not response.endswith(b"\x01\x01") or not fields.get(b"auth", b"").startswith(b"Bearer "):
        raise BadResponse
    return _credentials(fields.get(b"user", b""), fields[b"auth"].removeprefix(b"Bearer "))


MECHANISMS: Final[dict[bytes, Callable[[bytes | None], Exchange]]] = {
    b"PLAIN": _plain,
    b"LOGIN": _login,
    b"XOAUTH2": _xoauth2,
}


def _decode(response: bytes) -> bytes:
    try:
        return base64.b64decode(b"" if response == b"=" else response, validate=True)
    except binascii.Error as error:
        raise BadResponse from error


def _credentials(username: bytes, secret: bytes) -> Credentials:
    try:
        return Credentials(username=username.decode(), secret=secret.decode())
    except UnicodeDecodeError as error:
        raise BadResponse from error
