"""Signed opaque tokens: what stands in tracked links, unsubscribe links and bounce addresses.

A token names one message for one purpose. Its ids are one block of AES, so that nobody counts campaigns or contacts;
its MAC is keyed BLAKE2 (RFC 7693) over workspace, campaign, message, purpose and number. Nothing is stored, and a token
that was never given out is refused without a look at the database.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TOKEN_LENGTH = 40
"""Characters of a token in a URL."""

MOST_NUMBERS = 60_000
"""Numbers (of links) per message, from 0."""

_BYTES, _MAC, _PLACES = 30, 11, 5  # 5 MACs of 11 bytes come from one hash
_MAIL_LENGTH = 48  # base 32
_LARGEST_KEY_ID = 255


class Purpose(IntEnum):
    """What a token may be used for; a token of one purpose is unknown for every other."""

    OPEN = 0
    UNSUBSCRIBE = 1
    PREFERENCES = 2
    BOUNCE = 3  # in an envelope address
    UNSUBSCRIBE_MAIL = 4  # in an address of List-Unsubscribe
    VIEW = 5  # the message in a browser
    CLICK = 10  # the last one: numbers are counted from here


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a genuine token says. ``number`` is that of a link, else 0; message 0 is a test that nobody was sent."""

    workspace_id: int
    campaign_id: int
    message_id: int
    number: int = 0


class Tokens:
    """Makes and reads tokens under the keys of one installation. Safe to use from several threads.

    New tokens are made with the key ``current``; older ones are good down to the key ``oldest``, so that keys rotate
    without breaking a link that is under way.
    """

    def __init__(self, secret: bytes, *, current: int = 1, oldest: int = 1) -> None:
        """``secret`` is the installation's; each key is derived from it and its id (1 to 255)."""
        self._secret = secret
        self._current = min(max(current, 1), _LARGEST_KEY_ID)
        self._oldest = max(oldest, 1)
        self._key = lru_cache(maxsize=_LARGEST_KEY_ID + 1)(self._derive)

    def make(self, purpose: Purpose, *, workspace_id: int, campaign_id: int, message_id: int, number: int = 0) -> str:
        """A token for a URL: ``TOKEN_LENGTH`` letters, digits, "-" and "_". The same at every call."""
        return self.make_all([purpose + number], workspace_id, campaign_id, message_id)[0]

    def make_for_mail(self, purpose: Purpose, *, workspace_id: int, campaign_id: int, message_id: int) -> str:
        """A token for the local part of an address: 48 lower-case letters and digits, because programs change case."""
        raw = self._raw([int(purpose)], workspace_id, campaign_id, message_id)
        return base64.b32encode(raw).decode("ascii").lower()

    def make_all(self, places: Sequence[int], workspace_id: int, campaign_id: int, message_id: int) -> list[str]:
        """The tokens of one message at once, much cheaper than one by one; a place is a purpose plus a number."""
        raw = self._raw(places, workspace_id, campaign_id, message_id)
        text = base64.urlsafe_b64encode(raw).decode("ascii")
        return [text[start : start + TOKEN_LENGTH] for start in range(0, len(text), TOKEN_LENGTH)]

    def read(self, text: str, purpose: Purpose) -> Token | None:
        """What a token of a URL says; None for anything that was not made for this purpose."""
        if len(text) != TOKEN_LENGTH or not text.isascii():
            return None
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        return self._read(raw, purpose)

    def read_from_mail(self, text: str, purpose: Purpose) -> Token | None:
        """What a token of an address says, whatever became of its case; None for anything else."""
        if len(text) != _MAIL_LENGTH or not text.isascii():
            return None
        try:
            raw = base64.b32decode(text.upper())
        except (binascii.Error, ValueError):
            return None
        return self._read(raw, purpose)

    def _read(self, raw: bytes, purpose: Purpose) -> Token | None:
        key_id, place = raw[0], int.from_bytes(raw[1:3], "big")
        number = place - purpose
        wanted = 0 <= number < MOST_NUMBERS if purpose is Purpose.CLICK else number == 0
        if not wanted or key_id < self._oldest:
            return None
        key = self._key(key_id)
        ids = key.cipher(raw[3:19], opens=True)
        if not hmac.compare_digest(key.macs([place], ids)[0], raw[19:]):
            return None
        return Token(
            workspace_id=int.from_bytes(ids[:4], "big"),
            campaign_id=int.from_bytes(ids[4:8], "big"),
            message_id=int.from_bytes(ids[8:], "big"),
            number=number,
        )

    def _raw(self, places: Sequence[int], workspace_id: int, campaign_id: int, message_id: int) -> bytes:
        ids = workspace_id.to_bytes(4, "big") + campaign_id.to_bytes(4, "big") + message_id.to_bytes(8, "big")
        key = self._key(self._current)
        head, sealed = bytes([self._current]), key.cipher(ids)
        macs = key.macs(places, ids)
        return b"".join(
            [head + place.to_bytes(2, "big") + sealed + mac for place, mac in zip(places, macs, strict=True)]
        )

    def _derive(self, key_id: int) -> _Key:
        return _Key(blake2b(b"paceline tokens %d" % key_id, key=self._secret[:64], digest_size=64).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignTokens:
    """The tokens of one campaign's messages."""

    tokens: Tokens
    workspace_id: int
    campaign_id: int

    def of(self, message_id: int, places: Sequence[int]) -> list[str]:
        """Those of one message for URLs, in this order."""
        return self.tokens.make_all(places, self.workspace_id, self.campaign_id, message_id)

    def for_mail(self, message_id: int, purpose: Purpose) -> str:
        """One for the local part of an address."""
        return self.tokens.make_for_mail(
            purpose, workspace_id=self.workspace_id, campaign_id=self.campaign_id, message_id=message_id
        )


class _Key:
    """One key: a cipher for the ids and a MAC."""

    def __init__(self, derived: bytes) -> None:
        self._cipher = Cipher(algorithms.AES(derived[:32]), modes.ECB())
        self._mac_key = derived[32:]
        self._of_thread = threading.local()

    def cipher(self, block: bytes, *, opens: bool = False) -> bytes:
        """One block sealed or opened; without padding a context of ECB has no state and serves for ever."""
        name = "decryptor" if opens else "encryptor"
        context: Any = getattr(self._of_thread, name, None)
        if context is None:
            context = getattr(self._cipher, name)()
            setattr(self._of_thread, name, context)
        sealed: bytes = context.update(block)
        return sealed

    def macs(self, places: Sequence[int], ids: bytes) -> list[bytes]:
        """The MACs of these places of one message. A hash serves five neighbouring places with a part for each."""
        macs: list[bytes] = []
        of_row = -1
        row = b""
        for place in places:
            wanted, column = divmod(place, _PLACES)
            if wanted != of_row:
                of_row = wanted
                row = blake2b(
                    ids + wanted.to_bytes(2, "big"),
                    key=self._mac_key,
                    digest_size=_MAC * _PLACES,
                    person=b"paceline token",
                ).digest()
            macs.append(row[column * _MAC : (column + 1) * _MAC])
        return macs
