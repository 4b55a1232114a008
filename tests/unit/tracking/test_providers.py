"""Providers' callbacks with real signatures, and everything that must be refused before it is believed."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from paceline.tracking.bounce_codes import BounceKind
from paceline.tracking.bounces import ReportKind
from paceline.tracking.providers.base import NotGenuine, ProviderEvent
from paceline.tracking.providers.sendgrid import SendGrid
from paceline.tracking.providers.ses import Ses

NOW = 1_800_000_000.0
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
HOST = "sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"https://{HOST}/SimpleNotificationService-abc123.pem"
SNS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: rsa.RSAPrivateKey = SNS_KEY, *, days: float = 30) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = datetime.fromtimestamp(NOW, UTC) - timedelta(days=60)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=60 + days))
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


class Outside:
    """What lies beyond: gives the certificate, and remembers who was asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        return self.answer


def envelope(message: object, *, key: rsa.RSAPrivateKey = SNS_KEY, version: str = "2", **more: str) -> dict[str, str]:
    found = {
        "Type": "Notification",
        "MessageId": "11111111-2222",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": datetime.fromtimestamp(NOW, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        **more,
    }
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{found[name]}\n" for name in names if name in found).encode()
    algorithm = {"1": SHA1(), "2": SHA256()}.get(version, MD5())
    found["Signature"] = base64.b64encode(key.sign(signed, padding.PKCS1v15(), algorithm)).decode()
    return found


BOUNCE = {
    "eventType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {"emailAddress": "Jo@example.org", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
        ],
    },
    "mail": {
        "source": "bounce+abc@news.example.com",
        "messageId": "0100",
        "headers": [{"name": "Message-ID", "value": "<x@example.com>"}],
    },
}


def ses(outside: Outside, body: object, *, now: float = NOW) -> list[ProviderEvent]:
    provider = Ses(frozenset({TOPIC}), outside.fetch)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asyncio.run(provider.read({}, data, now=now))


@pytest.mark.parametrize("version", ["1", "2"])
def test_bounce_of_ses_is_read(version: str) -> None:
    (event,) = ses(Outside(certificate()), envelope(BOUNCE, version=version, Subject="Amazon SES"))
    assert (event.report.kind, event.report.recipient, event.report.bounce) == (
        ReportKind.FAILED,
        "jo@example.org",
        BounceKind.HARD,
    )
    assert event.key == "ses 11111111-2222"
    assert "bounce+abc@news.example.com" in event.marks
    assert "Message-ID: <x@example.com>" in event.marks


BOUNCES = [
    ("Permanent", "NoEmail", "", "", BounceKind.HARD),
    ("Permanent", "OnAccountSuppressionList", "", "", BounceKind.HARD),
    ("Transient", "MailboxFull", "4.2.2", "mailbox full", BounceKind.SOFT),
    ("Transient", "General", "5.1.1", "user unknown", BounceKind.SOFT),
    ("Transient", "ContentRejected", "5.7.1", "", BounceKind.SPAM),
    ("Undetermined", "Undetermined", "", "", BounceKind.SOFT),
    ("Permanent", "General", "5.7.1", "blocked using zen.spamhaus.org", BounceKind.SPAM),
]


@pytest.mark.parametrize(("kind", "part", "status", "said", "bounce"), BOUNCES)
def test_kinds_of_ses_are_ours(kind: str, part: str, status: str, said: str, bounce: BounceKind) -> None:
    recipient = {"emailAddress": "jo@example.org", "status": status, "diagnosticCode": said}
    inside = {"bounceType": kind, "bounceSubType": part, "bouncedRecipients": [recipient]}
    (event,) = ses(Outside(certificate()), envelope({"notificationType": "Bounce", "bounce": inside, "mail": {}}))
    assert event.report.bounce is bounce


def test_complaints_and_deliveries_of_ses_are_read_and_the_rest_is_left() -> None:
    outside = Outside(certificate())
    (complaint,) = ses(outside, envelope({"eventType": "Complaint", "complaint": {"complaintFeedbackType": "abuse"}}))
    assert complaint.report.kind is ReportKind.COMPLAINT
    (delivery,) = ses(outside, envelope({"eventType": "Delivery", "delivery": {"smtpResponse": "250 ok"}}))
    assert delivery.report.kind is ReportKind.DELIVERED
    for other in ({"eventType": "Open"}, {"eventType": "Bounce"}, {"eventType": "Bounce", "bounce": 7}, {}):
        assert ses(outside, envelope(other)) == []


def _changed(**changes: str) -> dict[str, str]:
    return {**envelope(BOUNCE), **changes}


ELSEWHERE = "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-abc123.pem"
NO_CALL: list[tuple[str, Any]] = [
    ("rubbish", b"x"),
    ("list", b"[]"),
    ("another topic", envelope(BOUNCE, TopicArn=TOPIC.replace("1234", "9999"))),
    ("no topic", {key: value for key, value in envelope(BOUNCE).items() if key != "TopicArn"}),
    ("another kind", envelope(BOUNCE, Type="UnsubscribeConfirmation")),
    ("another algorithm", envelope(BOUNCE, version="3")),
    ("certificate of another host", _changed(SigningCertURL=ELSEWHERE)),
    ("certificate of another region", _changed(SigningCertURL=CERTIFICATE.replace("eu-west-1", "us-east-1"))),
    ("certificate over http", _changed(SigningCertURL=CERTIFICATE.replace("https", "http"))),
    ("certificate of another path", _changed(SigningCertURL=f"https://{HOST}/x/../SimpleNotificationService-a.pem")),
    ("certificate with a user", _changed(SigningCertURL=CERTIFICATE.replace("https://", "https://evil@"))),
    ("certificate behind a query", _changed(SigningCertURL=f"{CERTIFICATE}?x=1")),
    ("signature that is none", _changed(Signature="%%%")),
]


