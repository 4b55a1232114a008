"""Ids as people and programs outside see them: not guessable, not countable, and of one kind each.

A row's number and its kind are one block of AES under a key of the installation. Nothing is stored, an id that was
never given out does not decode, and an id of another kind is as unknown as a wrong one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_DIGITS = 26  # 128 bits in base 32


class IdKind(StrEnum):
    """What an id names, as its prefix; at most seven letters."""

    ACCOUNT = "acc"
    API_KEY = "key"
    CAMPAIGN = "cmp"
    CONTACT = "con"
    DELIVERY = "dlv"  # of a webhook
    DOMAIN = "dom"
    ERASURE = "ers"
    EXPORT = "exp"
    FILE = "fil"
    IMPORT = "imp"
    INVITATION = "inv"
    KEPT_MAIL = "kml"
    LIST = "lst"
    MAILBOX = "mbx"
    MESSAGE = "msg"
    REPLY_RULE = "rul"
    SEGMENT = "seg"
    SERVER = "srv"
    SESSION = "ses"
    TEMPLATE = "tpl"
    USER = "usr"
    WEBHOOK = "whk"
    WORKER = "wrk"
    WORKSPACE = "wsp"


class PublicIds:
    """Turns rows' numbers into public ids and back. Safe to use from several threads."""

    def __init__(self, key: bytes) -> None:
        """``key`` is the installation's secret key; another one gives other ids."""
        self._cipher = Cipher(algorithms.AES(hashlib.sha256(b"paceline public ids" + key).digest()), modes.ECB())

    def encode(self, kind: IdKind, number: int) -> str:
        """The public id of a row, for example ``cmp_mfrggzdfmztwq2lknnwg23tpob``. The same at every call."""
        block = kind.value.encode().ljust(8, b"\0") + number.to_bytes(8, "big")
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(block) + encryptor.finalize()
        return f"{kind}_{base64.b32encode(sealed).decode().rstrip('=').lower()}"

    def decode(self, kind: IdKind, public_id: str) -> int | None:
        """The row's number; None for anything that ``encode`` did not give for this kind."""
        prefix, _, digits = public_id.partition("_")
        if prefix != kind or len(digits) != _DIGITS or digits != digits.lower():
            return None
        try:
            sealed = base64.b32decode(digits.upper() + "======")
        except (binascii.Error, ValueError):
            return None
        decryptor = self._cipher.decryptor()
        block = decryptor.update(sealed) + decryptor.finalize()
        number = int.from_bytes(block[8:], "big")
        return number if self.encode(kind, number) == public_id else None
