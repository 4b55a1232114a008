"""DKIM signatures (RFC 6376, RFC 8463): the exact bytes of a message in, a header field out.

Relaxed in header and body, so that what servers on the way may do to spaces and folds breaks nothing; never with l=,
which would let strangers append to a signed message. From is named once more than it is there, so that nobody adds another.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNED_FIELDS = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "reply-to",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-id",
    "feedback-id",
)
"""What a signature covers, each where the message has it. RFC 8058 section 4 wants both List-Unsubscribe fields."""

_RSA_BITS = 2048
_PIECE = 72  # characters of a signature in one line


class KeyKind(StrEnum):
    """How a key signs; several may sign the same message."""

    RSA = "rsa"  # RSA with 2048 bits: every receiver verifies it
    ED25519 = "ed25519"  # RFC 8463: cheap and short, but several large receivers do not verify it


_ALGORITHMS = {KeyKind.RSA: "rsa-sha256", KeyKind.ED25519: "ed25519-sha256"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key (PKCS #8, DER) and where receivers find its public half: ``selector``._domainkey.``domain``."""

    domain: str
    selector: str
    kind: KeyKind
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key pair; ``public`` is what stands behind p= in DNS."""

    private: bytes = field(repr=False)
    public: str


def make_key(kind: KeyKind) -> NewKey:
    """A new key pair. An RSA one takes up to a second."""
    private = (
        Ed25519PrivateKey.generate()
        if kind is KeyKind.ED25519
        else rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    )
    public = private.public_key()
    if kind is KeyKind.ED25519:
        shown = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    else:
        shown = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    sealed = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return NewKey(private=sealed, public=base64.b64encode(shown).decode())


def record_name(domain: str, selector: str) -> str:
    """The name of the TXT record with a public key."""
    return f"{selector}._domainkey.{domain}"


def record_value(kind: KeyKind, public: str) -> str:
    """The text of that record (RFC 6376 section 3.6.1)."""
    return f"v=DKIM1; k={kind}; p={public}"


def publishes(record: str, public: str) -> bool:
    """Whether the text of a TXT record is one of DKIM and holds this public key."""
    tags = _tags(record)
    return tags.get("v", "DKIM1") == "DKIM1" and "".join(tags.get("p", "").split()) == public


def is_key_record(record: str) -> bool:
    """Whether the text of a TXT record holds a public key at all, not a revoked one (an empty p=)."""
    tags = _tags(record)
    return tags.get("v", "DKIM1") == "DKIM1" and bool(tags.get("p"))


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


class DkimSigner:
    """Signs messages with all keys of one domain. Safe to use from several threads.

    A message of 5 KB costs about 0.5 ms with an RSA key and 0.15 ms with an Ed25519 key: each has its own To and
    Message-ID, so that no signature serves for two of them.
    """

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        """Raises ValueError for a key that cannot be read."""
        self._keys = [(key, _load(key)) for key in keys]

    def sign(self, message: bytes, *, at: float) -> bytes:
        """The DKIM-Signature fields to put before a message (CRLF, dots not doubled) that is signed at ``at``."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = _relaxed_fields(head)
        names = ("from", *(name for name in SIGNED_FIELDS if name in fields))
        covered = b"".join([fields[name] for name in names[1:]])  # the second From is the one that is not there
        body_hash = base64.b64encode(sha256(_relaxed_body(body)).digest()).decode()
        return b"".join([self._field(key, private, names, covered, body_hash, int(at)) for key, private in self._keys])

    def _field(
        self,
        key: SigningKey,
        private: rsa.RSAPrivateKey | Ed25519PrivateKey,
        names: tuple[str, ...],
        covered: bytes,
        body_hash: str,
        second: int,
    ) -> bytes:
        begun = (
            f"v=1; a={_ALGORITHMS[key.kind]}; c=relaxed/relaxed; d={key.domain};\r\n s={key.selector}; t={second};\r\n "
            f"{_listed(names)};\r\n bh={body_hash};\r\n b="
        )
        relaxed = " ".join(begun.split())
        signed = covered + f"dkim-signature:{relaxed}".encode()
        if isinstance(private, Ed25519PrivateKey):
            made = private.sign(sha256(signed).digest())  # RFC 8463 section 3: the hash is signed
        else:
            made = private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        text = base64.b64encode(made).decode()
        pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
        folded = "\r\n ".join(pieces)
        return f"DKIM-Signature: {begun}{folded}\r\n".encode()


@lru_cache(maxsize=100)
def _listed(names: tuple[str, ...]) -> str:
    """The h= tag, folded behind colons."""
    lines, line = [], "h="
    for place, name in enumerate(names):
        piece = name + (":" if place < len(names) - 1 else "")
        if len(line) + len(piece) > _PIECE:
            lines.append(line)
            line = ""
        line += piece
    return "\r\n ".join([*lines, line])


def _load(key: SigningKey) -> rsa.RSAPrivateKey | Ed25519PrivateKey:
    try:
        private = serialization.load_der_private_key(key.private, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"the key {record_name(key.domain, key.selector)} cannot be read: {error}") from None
    if key.kind is KeyKind.ED25519 and isinstance(private, Ed25519PrivateKey):
        return private
    if key.kind is KeyKind.RSA and isinstance(private, rsa.RSAPrivateKey):
        return private
    raise ValueError(f"the key {record_name(key.domain, key.selector)} is of another kind than {key.kind}")


def _relaxed_fields(head: bytes) -> dict[str, bytes]:
    """Each field by name as RFC 6376 section 3.4.2 wants it, the last of several, with its CRLF."""
    fields = {}
    for line in head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n"):
        name, _, value = line.partition(b":")
        lower = name.strip().lower()
        fields[lower.decode("ascii", "replace")] = b"%s:%s\r\n" % (lower, b" ".join(value.split()))
    return fields


def _relaxed_body(body: bytes) -> bytes:
    """RFC 6376 section 3.4.4: runs of spaces are one, none stands at the end of a line, no empty line at the end."""
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    body = body.replace(b"\t", b" ")
    while b"  " in body:  # halves every run: several times faster than a regular expression
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n")
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end else b""