@pytest.mark.parametrize(("name", "body"), NO_CALL, ids=[name for name, _ in NO_CALL])
def test_what_is_not_from_sns_is_refused_without_any_call(name: str, body: object) -> None:
    outside = Outside(certificate())
    with pytest.raises(NotGenuine):
        ses(outside, body)
    assert outside.asked == []


OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    ("body", "answer", "now"),
    [
        (_changed(Message=json.dumps({"eventType": "Complaint"})), certificate(), NOW),
        (_changed(MessageId="other"), certificate(), NOW),
        (envelope(BOUNCE, key=OTHER_KEY), certificate(), NOW),
        ({key: value for key, value in envelope(BOUNCE).items() if key != "Signature"}, certificate(), NOW),
        (envelope(BOUNCE), b"no certificate", NOW),
        (envelope(BOUNCE), certificate(days=-1), NOW),
        (envelope(BOUNCE), certificate(), NOW + 2 * 86400),
    ],
    ids=["changed body", "changed id", "another key", "unsigned", "no certificate", "expired", "replayed late"],
)
def test_what_sns_did_not_sign_is_refused(body: object, answer: bytes, now: float) -> None:
    with pytest.raises(NotGenuine):
        ses(Outside(answer), body, now=now)


def test_subscription_is_confirmed_at_the_host_of_the_topic_only() -> None:
    more: dict[str, Any] = {
        "Type": "SubscriptionConfirmation",
        "Token": "t&x",
        "SubscribeURL": f"https://{HOST}/?Action=x",
    }
    outside = Outside(certificate())
    assert ses(outside, envelope("You have chosen …", **more)) == []
    assert outside.asked == [
        CERTIFICATE,
        f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC.replace(':', '%3A')}&Token=t%26x",
    ]
    elsewhere = Outside(certificate())
    with pytest.raises(NotGenuine):
        ses(elsewhere, envelope("x", **{**more, "SubscribeURL": "https://evil.example/"}))
    assert elsewhere.asked == [CERTIFICATE]


def test_topic_that_is_none_is_refused_at_the_start() -> None:
    fetch: Callable[[str], Awaitable[bytes]] = Outside(b"").fetch
    for wrong in ("bounces", "arn:aws:sns:evil.example/:123456789012:x", "arn:aws:sqs:eu-west-1:123456789012:x"):
        with pytest.raises(ValueError, match="not the ARN"):
            Ses(frozenset({wrong}), fetch)


GRID_KEY = ec.generate_private_key(ec.SECP256R1())
GRID_PUBLIC = base64.b64encode(
    GRID_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


def grid_headers(body: bytes, *, at: float = NOW, key: ec.EllipticCurvePrivateKey = GRID_KEY) -> dict[str, str]:
    timestamp = str(int(at))
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
    return {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }


def grid(body: bytes, headers: dict[str, str]) -> list[ProviderEvent]:
    return asyncio.run(SendGrid(GRID_PUBLIC).read(headers, body, now=NOW))


GRID_EVENTS = [
    (
        {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 unknown"},
        ReportKind.FAILED,
        BounceKind.HARD,
    ),
    ({"event": "bounce", "type": "blocked", "reason": "550 5.7.1 spam"}, ReportKind.FAILED, BounceKind.SPAM),
    ({"event": "dropped", "reason": "Bounced Address"}, ReportKind.FAILED, BounceKind.HARD),
    ({"event": "dropped", "reason": "Unsubscribed Address"}, ReportKind.FAILED, BounceKind.SOFT),
    ({"event": "deferred", "response": "400 try again"}, ReportKind.DELAYED, None),
    ({"event": "delivered"}, ReportKind.DELIVERED, None),
    ({"event": "spamreport"}, ReportKind.COMPLAINT, None),
]


@pytest.mark.parametrize(("event", "kind", "bounce"), GRID_EVENTS)
def test_event_of_sendgrid_is_read(event: dict[str, str], kind: ReportKind, bounce: BounceKind | None) -> None:
    more = {"email": "Jo@example.org", "smtp-id": "<x@example.com>", "sg_event_id": "e1"}
    body = json.dumps([{"event": "open"}, {**event, **more}, 7]).encode()
    (found,) = grid(body, grid_headers(body))
    assert (found.report.kind, found.report.bounce, found.report.recipient) == (kind, bounce, "jo@example.org")
    assert (found.key, found.marks) == ("sendgrid e1", "<x@example.com>")


def test_what_sendgrid_did_not_sign_is_refused() -> None:
    body = b'[{"event":"delivered"}]'
    good = grid_headers(body)
    other = grid_headers(body, key=ec.generate_private_key(ec.SECP256R1()))
    late = grid_headers(body, at=NOW - 2 * 86400)
    moved = {**good, "x-twilio-email-event-webhook-timestamp": str(int(NOW) + 1)}
    for headers in ({}, other, late, moved, {**good, "x-twilio-email-event-webhook-signature": "x"}):
        with pytest.raises(NotGenuine):
            grid(body, headers)
    with pytest.raises(NotGenuine):
        grid(body + b" ", good)
    for wrong in (b"x", b"{"):
        with pytest.raises(NotGenuine):
            grid(wrong, grid_headers(wrong))
    assert grid(b"{}", grid_headers(b"{}")) == []
