"""The Message-ID of a message: unguessable, unique, the same on every attempt, and found again when it comes back."""

from __future__ import annotations

import hmac
import re
from hashlib import blake2b

_MAC_BYTES = 8
_NUMBER_BYTES = 8
_TOKEN_BYTES = _MAC_BYTES + _NUMBER_BYTES
_NUMBER = re.compile(r"[1-9]\d{0,17}")
_LOCAL_PART = re.compile(r"<([0-9a-f]{32})@", re.IGNORECASE)
_MOST_CANDIDATES = 50


def message_id(message_key: str, *, domain: str, secret: bytes) -> str:
    """The Message-ID (RFC 5322 section 3.6.4), with its brackets.

    ``message_key`` names the message within the installation, whose ``secret`` keeps others from guessing. Where it is a
    number, ``numbers_in`` finds it again.
    """
    # Keyed BLAKE2 (RFC 7693) is a MAC in itself, and unlike hmac it does not let go of the interpreter's lock.
    if _NUMBER.fullmatch(message_key):
        number = int(message_key).to_bytes(_NUMBER_BYTES, "big")
        mac = _mac(number, secret)
        token = (mac + _sealed(number, mac, secret)).hex()
    else:
        token = blake2b(message_key.encode(), key=secret, digest_size=_TOKEN_BYTES, person=b"message-id").hexdigest()
    return f"<{token}@{domain}>"


def numbers_in(text: str, secret: bytes) -> list[int]:
    """The numbers of our messages whose Message-IDs stand in a text; what is not genuine is passed over."""
    found = [
        _read(match[1], secret) for match, _ in zip(_LOCAL_PART.finditer(text), range(_MOST_CANDIDATES), strict=False)
    ]
    return list(dict.fromkeys(number for number in found if number is not None))


def _read(token: str, secret: bytes) -> int | None:
    raw = bytes.fromhex(token)
    mac = raw[:_MAC_BYTES]
    number = _sealed(raw[_MAC_BYTES:], mac, secret)
    return int.from_bytes(number, "big") if hmac.compare_digest(_mac(number, secret), mac) else None


def _mac(number: bytes, secret: bytes) -> bytes:
    return blake2b(number, key=secret, digest_size=_MAC_BYTES, person=b"message-id mac").digest()


def _sealed(number: bytes, mac: bytes, secret: bytes) -> bytes:
    """The number hidden under its own MAC, or brought to light again."""
    stream = blake2b(mac, key=secret, digest_size=_NUMBER_BYTES, person=b"message-id seal").digest()
    return (int.from_bytes(number, "big") ^ int.from_bytes(stream, "big")).to_bytes(_NUMBER_BYTES, "big")
