"""Amazon SES through SNS: envelopes signed with a certificate from SNS, for the topics that were named and no others.

Nothing goes out before the topic is known: certificates and confirmations come from the host of the topic's own region,
whatever the envelope says.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import load_pem_x509_certificate

from paceline.tracking.bounce_codes import BounceKind, classify
from paceline.tracking.bounces import Report, ReportKind
from paceline.tracking.providers.base import MOST_EVENTS, NotGenuine, ProviderEvent

Fetch = Callable[[str], Awaitable[bytes]]

OLDEST_SECONDS = 86400.0
_TOPIC = re.compile(r"arn:aws(?:-cn|-us-gov)?:sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:[A-Za-z0-9_.-]{1,256}")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,100}\.pem")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_ALGORITHMS: dict[str, type[HashAlgorithm]] = {"1": SHA1, "2": SHA256}
_GONE = frozenset({"NoEmail", "Suppressed", "OnAccountSuppressionList"})
_CONTENT = frozenset({"ContentRejected", "AttachmentRejected"})
_MOST_CERTIFICATES = 20


class Ses:
    """The notifications of some topics."""

    name = "ses"

    def __init__(self, topics: frozenset[str], fetch: Fetch) -> None:
        """``fetch`` gets a URL over verified TLS, without redirects. Raises ValueError for a topic that is none."""
        wrong = [topic for topic in topics if not _TOPIC.fullmatch(topic)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is not the ARN of a topic")
        self._topics = topics
        self._fetch = fetch
        self._certificates: OrderedDict[str, bytes] = OrderedDict()

    async def read(self, headers: Mapping[str, str], body: bytes, *, now: float) -> list[ProviderEvent]:
        """The events of one envelope; a subscription to a topic of ours is confirmed. Raises NotGenuine."""
        envelope = _object(body)
        topic, kind = str(envelope.get("TopicArn")), str(envelope.get("Type"))
        if topic not in self._topics or kind not in _SIGNED:
            raise NotGenuine("it is not from a topic that was named")
        host = _host(topic)
        await self._verify(envelope, kind, host, now)
        if kind == "SubscriptionConfirmation":
            if urlsplit(str(envelope.get("SubscribeURL"))).hostname != host:
                raise NotGenuine("its confirmation leads elsewhere")
            asked = {"Action": "ConfirmSubscription", "TopicArn": topic, "Token": str(envelope.get("Token"))}
            await self._fetch(f"https://{host}/?{urlencode(asked)}")
            return []
        return _events(_object(str(envelope.get("Message")).encode()), str(envelope.get("MessageId"))[:100])

    async def _verify(self, envelope: Mapping[str, Any], kind: str, host: str, now: float) -> None:
        algorithm = _ALGORITHMS.get(str(envelope.get("SignatureVersion")))
        if algorithm is None:
            raise NotGenuine("its signature has a version that SNS does not use")
        signed = "".join(f"{name}\n{envelope[name]}\n" for name in _SIGNED[kind] if name in envelope)
        try:
            signature = base64.b64decode(str(envelope.get("Signature")), validate=True)
            at = datetime.fromisoformat(str(envelope.get("Timestamp"))).timestamp()
            certificate = load_pem_x509_certificate(await self._certificate(str(envelope.get("SigningCertURL")), host))
            key = certificate.public_key()
            if not isinstance(key, rsa.RSAPublicKey):
                raise NotGenuine("its certificate has no RSA key")
            key.verify(signature, signed.encode(), padding.PKCS1v15(), algorithm())
        except (binascii.Error, ValueError, InvalidSignature):
            raise NotGenuine("the signature is not that of SNS") from None
        instant = datetime.fromtimestamp(now, UTC)
        if not certificate.not_valid_before_utc <= instant <= certificate.not_valid_after_utc:
            raise NotGenuine("its certificate is not valid now")
        if abs(now - at) > OLDEST_SECONDS:
            raise NotGenuine("it was signed too long ago")

    async def _certificate(self, url: str, host: str) -> bytes:
        parts = urlsplit(url)
        plain = (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", host, "", "")
        if not plain or not _CERTIFICATE.fullmatch(parts.path):
            raise NotGenuine("its certificate is not from SNS")
        found = self._certificates.get(url)
        if found is None:
            found = self._certificates[url] = await self._fetch(url)
            while len(self._certificates) > _MOST_CERTIFICATES:
                self._certificates.popitem(last=False)
        return found


def _host(topic: str) -> str:
    region = topic.split(":")[3]
    return f"sns.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        raise NotGenuine("it is not JSON") from None
    if not isinstance(value, dict):
        raise NotGenuine("it is not a JSON object")
    return value


def _events(event: dict[str, Any], key: str) -> list[ProviderEvent]:
    """One event per recipient. What is said of opens and clicks is left: Paceline sees them itself."""
    reports: list[Report] = []
    match event.get("eventType") or event.get("notificationType"):
        case "Bounce":
            reports = [_bounce(event["bounce"], one) for one in _objects(event.get("bounce"), "bouncedRecipients")]
        case "Complaint":
            said = str(_inside(event, "complaint").get("complaintFeedbackType", "abuse"))[:50]
            if said != "not-spam":
                recipients = _objects(event.get("complaint"), "complainedRecipients") or [{}]
                reports = [
                    Report(kind=ReportKind.COMPLAINT, recipient=_address(one), diagnosis=said) for one in recipients
                ]
        case "Delivery":
            said = str(_inside(event, "delivery").get("smtpResponse", ""))[:500]
            reports = [Report(kind=ReportKind.DELIVERED, diagnosis=said)]
        case "DeliveryDelay":
            reports = [
                Report(kind=ReportKind.DELAYED, diagnosis=str(_inside(event, "deliveryDelay").get("delayType"))[:50])
            ]
        case _:
            pass
    mail = _inside(event, "mail")
    marks = [str(mail.get("source", ""))[:1000], f"<{mail.get('messageId', '')}>"[:1000]]
    marks += [f"{one.get('name')}: {one.get('value')}"[:2000] for one in _objects(mail, "headers")[:200]]
    return [ProviderEvent(key=f"ses {key}", report=report, marks="\n".join(marks)) for report in reports[:MOST_EVENTS]]


def _bounce(bounce: Mapping[str, Any], recipient: Mapping[str, Any]) -> Report:
    said, status = str(recipient.get("diagnosticCode", ""))[:500], str(recipient.get("status", ""))[:20]
    kind, part = classify(status, said), bounce.get("bounceSubType")
    if part in _CONTENT:
        kind = BounceKind.SPAM
    elif bounce.get("bounceType") != "Permanent":
        kind = BounceKind.SOFT if kind is BounceKind.HARD else kind
    elif part in _GONE:
        kind = BounceKind.HARD
    diagnosis = said or f"{bounce.get('bounceType')} {part}"[:100]
    return Report(
        kind=ReportKind.FAILED, recipient=_address(recipient), bounce=kind, status=status, diagnosis=diagnosis
    )


def _inside(event: Any, name: str) -> dict[str, Any]:
    value = event.get(name) if isinstance(event, dict) else None
    return value if isinstance(value, dict) else {}


def _objects(event: Any, name: str) -> list[dict[str, Any]]:
    values = event.get(name) if isinstance(event, dict) else None
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []


def _address(recipient: Mapping[str, Any]) -> str:
    return str(recipient.get("emailAddress", ""))[:320].lower()
