"""The Message-ID of a message: unguessable, unique, and the same on every attempt."""

from __future__ import annotations

from hashlib import blake2b

_TOKEN_BYTES = 16


def message_id(message_key: str, *, domain: str, secret: bytes) -> str:
    """The Message-ID (RFC 5322 section 3.6.4), with its brackets.

    ``message_key`` names the message within the installation, whose ``secret`` keeps others from guessing.
    """
    # Keyed BLAKE2 (RFC 7693) is a MAC in itself, and unlike hmac it does not let go of the interpreter's lock.
    token = blake2b(message_key.encode(), key=secret, digest_size=_TOKEN_BYTES, person=b"message-id").hexdigest()
    return f"<{token}@{domain}>"
