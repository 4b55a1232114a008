"""SendGrid's event webhook: a JSON list, signed with ECDSA over the time stamp and the body."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from paceline.tracking.bounce_codes import BounceKind, classify
from paceline.tracking.bounces import Report, ReportKind
from paceline.tracking.providers.base import MOST_EVENTS, NotGenuine, ProviderEvent

OLDEST_SECONDS = 86400.0  # a request is tried again for a day
_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_KINDS = {
    "bounce": ReportKind.FAILED,
    "dropped": ReportKind.FAILED,
    "deferred": ReportKind.DELAYED,
    "delivered": ReportKind.DELIVERED,
    "spamreport": ReportKind.COMPLAINT,
}
_DROPPED = {"bounced address": BounceKind.HARD, "invalid": BounceKind.HARD, "spam": BounceKind.SPAM}


class SendGrid:
    """The events of one SendGrid account."""

    name = "sendgrid"

    def __init__(self, verification_key: str) -> None:
        """``verification_key`` is the public key that SendGrid shows, in base64. Raises ValueError for another text."""
        key = load_der_public_key(base64.b64decode(verification_key, validate=True))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise ValueError("it is not an ECDSA key")
        self._key = key

    async def read(self, headers: Mapping[str, str], body: bytes, *, now: float) -> list[ProviderEvent]:
        """The events of one request. Raises NotGenuine."""
        self._verify(headers, body, now)
        try:
            events = json.loads(body)
        except ValueError:
            raise NotGenuine("the body is not JSON") from None
        known = [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []
        return [_event(event) for event in known[:MOST_EVENTS] if event.get("event") in _KINDS]

    def _verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        timestamp = headers.get(_TIMESTAMP, "")
        try:
            signature = base64.b64decode(headers.get(_SIGNATURE, ""), validate=True)
            age = now - int(timestamp)
            self._key.verify(signature, timestamp.encode() + body, ec.ECDSA(SHA256()))
        except (binascii.Error, ValueError, InvalidSignature):
            raise NotGenuine("the signature is not SendGrid's") from None
        if abs(age) > OLDEST_SECONDS:
            raise NotGenuine("it was signed too long ago")


def _event(event: dict[str, Any]) -> ProviderEvent:
    kind = _KINDS[event["event"]]
    reason, status = str(event.get("reason", ""))[:500], str(event.get("status", ""))[:20]
    bounce = None
    if kind is ReportKind.FAILED:
        bounce = classify(status, reason)
        if event["event"] == "dropped":
            bounce = next((kind for word, kind in _DROPPED.items() if word in reason.lower()), BounceKind.SOFT)
        elif event.get("type") == "blocked" and bounce is BounceKind.HARD:
            bounce = BounceKind.SPAM
    recipient = str(event.get("email", ""))[:320].lower()
    report = Report(kind=kind, recipient=recipient, bounce=bounce, status=status, diagnosis=reason)
    message_id = str(event.get("smtp-id", ""))[:1000]
    return ProviderEvent(key=f"sendgrid {str(event.get('sg_event_id', ''))[:100]}", report=report, marks=message_id)
