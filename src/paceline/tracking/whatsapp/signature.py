"""Whether a webhook is the provider's: the handshake by a token, each body by a signature over its very bytes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

SIGNATURE_HEADER = "x-hub-signature-256"
_PREFIX = "sha256="


def is_signed(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether one of the app secrets has signed this body. Every secret is tried, so that none can be timed."""
    given = header.removeprefix(_PREFIX) if header.startswith(_PREFIX) else ""
    matches = [hmac.compare_digest(_signature(secret, body), given.encode()) for secret in secrets]
    return any(matches)


def is_token(given: str, wanted: str) -> bool:
    """Whether a handshake brings our token; never when we have none."""
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _signature(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
