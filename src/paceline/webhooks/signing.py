"""Secrets and signatures by the Standard Webhooks specification (standardwebhooks.com), so that receivers have libraries."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

_SECRET_BYTES = 32
OVERLAP_SECONDS = 86400.0
"""How long the secret before the present one signs too."""


def new_secret() -> str:
    """A fresh secret, as a receiver configures it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def signed_headers(delivery_id: str, body: str, valid_secrets: Sequence[str], *, now: float) -> dict[str, str]:
    """The headers that prove where a body comes from, with one signature for each valid secret.

    ``delivery_id`` is the same at every attempt, so that a receiver can tell a repetition.
    """
    at = datetime.fromtimestamp(int(now), UTC)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": " ".join(Webhook(secret).sign(delivery_id, at, body) for secret in valid_secrets),
    }
